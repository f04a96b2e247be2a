import { silentLogger } from "@runnel/kit/world.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { expect, test } from "vitest";
import { ManualTime } from "#io/memory/manual-time.ts";
import { MemoryDisk } from "#io/memory/memory-disk.ts";
import { Semaphore } from "#log/semaphore.ts";
import { batchOf, fill, Rig, TOPIC } from "#log/testing.ts";
import { type FetchContext, type FetchLimits, type FetchTarget, fetch } from "./fetch.ts";
import { Partition } from "./partition.ts";
import { PARTITION_CONFIG } from "./testing.ts";

const LIMITS: FetchLimits = {
  maxWaitMs: 60_000,
  minBytes: 1,
  maxBytes: 1e6,
  readCommitted: false,
  reader: { isGone: false },
};

/** A broker's worth of partitions; those filled last are in memory, as far as the cache goes. */
async function newWorld(tailCacheBytes: number) {
  const time = new ManualTime();
  const disk = new MemoryDisk({ clock: time });
  const rig = await Rig.open({ time, disk, tailCacheBytes });
  const context: FetchContext = {
    clock: time,
    scheduler: time,
    logger: silentLogger,
    reads: new Semaphore(1),
    answerBytesMax: () => 1e6,
  };
  const add = async (index: number, values: readonly string[]): Promise<Partition> => {
    const log = await rig.log({}, index);
    const identity = { topicId: TOPIC, topicName: "t", index, isInternal: false };
    const partition = new Partition(identity, log, PARTITION_CONFIG, 0);
    await fill(rig, log, values);
    return partition;
  };
  const sizes = async (targets: readonly FetchTarget[], limits: Partial<FetchLimits> = {}) => {
    const all = Promise.resolve(fetch(context, targets, { ...LIMITS, ...limits }));
    return (await rig.run(all)).map((one) => one.size);
  };
  return { time, disk, rig, context, add, sizes };
}

function of(partition: Partition, maxBytes = 1e6, fetchOffset = 0): FetchTarget {
  const wanted = {
    topic: TOPIC,
    index: partition.identity.index,
    fetchOffset,
    maxBytes,
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
  };
  return { wanted, partition, errorCode: ErrorCode.NONE };
}

const LARGE = "x".repeat(3000);
const sizeOf = (value: string): number => batchOf({ values: [value] }).length;

/** One partition on the disk and one in memory, a batch of 3000 bytes in each. */
async function coldAndHot() {
  const world = await newWorld(4000);
  const cold = await world.add(0, [LARGE]);
  const hot = await world.add(1, [LARGE]);
  return { ...world, cold, hot };
}

test("KIP-74: the first partition asked for gives its batch whole, from the disk as from memory", async () => {
  const { sizes, cold, hot } = await coldAndHot();
  const large = sizeOf(LARGE);
  expect(await sizes([of(cold, 10), of(hot, 1e6)])).toEqual([large, large]);
  expect(await sizes([of(cold, 10), of(hot, 10)])).toEqual([large, 0]);
  expect(await sizes([of(hot, 10), of(cold, 10)])).toEqual([large, 0]);
  expect(await sizes([of(hot, 10, 1), of(cold, 10), of(hot, 10)])).toEqual([0, large, 0]);
});

test("the bytes of an answer are used up in the order asked", async () => {
  const { sizes, cold, hot } = await coldAndHot();
  const large = sizeOf(LARGE);
  expect(await sizes([of(cold), of(hot)], { maxBytes: large + 10 })).toEqual([large, 0]);
  expect(await sizes([of(hot), of(cold)], { maxBytes: large + 10 })).toEqual([large, 0]);
  expect(await sizes([of(cold), of(hot)], { maxBytes: 2 * large })).toEqual([large, large]);
});

test("a request that may read from the disk reads all that it wants before the next one begins", async () => {
  const { disk, rig, add, sizes } = await newWorld(0);
  const partitions = [];
  for (let index = 0; index < 4; index += 1) partitions.push(await add(index, ["a"]));
  const [a, b, c, d] = partitions.map((one) => of(one)) as [
    FetchTarget,
    FetchTarget,
    FetchTarget,
    FetchTarget,
  ];
  const read: string[] = [];
  disk.fault = (operation, path) => {
    const index = /-(\d+)\/[^/]*\.log$/.exec(path)?.[1];
    if (operation === "read" && index !== undefined && read.at(-1) !== index) read.push(index);
    return null;
  };
  const both = [sizes([a, b]), sizes([c, d])];
  const one = sizeOf("a");
  expect(await rig.run(Promise.all(both))).toEqual([
    [one, one],
    [one, one],
  ]);
  expect(read).toEqual(["0", "1", "2", "3"]);
});

test("a parked fetch whose reader has gone ends at the next look, and at the next append", async () => {
  for (const isAppended of [false, true]) {
    const { time, rig, context, add } = await newWorld(1e6);
    const partition = await add(0, []);
    const timers = time.timerCount;
    const reader = { isGone: false };
    // It waits for more than the append brings, so only the reader's going can end it.
    const limits = { ...LIMITS, reader, minBytes: 1e6 };
    const answer = Promise.resolve(fetch(context, [of(partition)], limits));
    await time.advanceAsync(5000);
    expect(partition.waiting).toBe(1);
    reader.isGone = true;
    if (isAppended) await fill(rig, partition.log, ["a"]);
    else await time.advanceAsync(1000);
    expect([partition.waiting, time.timerCount]).toEqual([0, timers]);
    expect(await rig.run(answer)).toEqual([]);
  }
});

test("a fetch that waits longer than it looks for its reader ends when its time is over", async () => {
  const { time, add, rig, context } = await newWorld(1e6);
  const partition = await add(0, []);
  const answer = Promise.resolve(fetch(context, [of(partition)], { ...LIMITS, maxWaitMs: 2500 }));
  await time.advanceAsync(2499);
  expect(partition.waiting).toBe(1);
  await time.advanceAsync(1);
  expect(partition.waiting).toBe(0);
  expect(await rig.run(answer)).toMatchObject([{ errorCode: ErrorCode.NONE, size: 0 }]);
});
