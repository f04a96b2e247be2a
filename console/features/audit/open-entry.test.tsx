// @vitest-environment happy-dom
import type { AuditEntry } from "@runnel/contracts/audit.ts";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { api } from "../../lib/api.ts";
import { ClusterProvider } from "../../lib/cluster.tsx";
import { OpenEntry } from "./open-entry.tsx";

const entryAt = (offset: number): AuditEntry => ({
  version: 1,
  at: 0,
  brokerId: 1,
  operation: "topic.create",
  resource: { kind: "topic", name: `t${offset}` },
  actor: {
    principal: "User:ANONYMOUS",
    host: "10.0.0.7",
    via: "admin",
    listener: "admin",
    port: 9_644,
    client: "curl",
  },
  asked: null,
  before: null,
  after: null,
  result: { outcome: "done", error: null, message: null },
  offset,
});

const ask = vi.spyOn(api, "listAudit");

beforeEach(() => {
  ask.mockReset();
  ask.mockImplementation((input) => {
    const offset = input?.query?.offset ?? -1;
    const items = offset === 3 ? [entryAt(3)] : [];
    return Promise.resolve({ items, nextCursor: null, searchedCount: 1, unreadableCount: 0 });
  });
});
afterEach(cleanup);

function show(offset: number, list: { rows: readonly AuditEntry[]; isPending: boolean }): void {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={client}>
      <ClusterProvider name="local" admin="127.0.0.1:9644">
        <OpenEntry list={list} offset={offset} onClose={() => {}} />
      </ClusterProvider>
    </QueryClientProvider>,
  );
}

it("OpenEntry shows a change that the list has not come to", async () => {
  show(3, { rows: [entryAt(500)], isPending: false });
  expect(await screen.findByText("topic t3")).toBeTruthy();
});

it("OpenEntry asks for none that is in the list, or may come with it", async () => {
  show(500, { rows: [entryAt(500)], isPending: false });
  await screen.findByText("topic t500");
  show(7, { rows: [], isPending: true });
  expect(ask).not.toHaveBeenCalled();
});

it("OpenEntry says where there is none, and what went wrong", async () => {
  show(9, { rows: [entryAt(500)], isPending: false });
  await screen.findByText(/There is no such change/);
  ask.mockRejectedValue(new Error("no leader"));
  show(10, { rows: [entryAt(500)], isPending: false });
  expect(await screen.findByText("no leader")).toBeTruthy();
});
