import { IoError } from "@runnel/kit/errors.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { expect, test } from "vitest";
import { MemoryDisk } from "#io/memory/memory-disk.ts";
import { Rig } from "#log/testing.ts";
import type { InternalBatch, InternalRecord, StoredInternalItem } from "./internal-topic.ts";
import { openInternalTopic } from "./testing.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (given: Uint8Array | null): string =>
  given === null ? "-" : new TextDecoder().decode(given);

const record = (text: string): InternalRecord => ({ key: bytes(text), value: bytes(text) });
const plain = (...texts: readonly string[]): InternalBatch => {
  return { kind: "records", records: texts.map(record), producer: null };
};
const inTransaction = (producerEpoch: number, ...texts: readonly string[]): InternalBatch => {
  const producer = { producerId: 2n ** 62n, producerEpoch };
  return { kind: "records", records: texts.map(record), producer };
};
const end = (producerEpoch: number, isCommit: boolean, coordinatorEpoch = 3): InternalBatch => {
  const producer = { producerId: 2n ** 62n, producerEpoch };
  const marker = { ...producer, isCommit, coordinatorEpoch, transactionVersion: 1 };
  return { kind: "marker", marker };
};

const itemText = (item: StoredInternalItem): string =>
  item.kind === "end"
    ? `${item.offset} ${item.isCommit ? "commit" : "abort"}`
    : `${item.offset} ${textOf(item.key)} ${item.producer?.producerEpoch ?? "-"}`;

async function textsOf(
  rig: Rig,
  items: AsyncIterable<readonly StoredInternalItem[]>,
): Promise<readonly string[]> {
  const all = Array.fromAsync(items).then((chunks) => chunks.flat());
  return (await rig.run(all)).map(itemText);
}

test("write() keeps the order of records and of ends of transactions, over a restart too", async () => {
  const rig = await Rig.open();
  const { topic, partition } = await openInternalTopic(rig);
  const batches = [plain("a", "b"), inTransaction(0, "c", "d"), plain("e"), end(0, true)];
  const outcomes = await rig.run(topic.write(0, batches, 5));
  expect(outcomes.map(({ baseOffset }) => baseOffset)).toEqual([0, 2, 4, 5]);
  expect(partition.highWatermark).toBe(6);
  const expected = ["0 a -", "1 b -", "2 c 0", "3 d 0", "4 e -", "5 commit"];
  expect(await textsOf(rig, topic.load(0))).toEqual(expected);
  await rig.run(topic.write(0, [inTransaction(1, "f"), end(1, false)], 6));
  const next = await rig.reopen();
  const again = await openInternalTopic(next);
  const whole = [...expected, "6 f 1", "7 abort"];
  expect(await textsOf(next, again.topic.load(0))).toEqual(whole);
  const records = await next.run(Array.fromAsync(again.topic.read(0)));
  expect(records.flat().map(({ key }) => textOf(key))).toEqual(["a", "b", "c", "d", "e", "f"]);
});

test("what the log has against a producer keeps the others from nothing", async () => {
  const rig = await Rig.open();
  const { topic, partition } = await openInternalTopic(rig);
  await rig.run(topic.write(0, [inTransaction(4, "a"), end(4, true)], 5));
  const batches = [inTransaction(3, "b"), plain("c"), end(4, true, 2), end(3, true), plain("d")];
  const outcomes = await rig.run(topic.write(0, batches, 5));
  expect(outcomes).toEqual([
    { errorCode: ErrorCode.INVALID_PRODUCER_EPOCH, baseOffset: -1 },
    { errorCode: ErrorCode.NONE, baseOffset: 2 },
    { errorCode: ErrorCode.TRANSACTION_COORDINATOR_FENCED, baseOffset: -1 },
    { errorCode: ErrorCode.INVALID_PRODUCER_EPOCH, baseOffset: -1 },
    { errorCode: ErrorCode.NONE, baseOffset: 3 },
  ]);
  expect(partition.log.nextOffset).toBe(4);
  const refused = await rig.run(topic.write(0, [inTransaction(3, "b")], 5));
  expect(refused).toEqual([{ errorCode: ErrorCode.INVALID_PRODUCER_EPOCH, baseOffset: -1 }]);
});

test("a disk that refuses rejects the whole, whoever wrote it", async () => {
  const disk = new MemoryDisk();
  const rig = await Rig.open({ disk });
  const { topic } = await openInternalTopic(rig);
  await rig.run(topic.write(0, [plain("a")], 5));
  disk.fault = (operation) => (operation === "sync" ? { kind: "fail", code: "EIO" } : null);
  const batches = [inTransaction(0, "b"), end(0, true), plain("c")];
  await expect(rig.run(topic.write(0, batches, 5))).rejects.toThrow(IoError);
  disk.fault = null;
  // The log is fenced for good.
  for (const batch of batches) {
    await expect(rig.run(topic.write(0, [batch], 5))).rejects.toThrow(IoError);
  }
});
