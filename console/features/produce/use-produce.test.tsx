// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, renderHook, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { EMPTY_EVENT, type EventDraft } from "./draft.ts";
import { useProduce } from "./use-produce.ts";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const client = new QueryClient();
const wrapper = ({ children }: { readonly children: ReactNode }): ReactNode => (
  <QueryClientProvider client={client}>{children}</QueryClientProvider>
);

describe("useProduce()", () => {
  it("can stop what goes on at a rate, whatever becomes of the rate in the form", async () => {
    const answer = Promise.withResolvers<Response>();
    const fetch = vi.fn(() => answer.promise);
    vi.stubGlobal("fetch", fetch);
    const paced = { ...EMPTY_EVENT, value: "{}", count: "1000", rate: "100" };
    const { result, rerender } = renderHook(
      ({ draft }: { readonly draft: EventDraft }) => useProduce("orders", draft),
      { wrapper, initialProps: { draft: paced } },
    );
    act(() => result.current.send());
    await waitFor(() => expect(fetch).toHaveBeenCalledOnce());
    rerender({ draft: { ...paced, rate: "" } });
    expect(result.current.stop).not.toBeNull();
    act(() => result.current.stop?.());
    answer.resolve(Response.json({ results: [] }));
    await waitFor(() => expect(result.current.isPending).toBe(false));
    expect(fetch).toHaveBeenCalledOnce();
    expect(result.current.stop).toBeNull();
  });
});
