import { silentLogger } from "@runnel/kit/world.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { buildBatch } from "@runnel/protocol/records/build.ts";
import { expect, test } from "vitest";
import { ManualTime } from "#io/memory/manual-time.ts";
import { MemoryDisk } from "#io/memory/memory-disk.ts";
import { inlineWorkers } from "#io/memory/world.ts";
import { Semaphore } from "#log/semaphore.ts";
import { batchOf, concat, headersOf, Rig, TOPIC } from "#log/testing.ts";
import {
  type AppendContext,
  type AppendRequest,
  type AppendResult,
  appendBatch,
} from "./append.ts";
import { type FetchContext, type FetchedPartition, type FetchLimits, fetch } from "./fetch.ts";
import type { WantedPartition } from "./fetch-sessions.ts";
import { Partition, type PartitionConfig } from "./partition.ts";
import type { TransactionGate } from "./ports.ts";
import { NO_GATE, PARTITION_CONFIG } from "./testing.ts";

async function newPartition(
  changes: Partial<PartitionConfig> = {},
  options: { tailCacheBytes?: number; gate?: TransactionGate } = {},
) {
  const { gate = NO_GATE } = options;
  const time = new ManualTime();
  const disk = new MemoryDisk({ clock: time });
  const rig = await Rig.open({ time, disk, ...options });
  const config = { ...PARTITION_CONFIG, ...changes };
  const log = await rig.log(config);
  const identity = { topicId: TOPIC, topicName: "t", index: 0, isInternal: false };
  const partition = new Partition(identity, log, config, 3);
  const appending: AppendContext = { clock: time, workers: inlineWorkers, gate };
  const fetching: FetchContext = {
    clock: time,
    scheduler: time,
    logger: silentLogger,
    reads: new Semaphore(1),
    answerBytesMax: () => 1e6,
  };
  const send = (batch: Uint8Array, request: Partial<AppendRequest> = {}): Promise<AppendResult> => {
    const whole = { acks: -1, timeoutMs: 1000, allowsZstd: true, transaction: null, ...request };
    return Promise.resolve(appendBatch(appending, partition, batch, whole));
  };
  return { time, disk, rig, log, partition, fetching, send };
}

type World = Awaited<ReturnType<typeof newPartition>>;

const LIMITS: FetchLimits = {
  maxWaitMs: 500,
  minBytes: 1,
  maxBytes: 1e6,
  readCommitted: false,
  reader: { isGone: false },
};

/** Settles with what one partition answered. */
function ask(
  { fetching, partition }: World,
  wanted: Partial<WantedPartition>,
  limits: Partial<FetchLimits> = {},
): Promise<FetchedPartition> {
  const whole: WantedPartition = {
    topic: TOPIC,
    index: 0,
    fetchOffset: 0,
    maxBytes: 1e6,
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
    ...wanted,
  };
  const target = { wanted: whole, partition, errorCode: ErrorCode.NONE };
  const all = Promise.resolve(fetch(fetching, [target], { ...LIMITS, ...limits }));
  return all.then(([first]) => first as FetchedPartition);
}

test("a batch is answered when it is durable, with its offset", async () => {
  const world = await newPartition();
  const first = world.send(batchOf({ values: ["a", "b"] }));
  const second = world.send(batchOf({ values: ["c"] }));
  const none = { errorCode: ErrorCode.NONE, logStartOffset: 0, logAppendTimeMs: -1 };
  expect(await world.rig.run(first)).toMatchObject({ ...none, baseOffset: 0 });
  expect(await world.rig.run(second)).toMatchObject({ ...none, baseOffset: 2 });
  expect(world.partition.highWatermark).toBe(3);
});

test("appends and fetches count bytes and events; from memory and from the disk alike", async () => {
  for (const tailCacheBytes of [1e6, 0]) {
    const world = await newPartition({}, { tailCacheBytes });
    const batches = [["a", "b"], ["c"], ["d", "e", "f"]].map((values) => batchOf({ values }));
    for (const batch of batches) await world.rig.run(world.send(batch));
    const sizes = batches.map(({ length }) => length);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    expect(world.partition.traffic).toMatchObject({ receivedBytes: total, receivedEvents: 6 });
    const whole = await world.rig.run(ask(world, {}));
    expect(whole).toMatchObject({ size: total, eventCount: 6 });
    // The consumer skips what lies before the offset it asks for.
    const [first = 0, second = 0] = sizes;
    const part = await world.rig.run(ask(world, { fetchOffset: 1, maxBytes: first + second }));
    expect(part).toMatchObject({ size: first + second, eventCount: 2 });
    const none = await world.rig.run(ask(world, { fetchOffset: 6 }, { maxWaitMs: 0 }));
    expect(none).toMatchObject({ size: 0, eventCount: 0 });
  }
});

test("a failed sync answers all that wait with KAFKA_STORAGE_ERROR", async () => {
  const world = await newPartition();
  world.disk.fault = (operation, path) =>
    operation === "sync" && path.endsWith(".log") ? { kind: "fail", code: "EIO" } : null;
  const answers = await world.rig.run(
    Promise.all([world.send(batchOf({ values: ["a"] })), world.send(batchOf({ values: ["b"] }))]),
  );
  const failed = { errorCode: ErrorCode.KAFKA_STORAGE_ERROR, baseOffset: -1 };
  expect(answers).toMatchObject([failed, failed]);
  expect(world.partition.highWatermark).toBe(0);
  expect(await world.rig.run(world.send(batchOf({ values: ["c"] })))).toMatchObject(failed);
});

test("the producer's time counts with acks=all alone", async () => {
  const world = await newPartition();
  const request = { timeoutMs: 0 };
  const all = world.send(batchOf({ values: ["a"] }), { ...request, acks: -1 });
  const one = world.send(batchOf({ values: ["b"] }), { ...request, acks: 1 });
  world.partition.expire(world.time.monotonicMs());
  expect(await world.rig.run(all)).toMatchObject({ errorCode: ErrorCode.REQUEST_TIMED_OUT });
  expect(await world.rig.run(one)).toMatchObject({ errorCode: ErrorCode.NONE, baseOffset: 1 });
});

test("LogAppendTime sets the broker's time, compressed batches keep their place", async () => {
  const world = await newPartition({ messageTimestampType: "LogAppendTime" });
  const packed = buildBatch({
    records: [{ key: null, value: new Uint8Array(500), timestamp: 5 }],
    codec: "gzip",
  });
  const answers = await world.rig.run(
    Promise.all([world.send(packed), world.send(batchOf({ values: ["b"] }))]),
  );
  const logAppendTimeMs = world.time.nowMs();
  expect(answers).toMatchObject([
    { baseOffset: 0, logAppendTimeMs },
    { baseOffset: 1, logAppendTimeMs },
  ]);
  const { parts } = await ask(world, {});
  expect(headersOf(concat(parts)).map((one) => one.maxTimestamp)).toEqual([
    logAppendTimeMs,
    logAppendTimeMs,
  ]);
});

test("a batch whose log fails while it is unpacked is answered as failed, not with another's", async () => {
  const world = await newPartition({ messageTimestampBeforeMaxMs: 1e15 });
  world.disk.fault = (operation, path) =>
    operation === "write" && path.endsWith(".log") ? { kind: "fail", code: "ENOSPC" } : null;
  const lost = world.send(batchOf({ values: ["lost"] }));
  expect(await world.rig.run(lost)).toMatchObject({ errorCode: ErrorCode.KAFKA_STORAGE_ERROR });
  world.disk.fault = null;
  await world.time.advanceAsync(3000);
  expect(await world.rig.run(world.send(batchOf({ values: ["kept"] })))).toMatchObject({
    errorCode: ErrorCode.NONE,
    baseOffset: 0,
  });
});

test("a batch larger than a segment, a transactional one and a damaged one are refused", async () => {
  const world = await newPartition({ segmentBytes: 300 });
  const errorOf = async (batch: Uint8Array) => (await world.rig.run(world.send(batch))).errorCode;
  expect(await errorOf(batchOf({ values: ["x".repeat(400)] }))).toBe(
    ErrorCode.RECORD_LIST_TOO_LARGE,
  );
  const damaged = batchOf({ values: ["a"] });
  damaged[66] = (damaged[66] as number) ^ 1;
  expect(await errorOf(damaged)).toBe(ErrorCode.CORRUPT_MESSAGE);
  expect(world.log.nextOffset).toBe(0);
});

test("a fetch waits for the first byte, for min.bytes, and no longer than it says", async () => {
  const world = await newPartition();
  const waiting = ask(world, {});
  await world.rig.settle();
  expect(world.partition.waiting).toBe(1);
  await world.rig.run(world.send(batchOf({ values: ["a"] })));
  expect((await world.rig.run(waiting)).size).toBe(69);
  expect(world.partition.waiting).toBe(0);
  const patient = ask(world, {}, { minBytes: 100 });
  await world.rig.settle();
  expect(world.partition.waiting).toBe(1);
  await world.rig.run(world.send(batchOf({ values: ["b"] })));
  expect((await world.rig.run(patient)).size).toBe(138);
  const late = ask(world, { fetchOffset: 2 });
  await world.time.advanceAsync(500);
  expect(await world.rig.run(late)).toMatchObject({ errorCode: ErrorCode.NONE, size: 0 });
  expect([world.partition.waiting, world.time.timerCount]).toEqual([0, 1]);
});

test("memory and disk answer a fetch alike; the first batch comes whole however large", async () => {
  for (const tailCacheBytes of [0, 1e6]) {
    const world = await newPartition({}, { tailCacheBytes });
    const batch = batchOf({ values: ["x".repeat(5000)] });
    await world.rig.run(world.send(batch));
    await world.rig.run(world.send(batchOf({ values: ["y"] })));
    const answer = await world.rig.run(ask(world, { maxBytes: 10 }));
    expect(answer).toMatchObject({ size: batch.length, highWatermark: 2 });
    expect(concat(answer.parts)).toEqual(batch);
  }
});

test("offsets and epochs that cannot be are answered as what they are", async () => {
  const world = await newPartition();
  await world.rig.run(world.send(batchOf({ values: ["a", "b"] })));
  world.partition.setLeaderEpoch(5);
  await world.rig.run(world.send(batchOf({ values: ["c"] })));
  const errorOf = async (wanted: Partial<WantedPartition>) =>
    (await world.rig.run(ask(world, wanted))).errorCode;
  expect(await errorOf({ fetchOffset: 4 })).toBe(ErrorCode.OFFSET_OUT_OF_RANGE);
  expect(await errorOf({ fetchOffset: -5 })).toBe(ErrorCode.OFFSET_OUT_OF_RANGE);
  expect(await errorOf({ currentLeaderEpoch: 3 })).toBe(ErrorCode.FENCED_LEADER_EPOCH);
  expect(await errorOf({ currentLeaderEpoch: 6 })).toBe(ErrorCode.UNKNOWN_LEADER_EPOCH);
  expect(await errorOf({ currentLeaderEpoch: 5 })).toBe(ErrorCode.NONE);
  const diverged = await world.rig.run(ask(world, { fetchOffset: 3, lastFetchedEpoch: 3 }));
  expect(diverged.divergingEpoch).toEqual({ epoch: 3, endOffset: 2 });
});

test("a partition that closes answers its readers; a damaged batch is CORRUPT_MESSAGE", async () => {
  const world = await newPartition({}, { tailCacheBytes: 0 });
  await world.rig.run(world.send(batchOf({ values: ["a"] })));
  const file = await world.disk.open(world.log.segments[0]?.path(".log") ?? "", { create: false });
  await file.write([new Uint8Array([0x7f])], 67);
  const answer = await world.rig.run(ask(world, {}));
  expect(answer.errorCode).toBe(ErrorCode.CORRUPT_MESSAGE);
  const waiting = ask(world, { fetchOffset: 1 });
  await world.rig.settle();
  world.partition.close();
  expect((await world.rig.run(waiting)).errorCode).toBe(ErrorCode.NOT_LEADER_OR_FOLLOWER);
});

test("a batch that comes again is answered with the offset and the time that it was stored with", async () => {
  const world = await newPartition({ messageTimestampType: "LogAppendTime" });
  const { rig, time, send } = world;
  const producer = { producerId: 7n, producerEpoch: 0, baseSequence: 0 };
  const first = await rig.run(send(batchOf({ values: ["a"], ...producer })));
  await time.advanceAsync(5000);
  const again = await rig.run(send(batchOf({ values: ["a"], ...producer })));
  expect(again).toEqual(first);
});
