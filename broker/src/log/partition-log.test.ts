import { IoError } from "@runnel/kit/errors.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { expect, test } from "vitest";
import { ManualTime } from "#io/memory/manual-time.ts";
import { MemoryDisk } from "#io/memory/memory-disk.ts";
import { findNewest, readStored } from "./log-lookup.ts";
import type { PartitionLog } from "./partition-log.ts";
import {
  append,
  batchOf,
  concat,
  DATA,
  fill,
  headersOf,
  Rig,
  read,
  readToEnd,
  TOPIC,
} from "./testing.ts";
import { ProcessDisk } from "./testing-disk.ts";

const FOLDER = `${DATA}/${TOPIC}-0`;
const SYNC = /\.log$/;
const names = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `${from + i}`);

async function newRig(options: { tailCacheBytes?: number } = {}) {
  const time = new ManualTime();
  const disk = new MemoryDisk({ clock: time });
  return { time, disk, rig: await Rig.open({ time, disk, ...options }) };
}

test("append() is visible only when it is durable, and tells the listener", async () => {
  const { rig } = await newRig();
  const log = await rig.log();
  const moves: number[] = [];
  log.listener = { onEndMoved: () => void moves.push(log.logEndOffset), onFailure() {} };
  append(log, batchOf({ values: ["a", "b"] }));
  append(log, batchOf({ values: ["c"] }));
  expect([log.nextOffset, log.logEndOffset]).toEqual([3, 0]);
  await rig.settle();
  expect([log.nextOffset, log.logEndOffset]).toEqual([3, 3]);
  expect(moves).toEqual([3]);
});

test("appends of one turn share one write and one sync", async () => {
  const { rig, disk } = await newRig();
  const log = await rig.log();
  await fill(rig, log, ["first"]);
  const seen: string[] = [];
  disk.fault = (operation) => {
    seen.push(operation);
    return null;
  };
  await fill(rig, log, names(0, 50));
  expect(seen.filter((one) => one === "write" || one === "sync")).toEqual(["write", "sync"]);
});

test("flush.messages syncs after so many records, flush.ms after so long", async () => {
  const { rig, disk, time } = await newRig();
  const log = await rig.log({ flushMessages: 10, flushMs: 500 });
  await fill(rig, log, ["0"]);
  let syncs = 0;
  disk.fault = (operation) => {
    if (operation === "sync") syncs += 1;
    return null;
  };
  await fill(rig, log, names(1, 9));
  expect([syncs, log.logEndOffset]).toEqual([0, 9]);
  await fill(rig, log, ["9"]);
  expect(syncs).toBe(1);
  await fill(rig, log, ["10"]);
  await time.advanceAsync(499);
  expect(syncs).toBe(1);
  await time.advanceAsync(600);
  expect(syncs).toBe(2);
});

test("a failed sync fences: no acknowledgement, no later append, reads of what was there", async () => {
  const { rig, disk } = await newRig();
  const log = await rig.log();
  await fill(rig, log, names(0, 5));
  const kept = await readToEnd(rig, log, 0);
  const failures: boolean[] = [];
  const moves: number[] = [];
  log.listener = {
    onEndMoved: () => void moves.push(log.logEndOffset),
    onFailure: (isFenced) => void failures.push(isFenced),
  };
  disk.fault = (operation, path) =>
    operation === "sync" && SYNC.test(path) ? { kind: "fail", code: "ENOSPC" } : null;
  append(log, batchOf({ values: ["lost"] }));
  await rig.settle();
  disk.fault = null;
  expect([failures, moves, log.state, log.logEndOffset]).toEqual([[true], [], "fenced", 5]);
  const refused = append(log, batchOf({ values: ["later"] }));
  expect(refused).toMatchObject({ kind: "refused", errorCode: ErrorCode.KAFKA_STORAGE_ERROR });
  expect(await readToEnd(rig, log, 0)).toEqual(kept);
  await rig.run(rig.manager.close());
  const next = await Rig.open({ time: rig.time, disk: disk.crash() });
  expect(next.manager.wasClean).toBe(false);
});

test("a full disk is no more than a pause", async () => {
  const { rig, disk, time } = await newRig();
  const log = await rig.log();
  await fill(rig, log, names(0, 5));
  const failures: boolean[] = [];
  log.listener = { onEndMoved() {}, onFailure: (isFenced) => void failures.push(isFenced) };
  let isFull = true;
  disk.fault = (operation) =>
    isFull && operation === "write" ? { kind: "cut", bytes: 30, code: "ENOSPC" } : null;
  append(log, batchOf({ values: ["no room"] }));
  await rig.settle();
  expect(failures).toEqual([false]);
  expect((await readToEnd(rig, log, 0)).length).toBeGreaterThan(0);
  isFull = false;
  await time.advanceAsync(5000);
  expect(log.state).toBe("open");
  expect(append(log, batchOf({ values: ["room"] }))).toMatchObject({ baseOffset: 5 });
  await rig.settle();
  expect(log.logEndOffset).toBe(6);
  const bytes = await readToEnd(rig, log, 0);
  expect(headersOf(bytes).map((one) => one.baseOffset)).toEqual([0, 1, 2, 3, 4, 5]);
  const next = await Rig.open({ time, disk: disk.crash() });
  expect(await readToEnd(next, await next.log(), 0)).toEqual(bytes);
});

test("a segment is rolled by size, by age and by a full index", async () => {
  const { rig } = await newRig();
  const log = await rig.log({ segmentBytes: 200, segmentMs: 1000 });
  await fill(rig, log, names(0, 4));
  expect(log.segments.map((one) => one.baseOffset)).toEqual([0, 2]);
  append(log, batchOf({ values: ["x"], timestamp: 2000 }));
  append(log, batchOf({ values: ["x"], timestamp: 3001 }));
  expect(log.segments.map((one) => one.baseOffset)).toEqual([0, 2, 4, 5]);
  const full = await rig.log({ segmentIndexBytes: 36, indexIntervalBytes: 0 }, 1);
  await fill(rig, full, names(0, 7));
  expect(full.segments.map((one) => one.baseOffset)).toEqual([0, 5]);
});

test("close() takes no more appends and leaves none unanswered", async () => {
  const { rig } = await newRig();
  const log = await rig.log();
  const answers: string[] = [];
  log.listener = { onEndMoved: () => void answers.push("end"), onFailure() {} };
  append(log, batchOf({ values: ["before"] }));
  const closing = log.close();
  expect(append(log, batchOf({ values: ["after"] })).kind).toBe("refused");
  await rig.run(closing);
  expect([log.logEndOffset, answers]).toEqual([1, ["end"]]);
});

test("abandon() fails what waits", async () => {
  const { rig } = await newRig();
  const log = await rig.log();
  let failures = 0;
  log.listener = {
    onEndMoved() {},
    onFailure: () => {
      failures += 1;
    },
  };
  append(log, batchOf({ values: ["lost"] }));
  await rig.run(rig.manager.deleteLog(TOPIC, 0));
  expect([failures, log.state, rig.manager.logs.size]).toEqual([1, "closed", 0]);
  expect(await rig.disk.stat(FOLDER)).toBeNull();
});

test("a batch resent while it waits is a duplicate that ends where the first does", async () => {
  const { rig } = await newRig();
  const log = await rig.log();
  const batch = () =>
    batchOf({ values: ["a", "b"], producerId: 4n, producerEpoch: 0, baseSequence: 0 });
  expect(append(log, batch())).toEqual({ kind: "appended", baseOffset: 0, endOffset: 2 });
  expect(append(log, batch())).toEqual({ kind: "duplicate", baseOffset: 0, endOffset: 2 });
  expect(log.nextOffset).toBe(2);
});

test("checkpoint, roll and trimming at the same time keep every file in order", async () => {
  const { rig, time } = await newRig({ tailCacheBytes: 0 });
  const config = { segmentBytes: 300, indexIntervalBytes: 0, flushMessages: 1000 };
  const log = await rig.log(config);
  const work: Promise<unknown>[] = [];
  for (let i = 0; i < 120; i += 1) {
    const producer = { producerId: 9n, producerEpoch: 0, baseSequence: i };
    append(log, batchOf({ values: [`${i}`], ...producer }));
    if (i % 3 === 0) work.push(log.checkpoint());
    if (i % 7 === 0) work.push(log.checkpoint());
    if (i % 5 === 0) await time.settle();
    if (i % 11 === 0) work.push(rig.manager.deleteRecords(log, Math.max(0, log.logEndOffset - 30)));
  }
  await rig.run(Promise.all(work));
  expect(log.state).toBe("open");
  const start = log.logStartOffset;
  const bytes = await readToEnd(rig, log, start);
  const next = await rig.reopen();
  const reopened = await next.log(config);
  expect([reopened.logStartOffset, reopened.logEndOffset]).toEqual([start, 120]);
  expect(await readToEnd(next, reopened, start)).toEqual(bytes);
});

test("a checkpoint says no more than what survives a power cut, without flushing too", async () => {
  const time = new ManualTime();
  const disk = new MemoryDisk({ clock: time });
  const rig = await Rig.open({ time, disk });
  const config = { segmentBytes: 300, flushMessages: 1e9 };
  const log = await rig.log(config);
  for (const value of names(0, 20)) append(log, batchOf({ values: [value] }));
  const { offset } = await rig.run(log.checkpoint());
  const bytes = await readToEnd(rig, log, 0);
  const next = await Rig.open({ time, disk: disk.crash() });
  const reopened = await next.log(config);
  expect(offset).toBe(20);
  expect(reopened.logEndOffset).toBe(20);
  expect(await readToEnd(next, reopened, 0)).toEqual(bytes);
});

test("retention between look-up and read says so, and makes no file", async () => {
  const { rig, time } = await newRig({ tailCacheBytes: 0 });
  const log = await rig.log({ segmentBytes: 200, retentionBytes: 200 });
  await fill(rig, log, names(0, 10));
  const range = { offset: 0, endOffset: 10, bytesMax: 1, atLeastOne: true };
  const trimming = rig.retain(log);
  const reading = readStored(log, range).then(
    (found) => concat(found.parts).length,
    (error: unknown) => (error instanceof IoError ? "gone" : error),
  );
  expect(await rig.run(trimming)).toBe(3);
  expect(["gone", 69]).toContain(await rig.run(reading));
  await expect(rig.run(readStored(log, range))).rejects.toThrow(IoError);
  await time.advanceAsync(2000);
  const left = (await rig.disk.list(FOLDER)).filter((name) => name.endsWith(".log"));
  expect(left).toEqual(["00000000000000000006.log", "00000000000000000008.log"]);
});

test("nothing goes by age or size where the cleanup policy does not say delete", async () => {
  const { rig } = await newRig();
  const config = { segmentBytes: 200, retentionMs: 1, retentionBytes: 1 };
  const log = await rig.log({ ...config, cleanupPolicy: ["compact"] });
  await fill(rig, log, names(0, 10));
  expect(await rig.run(rig.retain(log))).toBe(0);
  log.configure({ ...log.config, cleanupPolicy: ["compact", "delete"] });
  expect(await rig.run(rig.retain(log))).toBeGreaterThan(0);
});

test("trimming everything leaves an empty log that goes on at its end", async () => {
  const { rig, time, disk } = await newRig();
  const config = { retentionMs: 100 };
  let log = await rig.log(config);
  await fill(rig, log, names(0, 10));
  expect(await rig.run(rig.retain(log))).toBe(1);
  expect([log.logStartOffset, log.logEndOffset, log.size]).toEqual([10, 10, 0]);
  const next = await Rig.open({ time, disk: disk.crash() });
  log = await next.log(config);
  expect([log.logStartOffset, log.logEndOffset]).toEqual([10, 10]);
  expect(append(log, batchOf({ values: ["on"] }))).toMatchObject({ baseOffset: 10 });
});

async function bytesReadAtStart(stop: (rig: Rig, log: PartitionLog) => Promise<void>) {
  const time = new ManualTime();
  const disk = new MemoryDisk({ clock: time });
  const rig = await Rig.open({ time, disk });
  const log = await rig.log({ segmentBytes: 200_000 });
  await fill(
    rig,
    log,
    names(0, 50).map((one) => one.padEnd(20_000, "x")),
  );
  await time.advanceAsync(10_000);
  await stop(rig, log);
  const counted = new ProcessDisk(disk);
  const next = await Rig.open({ time, disk: counted });
  const reopened = await next.log({ segmentBytes: 200_000 });
  await next.settle();
  return { read: counted.bytesRead, end: reopened.logEndOffset, size: reopened.size };
}

test("a start reads what lies behind the recovery point, not the log", async () => {
  const clean = await bytesReadAtStart((rig) => rig.run(rig.manager.close()));
  expect(clean.end).toBe(50);
  expect(clean.size).toBeGreaterThan(1_000_000);
  // One batch before the recovery point, in order to be sure of the index, twice.
  expect(clean.read).toBeLessThan(50_000);
  const killed = await bytesReadAtStart((rig, log) => fill(rig, log, ["a", "b"]));
  expect(killed.end).toBe(52);
  expect(killed.read).toBeLessThan(50_000);
});

test("a log in which nothing happened costs nothing at a checkpoint and at a stop", async () => {
  const { rig, disk, time } = await newRig();
  const log = await rig.log();
  append(log, batchOf({ values: ["a"], producerId: 3n, producerEpoch: 0, baseSequence: 0 }));
  await rig.settle();
  const next = await rig.reopen();
  const reopened = await next.log();
  const before = disk.changes;
  await time.advanceAsync(10_000);
  await next.run(reopened.close());
  expect(disk.changes).toBe(before);
});

test("open files stay within their limit and are all closed in the end", async () => {
  const time = new ManualTime();
  const disk = new ProcessDisk(new MemoryDisk({ clock: time }));
  const rig = await Rig.open({ time, disk, openFilesMax: 5, tailCacheBytes: 0 });
  const logs = [];
  for (let i = 0; i < 20; i += 1) logs.push(await rig.log({ segmentBytes: 200 }, i));
  for (const log of logs)
    for (const value of names(0, 9)) append(log, batchOf({ values: [value] }));
  await rig.settle();
  await time.advanceAsync(10_000);
  for (const log of logs) {
    await readToEnd(rig, log, 0);
    await rig.run(rig.manager.deleteRecords(log, 5));
  }
  await rig.settle();
  expect(rig.manager.openFiles).toBeLessThanOrEqual(5);
  expect(disk.openFiles).toBeLessThanOrEqual(5);
  await rig.run(rig.manager.close());
  await rig.settle();
  expect(disk.openFiles).toBe(0);
});

test("epochs end where the next begins, also after a restart", async () => {
  const { rig } = await newRig();
  let log = await rig.log();
  log.beginEpoch(1);
  append(log, batchOf({ values: ["a", "b"] }), 1);
  log.beginEpoch(2);
  log.beginEpoch(4);
  append(log, batchOf({ values: ["c"] }), 4);
  await rig.settle();
  const next = await rig.reopen();
  log = await next.log();
  expect(log.epochs.entries).toEqual([
    { epoch: 1, startOffset: 0 },
    { epoch: 4, startOffset: 2 },
  ]);
  expect(
    headersOf(await read(next, log, { offset: 0 })).map((one) => one.partitionLeaderEpoch),
  ).toEqual([1, 4]);
});

test("a term without an append yet outlives a full disk", async () => {
  const { rig, disk, time } = await newRig();
  const log = await rig.log();
  await fill(rig, log, names(0, 5));
  log.beginEpoch(3);
  let isFull = true;
  disk.fault = (operation) =>
    isFull && operation === "write" ? { kind: "fail", code: "ENOSPC" } : null;
  append(log, batchOf({ values: ["no room"] }), 3);
  await rig.settle();
  isFull = false;
  await time.advanceAsync(5000);
  expect([log.state, log.logEndOffset]).toEqual(["open", 5]);
  expect(log.epochs.endOf(3, 5)).toEqual({ epoch: 3, endOffset: 5 });
  append(log, batchOf({ values: ["room"] }), 3);
  await rig.settle();
  const reopened = await (await rig.reopen()).log();
  expect(reopened.epochs.entries).toEqual([
    { epoch: 0, startOffset: 0 },
    { epoch: 3, startOffset: 5 },
  ]);
});

test("close() waits for a log that is being loaded again", async () => {
  const { rig, disk } = await newRig();
  const log = await rig.log();
  await fill(rig, log, names(0, 5));
  const late: string[] = [];
  let isClosed = false;
  let closing: Promise<void> | null = null;
  disk.fault = (operation, path) => {
    if (isClosed) late.push(`${operation} ${path}`);
    if (operation === "list") {
      closing ??= log.close().then(() => {
        isClosed = true;
      });
    }
    return operation === "write" && closing === null ? { kind: "fail", code: "ENOSPC" } : null;
  };
  append(log, batchOf({ values: ["no room"] }));
  await rig.settle();
  expect([isClosed, log.state, late]).toEqual([true, "closed", []]);
});

test("closed segments without timestamps are not read again at a start", async () => {
  const { rig, disk, time } = await newRig();
  const config = { segmentBytes: 200_000, indexIntervalBytes: 50_000 };
  const log = await rig.log(config);
  for (const value of names(0, 50)) {
    append(log, batchOf({ values: [value.padEnd(20_000, "x")], timestamp: -1 }));
  }
  await rig.settle();
  await rig.run(rig.manager.close());
  const counted = new ProcessDisk(disk);
  const next = await Rig.open({ time, disk: counted });
  const reopened = await next.log(config);
  expect([reopened.logEndOffset, reopened.segments.length]).toEqual([50, 6]);
  expect(counted.bytesRead).toBeLessThan(100_000);
  expect(await next.run(findNewest(reopened, 50))).toBeNull();
});

test("segments that a crash left without their index files get them", async () => {
  const { rig, disk, time } = await newRig();
  const config = { segmentBytes: 6_000 };
  const log = await rig.log(config);
  const abort = { producerEpoch: 0, coordinatorEpoch: 0, isCommit: false, transactionVersion: 1 };
  for (let at = 0; at < 20; at += 1) {
    const producer = { producerId: BigInt(at), producerEpoch: 0, baseSequence: 0 };
    append(log, batchOf({ values: ["a".repeat(2_000)], ...producer, isTransactional: true }));
    log.appendMarker({ producerId: BigInt(at), ...abort }, 0);
  }
  await rig.settle();
  for (const name of await disk.list(FOLDER)) {
    if (name.endsWith("index")) await disk.removeFile(`${FOLDER}/${name}`);
  }
  const second = await Rig.open({ time, disk });
  const found = await second.log(config);
  await second.settle();
  const closed = found.segments.slice(0, -1);
  expect(closed.length).toBeGreaterThan(5);
  expect(closed.every(({ indexes, aborted }) => indexes === null && aborted === null)).toBe(true);
  await second.run(second.manager.close());
  const counted = new ProcessDisk(disk);
  const third = await Rig.open({ time, disk: counted });
  const { logEndOffset } = await third.log(config);
  expect(logEndOffset).toBe(40);
  // The snapshot, and the ends of the time indexes.
  expect(counted.bytesRead).toBeLessThan(found.size / 5);
});

test("a producer that sends old records is not silent: it is remembered like any other", async () => {
  const { rig, time } = await newRig();
  const log = await rig.log();
  const batch = (baseSequence: number) =>
    batchOf({ values: ["old"], timestamp: 1000, producerId: 7n, producerEpoch: 0, baseSequence });
  append(log, batch(0));
  append(log, batch(1));
  await rig.settle();
  log.producers.expire(time.nowMs() - 60_000);
  expect(append(log, batch(1))).toMatchObject({ kind: "duplicate", baseOffset: 1 });
  await time.advanceAsync(60_001);
  log.producers.expire(time.nowMs() - 60_000);
  expect(log.producers.entryOf(7n)).toBeUndefined();
});
