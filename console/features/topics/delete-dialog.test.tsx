// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { type ReactNode, useState } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiError, api } from "../../lib/api.ts";
import { DeleteDialog } from "./delete-dialog.tsx";

const there = new Set<string>();
const broken = new Set<string>();
const calls: string[] = [];

const refusal = (status: number, detail: string): ApiError =>
  new ApiError({ type: "about:blank", title: "Refused", status, detail, remedy: "" });

beforeEach(() => {
  there.clear();
  broken.clear();
  calls.length = 0;
  vi.spyOn(api, "deleteTopic").mockImplementation(({ params: { topic }, query }) => {
    const isDryRun = query?.dryRun === true;
    if (!isDryRun) calls.push(topic);
    if (!there.has(topic)) return Promise.reject(refusal(404, `no topic ${topic}`));
    if (!isDryRun && broken.has(topic)) return Promise.reject(refusal(500, `disk of ${topic}`));
    if (!isDryRun) there.delete(topic);
    const before = {
      name: topic,
      id: topic,
      partitionCount: 1,
      eventCount: 10,
      sizeBytes: 1,
      groups: [],
    };
    return Promise.resolve({ isDryRun, before, after: null });
  });
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

function Page({ topics }: { readonly topics: readonly string[] }): ReactNode {
  const [left, setLeft] = useState(topics);
  if (left.length === 0) return <p>All is gone</p>;
  return (
    <DeleteDialog
      topics={left}
      onClose={() => {}}
      onGone={(gone) => setLeft(left.filter((topic) => !gone.includes(topic)))}
    />
  );
}

function show(topics: readonly string[]): void {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={client}>
      <Page topics={topics} />
    </QueryClientProvider>,
  );
}

async function confirm(phrase: string): Promise<void> {
  fireEvent.change(await screen.findByLabelText(`Type ${phrase} to confirm`), {
    target: { value: phrase },
  });
  fireEvent.click(screen.getByRole("button", { name: "Delete for good" }));
}

it("DeleteDialog says which could not go, and tries those again", async () => {
  for (const topic of ["a", "b", "c"]) there.add(topic);
  broken.add("b");
  show(["a", "b", "c"]);
  await confirm("delete 3 topics");
  await screen.findByText(/Disk of b/);
  expect(calls).toEqual(["a", "b", "c"]);
  broken.clear();
  await confirm("b");
  await screen.findByText("All is gone");
  expect(calls).toEqual(["a", "b", "c", "b"]);
});

it("DeleteDialog leaves out what is gone already", async () => {
  there.add("b");
  show(["a", "b"]);
  await screen.findByText("gone already");
  await confirm("b");
  await screen.findByText("All is gone");
  expect(calls).toEqual(["b"]);
});
