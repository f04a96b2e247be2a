// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { api } from "../../lib/api.ts";
import { Brokers } from "./brokers.tsx";

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

it("Brokers says why there are none to be seen, and tries again", async () => {
  const list = vi.spyOn(api, "listBrokers").mockRejectedValue(new Error("no controller"));
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={client}>
      <Brokers />
    </QueryClientProvider>,
  );
  await screen.findByText("no controller");
  fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  await vi.waitFor(() => expect(list).toHaveBeenCalledTimes(2));
});
