import { expect, test } from "vitest";
import { StepBatch, WRITE_BYTES_MAX } from "./step-batch.ts";

interface Reply {
  readonly ticket: number;
}

/** Records are byte counts of their values. */
const newBatch = () =>
  new StepBatch<number, Reply>((size) => ({ key: new Uint8Array(1), value: new Uint8Array(size) }));
const reply = (ticket: number): Reply => ({ ticket });
const commit = (key: string) => ({ key, isMergeable: true });
const change = (key: string) => ({ key, isMergeable: false });
const END = { key: null, isMergeable: true };
const LIST = { key: null, isMergeable: false };
const marker = {
  producerId: 1n,
  producerEpoch: 0,
  coordinatorEpoch: 0,
  isCommit: true,
  transactionVersion: 1,
};
const step = (records: readonly number[], ticket = 0) => ({
  records,
  replies: [reply(ticket)],
  deadlineMs: null,
});

test("conflicts(): commits of a key meet, nothing else of it does", () => {
  const batch = newBatch();
  for (const scope of [commit("a"), change("a"), END, LIST]) {
    expect(batch.conflicts(scope)).toBe(false);
  }
  batch.add(step([1]), commit("a"));
  expect(batch.conflicts(commit("a"))).toBe(false);
  expect(batch.conflicts(change("a"))).toBe(true);
  expect(batch.conflicts(change("b"))).toBe(false);
  expect(batch.conflicts(LIST)).toBe(true);
  expect(batch.conflicts(END)).toBe(false);
  batch.add(step([1]), change("b"));
  expect(batch.conflicts(commit("b"))).toBe(true);
  expect(batch.conflicts(commit("a"))).toBe(false);
  // An end may change what the change of "b" was decided on.
  expect(batch.conflicts(END)).toBe(true);
});

test("conflicts(): behind the end of a transaction come only other ends", () => {
  const batch = newBatch();
  batch.add(step([1]), commit("a"));
  batch.add({ ...step([]), marker }, END);
  for (const scope of [commit("a"), commit("z"), change("z"), LIST]) {
    expect(batch.conflicts(scope)).toBe(true);
  }
  expect(batch.conflicts(END)).toBe(false);
});

test("add(): one producer in a batch, and the order of the events", () => {
  const batch = newBatch();
  const producer = { producerId: 1n, producerEpoch: 0 };
  batch.add(step([1, 1], 1), commit("a"));
  batch.add(step([1], 2), commit("b"));
  batch.add({ ...step([1], 3), producer }, commit("a"));
  batch.add({ ...step([1], 4), producer: { ...producer } }, commit("a"));
  batch.add({ ...step([1], 5), producer: { ...producer, producerEpoch: 1 } }, commit("a"));
  batch.add({ ...step([], 6), marker }, END);
  const parts = batch.parts.map(({ batch: one, records, replies }) => [
    one.kind === "marker" ? "end" : (one.producer?.producerEpoch ?? null),
    records.length,
    replies.map(({ ticket }) => ticket),
  ]);
  expect(parts).toEqual([
    [null, 3, [1, 2]],
    [0, 2, [3, 4]],
    [1, 1, [5]],
    ["end", 0, [6]],
  ]);
});

test("writes(): parts and writes stay under the limit, and who waits is told at the end", () => {
  const batch = newBatch();
  const half = WRITE_BYTES_MAX / 2;
  batch.add(step([half, half, 10, 2 * WRITE_BYTES_MAX, 10], 1), change("a"));
  expect(batch.isFull).toBe(true);
  const writes = [...batch.writes()].map((parts) =>
    parts.map(({ records, replies }) => [records.length, replies.length]),
  );
  expect(writes).toEqual([[[1, 0]], [[2, 0]], [[1, 0]], [[1, 1]]]);
});
