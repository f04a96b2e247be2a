import { silentLogger } from "@runnel/kit/world.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { expect, test } from "vitest";
import { MemoryDisk } from "#io/memory/memory-disk.ts";
import { inlineWorkers } from "#io/memory/world.ts";
import { Semaphore } from "#log/semaphore.ts";
import { batchOf, Rig, TOPIC } from "#log/testing.ts";
import type { ProduceTransaction } from "./admission.ts";
import { type AppendResult, appendBatch } from "./append.ts";
import { type FetchedPartition, fetch } from "./fetch.ts";
import { listOffset, SpecialTime } from "./list-offset.ts";
import { appendMarker } from "./markers.ts";
import { Partition } from "./partition.ts";
import type { Admission } from "./ports.ts";
import { PARTITION_CONFIG } from "./testing.ts";

const CLASSIC: ProduceTransaction = {
  transactionalId: "tx",
  mayAdd: false,
  knowsAbortable: false,
};
const IMPLICIT: ProduceTransaction = { ...CLASSIC, mayAdd: true, knowsAbortable: true };

/** A partition, and a coordinator that answers when it is told to. */
async function newWorld() {
  const disk = new MemoryDisk();
  const rig = await Rig.open({ disk });
  const config = { ...PARTITION_CONFIG, maxMessageBytes: 1000 };
  const identity = { topicId: TOPIC, topicName: "t", index: 0, isInternal: false };
  const partition = new Partition(identity, await rig.log(config), config, 3);
  const asked: (Admission & { answer(errorCode: ErrorCode): void })[] = [];
  const gate = {
    admit: (admission: Admission) =>
      new Promise<ErrorCode>((resolve) => asked.push({ ...admission, answer: resolve })),
  };
  const context = { clock: rig.time, workers: inlineWorkers, gate };
  const send = (
    baseSequence: number,
    transaction: ProduceTransaction | null = IMPLICIT,
    { producerId = 7n, producerEpoch = 0, isTransactional = true } = {},
  ): Promise<AppendResult> => {
    const producer = { producerId, producerEpoch, baseSequence, isTransactional };
    const request = { acks: -1, timeoutMs: 1000, allowsZstd: true, transaction };
    const batch = batchOf({ values: ["a"], ...producer });
    return Promise.resolve(appendBatch(context, partition, batch, request));
  };
  const end = (isCommit: boolean, producerEpoch = 0, producerId = 7n): Promise<ErrorCode> => {
    const marker = { producerId, producerEpoch, isCommit, coordinatorEpoch: 0 };
    return rig.run(appendMarker(partition, { ...marker, transactionVersion: 1 }));
  };
  const answer = async (errorCode: ErrorCode = ErrorCode.NONE): Promise<void> => {
    await rig.settle();
    asked.shift()?.answer(errorCode);
    await rig.settle();
  };
  const reads = {
    clock: rig.time,
    scheduler: rig.time,
    logger: silentLogger,
    reads: new Semaphore(1),
    answerBytesMax: () => 1e6,
  };
  const read = async (fetchOffset: number, readCommitted = true): Promise<FetchedPartition> => {
    const epochs = { currentLeaderEpoch: -1, lastFetchedEpoch: -1 };
    const wanted = { topic: "t", index: 0, fetchOffset, maxBytes: 1e6, ...epochs };
    const target = { wanted, partition, errorCode: ErrorCode.NONE };
    const limits = { maxWaitMs: 0, minBytes: 1, maxBytes: 1e6, reader: { isGone: false } };
    const results = await rig.run(
      Promise.resolve(fetch(reads, [target], { ...limits, readCommitted })),
    );
    return results[0] as FetchedPartition;
  };
  return { disk, rig, partition, asked, send, end, answer, read, reads };
}

test("a producer is let in once per transaction, and its batches keep their order", async () => {
  const { rig, partition, asked, send, end, answer } = await newWorld();
  const sent = [send(0), send(1), send(2)];
  await rig.settle();
  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatchObject({ transactionalId: "tx", topic: "t", partition: 0, mayAdd: true });
  await answer();
  const results = await rig.run(Promise.all(sent));
  expect(results.map(({ errorCode, baseOffset }) => [errorCode, baseOffset])).toEqual([
    [0, 0],
    [0, 1],
    [0, 2],
  ]);
  await rig.run(send(3));
  expect(asked).toHaveLength(0);
  expect(await end(true)).toBe(ErrorCode.NONE);
  const next = send(4);
  await answer(ErrorCode.INVALID_TXN_STATE);
  expect((await rig.run(next)).errorCode).toBe(ErrorCode.TRANSACTION_ABORTABLE);
  expect(partition.lastStableOffset).toBe(5);
});

test("what is said of one claim is no answer to another", async () => {
  const { rig, asked, send } = await newWorld();
  const zombie = send(0);
  const impostor = send(0, { ...IMPLICIT, transactionalId: "other" });
  const producer = send(0, IMPLICIT, { producerEpoch: 1 });
  await rig.settle();
  expect(asked.map((one) => [one.transactionalId, one.producerEpoch])).toEqual([
    ["tx", 0],
    ["other", 0],
    ["tx", 1],
  ]);
  asked[0]?.answer(ErrorCode.PRODUCER_FENCED);
  asked[1]?.answer(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
  await rig.settle();
  asked[2]?.answer(ErrorCode.NONE);
  const results = await rig.run(Promise.all([zombie, impostor, producer]));
  expect(results.map(({ errorCode }) => errorCode)).toEqual([
    ErrorCode.INVALID_PRODUCER_EPOCH,
    ErrorCode.INVALID_PRODUCER_ID_MAPPING,
    ErrorCode.NONE,
  ]);
});

test("a batch that was let in before its transaction ended does not begin another", async () => {
  const { rig, partition, asked, send, end, answer } = await newWorld();
  const late = send(0, CLASSIC);
  await rig.settle();
  const [question] = asked.splice(0);
  expect(await end(false)).toBe(ErrorCode.NONE);
  question?.answer(ErrorCode.NONE);
  expect((await rig.run(late)).errorCode).toBe(ErrorCode.INVALID_TXN_STATE);
  expect(partition.lastStableOffset).toBe(1);
  const next = send(0, CLASSIC);
  await answer();
  expect((await rig.run(next)).errorCode).toBe(ErrorCode.NONE);
});

test.each([
  [ErrorCode.INVALID_TXN_STATE, CLASSIC, ErrorCode.INVALID_TXN_STATE],
  [ErrorCode.INVALID_TXN_STATE, IMPLICIT, ErrorCode.TRANSACTION_ABORTABLE],
  [ErrorCode.PRODUCER_FENCED, IMPLICIT, ErrorCode.INVALID_PRODUCER_EPOCH],
  [ErrorCode.CONCURRENT_TRANSACTIONS, CLASSIC, ErrorCode.NOT_ENOUGH_REPLICAS],
  [ErrorCode.CONCURRENT_TRANSACTIONS, IMPLICIT, ErrorCode.CONCURRENT_TRANSACTIONS],
  [ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, IMPLICIT, ErrorCode.NOT_ENOUGH_REPLICAS],
  [ErrorCode.INVALID_PRODUCER_ID_MAPPING, IMPLICIT, ErrorCode.INVALID_PRODUCER_ID_MAPPING],
])(
  "what the coordinator says, %s, reaches the producer in its words",
  async (said, transaction, told) => {
    const { rig, send, answer } = await newWorld();
    const sent = send(0, transaction);
    await answer(said);
    expect((await rig.run(sent)).errorCode).toBe(told);
  },
);

test("without a transactional id no transactional batch is taken", async () => {
  const { rig, send } = await newWorld();
  expect((await rig.run(send(0, null))).errorCode).toBe(
    ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
  );
});

test("a new producer begins at sequence 0 where partitions are added by the first batch", async () => {
  const { rig, send, answer } = await newWorld();
  const sent = send(3);
  await answer();
  expect((await rig.run(sent)).errorCode).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
  const classic = send(3, CLASSIC);
  await answer();
  expect((await rig.run(classic)).errorCode).toBe(ErrorCode.NONE);
});

test("read_committed ends at the open transaction and names what was aborted", async () => {
  const { rig, partition, send, end, answer, read, reads } = await newWorld();
  const first = send(0);
  await answer();
  await rig.run(first);
  await rig.run(send(0, null, { producerId: 8n, isTransactional: false }));
  expect(partition.lastStableOffset).toBe(0);
  expect(await read(0)).toMatchObject({
    size: 0,
    lastStableOffset: 0,
    highWatermark: 2,
    aborted: [],
  });
  expect((await read(0, false)).size).toBeGreaterThan(0);
  const list = (timestamp: number, readCommitted: boolean) =>
    rig.run(listOffset(reads, partition, { timestamp, readCommitted }));
  expect((await list(SpecialTime.LATEST, true)).offset).toBe(0);
  expect((await list(SpecialTime.LATEST, false)).offset).toBe(2);
  expect((await list(0, true)).offset).toBe(-1);
  expect(await end(false)).toBe(ErrorCode.NONE);
  expect(partition.lastStableOffset).toBe(3);
  expect(await read(0)).toMatchObject({
    lastStableOffset: 3,
    aborted: [{ producerId: 7n, firstOffset: 0, lastOffset: 2 }],
  });
  expect((await read(0, false)).aborted).toEqual([]);
  expect((await list(SpecialTime.LATEST, true)).offset).toBe(3);
});

test("a marker counts once it is durable", async () => {
  const { rig, partition, send, answer } = await newWorld();
  const first = send(0);
  await answer();
  await rig.run(first);
  const marker = { producerId: 7n, producerEpoch: 0, isCommit: true, coordinatorEpoch: 0 };
  const written = appendMarker(partition, { ...marker, transactionVersion: 1 });
  expect(partition.log.nextOffset).toBe(2);
  expect(partition.lastStableOffset).toBe(0);
  expect(await rig.run(written)).toBe(ErrorCode.NONE);
  expect(partition.lastStableOffset).toBe(2);
});

test("an older coordinator and an older epoch end nothing", async () => {
  const { rig, partition, send, end, answer } = await newWorld();
  const first = send(0, IMPLICIT, { producerEpoch: 4 });
  await answer();
  await rig.run(first);
  expect(await end(true, 3)).toBe(ErrorCode.INVALID_PRODUCER_EPOCH);
  expect(partition.lastStableOffset).toBe(0);
  expect(await end(true, 4)).toBe(ErrorCode.NONE);
  const old = { producerId: 7n, producerEpoch: 9, isCommit: false, transactionVersion: 1 };
  expect(await rig.run(appendMarker(partition, { ...old, coordinatorEpoch: -1 }))).toBe(
    ErrorCode.TRANSACTION_COORDINATOR_FENCED,
  );
});

test("an index of aborted transactions that cannot be read is an error of that partition alone", async () => {
  const { disk, rig, partition, send, end, answer, read } = await newWorld();
  const sent = send(0);
  await answer();
  expect((await rig.run(sent)).errorCode).toBe(ErrorCode.NONE);
  expect(await end(false)).toBe(ErrorCode.NONE);
  partition.log.rollIfFilled();
  await rig.run(partition.log.checkpoint());
  disk.fault = (operation, path) =>
    operation === "read" && path.endsWith(".txnindex") ? { kind: "fail", code: "EIO" } : null;
  expect((await read(0)).errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
  disk.fault = null;
  const { errorCode, aborted } = await read(0);
  expect([errorCode, aborted.length]).toEqual([ErrorCode.NONE, 1]);
});
