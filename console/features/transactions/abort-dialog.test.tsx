// @vitest-environment happy-dom
import type { Transaction, TransactionAborted } from "@runnel/contracts/transactions.ts";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiError, api } from "../../lib/api.ts";
import { toastDone, toastNote } from "../../ui/toast.tsx";
import { AbortDialog } from "./abort-dialog.tsx";

vi.mock("../../ui/toast.tsx", () => ({ toastDone: vi.fn(), toastNote: vi.fn() }));

const TRANSACTION: Transaction = {
  transactionalId: "payments-1",
  state: "Ongoing",
  producerId: "1001",
  producerEpoch: 4,
  timeoutMs: 60_000,
  startedAt: 1_000,
  runningMs: 20_000,
  updatedAt: 2_000,
  partitionCount: 3,
  etag: "t1",
  isOverdue: false,
  coordinator: { brokerId: 1, partition: 2 },
  groups: [],
};

const BEFORE = {
  state: "Ongoing",
  producerId: "1001",
  producerEpoch: 4,
  partitionCount: 3,
} as const;
const aborted = (
  isDryRun: boolean,
  state: "CompleteAbort" | "PrepareAbort",
): TransactionAborted => ({
  isDryRun,
  etag: isDryRun ? "looked-at" : "after",
  before: BEFORE,
  after: { ...BEFORE, state, producerEpoch: 5, partitionCount: 0 },
});

const onClose = vi.fn();
let answer: () => Promise<TransactionAborted>;

beforeEach(() => {
  vi.clearAllMocks();
  answer = () => Promise.resolve(aborted(false, "CompleteAbort"));
  vi.spyOn(api, "abortTransaction").mockImplementation(({ query }) =>
    query?.dryRun === true ? Promise.resolve(aborted(true, "CompleteAbort")) : answer(),
  );
});
afterEach(cleanup);

function show(transaction: Transaction = TRANSACTION): void {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <AbortDialog transaction={transaction} onClose={onClose} />
    </QueryClientProvider>,
  );
}

async function press(): Promise<void> {
  await screen.findByText("It is open in 3 partitions.");
  fireEvent.click(screen.getByRole("button", { name: "Abort the transaction" }));
}

it("AbortDialog says what will come of it, offsets of groups included", async () => {
  show({ ...TRANSACTION, groups: [{ groupId: "billing", offsetCount: 2 }] });
  await screen.findByText(/^The offsets of billing stay where they are/);
  expect(screen.getByText(/producer \(1001\) is fenced/)).toBeTruthy();
  expect(screen.getByText(/aborted by the broker in 40 s/)).toBeTruthy();
});

it("AbortDialog aborts the transaction that was looked at, and no later one", async () => {
  show();
  await press();
  await vi.waitFor(() => expect(onClose).toHaveBeenCalledOnce());
  expect(vi.mocked(api.abortTransaction).mock.lastCall).toEqual([
    { params: { transactionalId: "payments-1" } },
    { ifMatch: "looked-at" },
  ]);
  expect(toastDone).toHaveBeenCalledOnce();
});

it("AbortDialog says where markers are still missing", async () => {
  answer = () => Promise.resolve(aborted(false, "PrepareAbort"));
  show();
  await press();
  await vi.waitFor(() => expect(toastNote).toHaveBeenCalledOnce());
  expect(toastDone).not.toHaveBeenCalled();
});

it("AbortDialog stays open with what went wrong, and what to do", async () => {
  const problem = {
    type: "urn:runnel:problem:precondition-failed",
    title: "Somebody else was faster",
    status: 412,
    detail: "it is another transaction",
    remedy: "Read it again.",
  };
  answer = () => Promise.reject(new ApiError(problem));
  show();
  await press();
  expect((await screen.findByRole("alert")).textContent).toContain("Read it again.");
  expect(onClose).not.toHaveBeenCalled();
});
