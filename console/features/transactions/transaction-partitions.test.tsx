// @vitest-environment happy-dom
import type { TransactionPartition } from "@runnel/contracts/transactions.ts";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { ClusterProvider } from "../../lib/cluster.tsx";
import { TransactionPartitions } from "./transaction-partitions.tsx";

afterEach(cleanup);

const OPEN = { producerEpoch: 4, coordinatorEpoch: null, startOffset: 7, lastWrittenAt: null };
const partition = (index: number, more: Partial<TransactionPartition>): TransactionPartition => ({
  topic: "orders",
  partition: index,
  lastStableOffset: 7,
  highWatermark: 1_207,
  open: OPEN,
  isHolding: false,
  ...more,
});

function show(
  items: readonly TransactionPartition[],
  state: "Ongoing" | "Empty" = "Ongoing",
): void {
  const data = { items, nextCursor: null, total: items.length };
  render(
    <ClusterProvider name="local" admin="127.0.0.1:9644">
      <TransactionPartitions query={{ data, error: null }} state={state} />
    </ClusterProvider>,
  );
}

it("TransactionPartitions says for whom readers wait in each partition", () => {
  show([partition(0, { isHolding: true }), partition(1, {}), partition(2, { open: null })]);
  const rows = screen.getAllByRole("row").slice(1);
  const last = rows.map((row) => row.querySelectorAll("td")[6]?.textContent);
  expect(last).toEqual([
    "wait for it, 1,200 behind",
    "wait for another one first",
    "it is not open here now",
  ]);
  const links = screen.getAllByRole("link").map((link) => link.getAttribute("href"));
  expect(links).toContain("/c/local/topics/orders/events?r=0@7");
  expect(links).toContain("/c/local/transactions?show=held&at=orders%2F1");
});

it("TransactionPartitions explains itself where nothing is open", () => {
  show([], "Empty");
  expect(screen.getByText(/no transaction is under way/)).toBeTruthy();
});
