// @vitest-environment happy-dom
import type { EventStreamMessage } from "@runnel/contracts/events.ts";
import type { GroupOffset } from "@runnel/contracts/groups.ts";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { api } from "../../lib/api.ts";
import { ClusterProvider } from "../../lib/cluster.tsx";
import { toastFailed, toastNote } from "../../ui/toast.tsx";
import { OffsetTable } from "./offset-table.tsx";

const push = vi.hoisted(() => vi.fn<(path: string) => void>());
vi.mock("next/navigation", () => ({ useRouter: () => ({ push }) }));
vi.mock("../../ui/toast.tsx", () => ({ toastFailed: vi.fn(), toastNote: vi.fn() }));

const OFFSET: GroupOffset = {
  topic: "orders",
  partition: 3,
  committedOffset: 12,
  committedAt: null,
  leaderEpoch: null,
  metadata: null,
  pending: [],
  logStart: 0,
  highWatermark: 100,
  lag: { events: 88, seconds: null },
  isLost: false,
  memberId: null,
  clientId: null,
  clientHost: null,
};

// What a test does not look at is left out.
const event = (offset: number): EventStreamMessage =>
  ({ event: "event", data: { partition: 3, offset } }) as EventStreamMessage;
const done = (data: object): EventStreamMessage =>
  ({
    event: "done",
    data: { reason: "end", failure: null, coverage: null, ...data },
  }) as EventStreamMessage;

let messages: readonly EventStreamMessage[] = [];

beforeEach(() => {
  vi.clearAllMocks();
  vi.spyOn(api, "readEvents").mockImplementation(async function* read() {
    yield* messages;
  });
  render(
    <ClusterProvider name="local" admin="127.0.0.1:9644">
      <OffsetTable group="billing" offsets={[OFFSET]} />
    </ClusterProvider>,
  );
});
afterEach(cleanup);

const press = (name: RegExp): boolean => fireEvent.click(screen.getByRole("button", { name }));

it("OffsetTable opens the next event that there is behind the committed offset", async () => {
  messages = [event(17), done({ reason: "results" })];
  press(/^Look at the next unread event/);
  await vi.waitFor(() => expect(push).toHaveBeenCalledWith("/c/local/topics/orders/events?r=3@17"));
  expect(vi.mocked(api.readEvents).mock.lastCall?.[0]).toMatchObject({
    query: { partitions: "3", from: "offset:12", order: "oldest", limit: 1 },
  });
});

it("OffsetTable skips to behind that event, whatever lies before it", async () => {
  messages = [event(17), done({ reason: "results" })];
  press(/^Skip the next event/);
  await vi.waitFor(() =>
    expect(push).toHaveBeenCalledWith(
      "/c/local/groups/billing/reset?kind=offset&offset=18&topic=orders&partitions=3",
    ),
  );
});

it("OffsetTable says where nothing but gaps are left", async () => {
  messages = [done({})];
  press(/^Skip the next event/);
  await vi.waitFor(() => expect(toastNote).toHaveBeenCalledOnce());
  expect(push).not.toHaveBeenCalled();
});

it.each([
  ["the search failed", [done({ reason: "failed", failure: "no disk" })], /no disk/],
  ["it came to a limit", [done({ reason: "time" })], /limit/],
  [
    "the partition could not be read",
    [done({ coverage: { missing: [{ partition: 3, error: "no leader" }] } })],
    /no leader/,
  ],
  ["the answer broke off", [], /too early/],
])("OffsetTable says so where %s", async (_, stream, reason) => {
  messages = stream;
  press(/^Look at the next unread event/);
  await vi.waitFor(() => expect(toastFailed).toHaveBeenCalledOnce());
  expect(vi.mocked(toastFailed).mock.lastCall?.[1]).toMatchObject({
    message: expect.stringMatching(reason),
  });
  expect(push).not.toHaveBeenCalled();
});

it("OffsetTable shows what a transaction would commit, and leads to it", () => {
  cleanup();
  const pending = [
    { offset: 40, producerId: "7", transactionalId: "pay/1" },
    { offset: 41, producerId: "8", transactionalId: null },
  ];
  render(
    <ClusterProvider name="local" admin="127.0.0.1:9644">
      <OffsetTable group="billing" offsets={[{ ...OFFSET, pending }]} />
    </ClusterProvider>,
  );
  const link = screen.getByRole("link", { name: /^40 pending in the transaction of pay\/1/ });
  expect(link.getAttribute("href")).toBe("/c/local/transactions/pay%2F1");
  expect(screen.getByText("41 pending").getAttribute("title")).toContain("producer 8");
});
