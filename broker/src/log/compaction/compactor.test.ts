import { updateCrc } from "@runnel/protocol/records/batch.ts";
import { buildBatch, type NewRecord } from "@runnel/protocol/records/build.ts";
import { expect, test } from "vitest";
import type { MemoryDisk } from "#io/memory/memory-disk.ts";
import { abortedBetween } from "../aborted.ts";
import { readStored } from "../log-lookup.ts";
import { scanSegment } from "../log-reader.ts";
import { fileName } from "../names.ts";
import type { PartitionLog } from "../partition-log.ts";
import type { Segment } from "../segment.ts";
import { append, concat, headersOf, Rig, readToEnd } from "../testing.ts";
import { entriesInFile } from "../transaction-index.ts";
import { COMPACTED, compact, compactorOf, recordsIn } from "./testing.ts";

const utf8 = new TextEncoder();
const text = new TextDecoder();

/** A record of `key`; a value of null is a tombstone. */
function record(key: string | null, value: string | null, timestamp = 1000): NewRecord {
  return {
    key: key === null ? null : utf8.encode(key),
    value: value === null ? null : utf8.encode(value),
    timestamp,
  };
}

/** Appends each record as a batch of its own. */
async function fill(rig: Rig, log: PartitionLog, records: readonly NewRecord[]): Promise<void> {
  for (const one of records) append(log, buildBatch({ records: [one] }));
  await rig.settle();
}

async function close(rig: Rig, log: PartitionLog): Promise<void> {
  log.rollIfFilled();
  await rig.settle();
}

async function shown(rig: Rig, log: PartitionLog): Promise<string[]> {
  const records = await recordsIn(rig, log);
  return records.map(({ offset, key, value }) => {
    const name = key === null ? "-" : text.decode(key);
    return `${offset} ${name}=${value === null ? "null" : text.decode(value)}`;
  });
}

test("the newest record of each key stays, at its offset", async () => {
  const rig = await Rig.open();
  const log = await rig.log({ ...COMPACTED, segmentBytes: 100_000 });
  await fill(rig, log, [
    record("a", "1"),
    record("b", "1"),
    record("a", "2"),
    record(null, "no key"),
    record("c", "1"),
    record("a", "3"),
  ]);
  await close(rig, log);
  await fill(rig, log, [record("a", "4"), record("b", "2")]);
  const view = await compact(rig, log);
  expect(view?.failure).toBeNull();
  expect(await shown(rig, log)).toEqual(["1 b=1", "4 c=1", "5 a=3", "6 a=4", "7 b=2"]);
  expect(view?.lastPass).toMatchObject({ recordsRead: 6, recordsRemoved: 3, keys: 3 });
  expect(view).toMatchObject({ dirtyRatio: 0, dirtyBytes: 0, progress: null });
  await rig.run(rig.manager.close());
});

test("batches follow each other without a gap although their records are gone", async () => {
  const rig = await Rig.open();
  const log = await rig.log(COMPACTED);
  await fill(
    rig,
    log,
    Array.from({ length: 100 }, (_, at) => record(`k${at % 3}`, `${at}`)),
  );
  await close(rig, log);
  const before = log.size;
  await compact(rig, log);
  let next = 0;
  for (const segment of log.segments) {
    const walk = scanSegment(log.io, segment, segment.start, (header) => {
      expect(header.baseOffset).toBe(next);
      next = header.baseOffset + header.lastOffsetDelta + 1;
      return true;
    });
    await rig.run(walk);
  }
  expect(next).toBe(log.logEndOffset);
  expect(log.size).toBeLessThan(before / 5);
  const again = await rig.reopen();
  const same = await again.log(COMPACTED);
  expect(await shown(again, same)).toEqual(["97 k1=97", "98 k2=98", "99 k0=99"]);
  await again.run(again.manager.close());
});

test("a tombstone stays for delete.retention.ms after the pass that met it first", async () => {
  const rig = await Rig.open();
  const log = await rig.log({ ...COMPACTED, segmentBytes: 100_000, deleteRetentionMs: 5000 });
  await fill(rig, log, [record("a", "1"), record("b", "1"), record("a", null)]);
  await close(rig, log);
  await compact(rig, log);
  expect(await shown(rig, log)).toEqual(["1 b=1", "2 a=null"]);
  const [header] = headersOf(await readToEnd(rig, log, 2));
  expect(header).toMatchObject({ attributes: 0x40, baseTimestamp: rig.time.nowMs() + 5000 });
  expect((await recordsIn(rig, log)).map(({ timestamp }) => timestamp)).toEqual([1000, 1000]);
  await rig.time.advanceAsync(4999);
  await fill(rig, log, [record("c", "1")]);
  await close(rig, log);
  await compact(rig, log);
  expect(await shown(rig, log)).toEqual(["1 b=1", "2 a=null", "3 c=1"]);
  await rig.time.advanceAsync(1);
  await fill(rig, log, [record("c", "2")]);
  await close(rig, log);
  await compact(rig, log);
  expect(await shown(rig, log)).toEqual(["1 b=1", "4 c=2"]);
  await rig.run(rig.manager.close());
});

test("a read in a gap goes on to a batch with records, across segments; at the end it says where that is", async () => {
  const rig = await Rig.open({ tailCacheBytes: 0 });
  const log = await rig.log({ ...COMPACTED, segmentBytes: 700 });
  const keys = Array.from({ length: 60 }, (_, at) => record(at < 50 ? "old" : "new", `${at}`));
  await fill(rig, log, [...keys, record("old", "x"), record("new", "x")]);
  await close(rig, log);
  // Segments that stay apart: nothing is joined.
  log.configure({ ...log.config, segmentBytes: 1 });
  await compact(rig, log);
  expect(log.segments.length).toBeGreaterThan(4);
  expect(await shown(rig, log)).toEqual(["60 old=x", "61 new=x"]);
  for (const offset of [0, 17, 59]) {
    const range = { offset, endOffset: log.logEndOffset, bytesMax: 1, atLeastOne: true };
    const { parts, endOffset } = await rig.run(readStored(log, range));
    expect(headersOf(concat(parts))).toMatchObject([{ baseOffset: 60, recordCount: 1 }]);
    expect(endOffset).toBe(61);
  }
  const before = { offset: 17, endOffset: 30, bytesMax: 1000, atLeastOne: true };
  const { parts, endOffset } = await rig.run(readStored(log, before));
  expect(headersOf(concat(parts)).every(({ recordCount }) => recordCount === 0)).toBe(true);
  expect(endOffset).toBeGreaterThan(17);
  expect(endOffset).toBeLessThanOrEqual(30);
  await rig.run(rig.manager.close());
});

test("T22: a leap of the wall clock lets no tombstone go, and no record be compacted too soon", async () => {
  const rig = await Rig.open();
  const lag = { minCompactionLagMs: 60_000, deleteRetentionMs: 60_000 };
  const log = await rig.log({ ...COMPACTED, segmentBytes: 100_000, ...lag });
  const logs = () => [{ log, stableOffset: log.logEndOffset }];
  const compactor = compactorOf(rig, logs, { isEnabled: false });
  await fill(rig, log, [record("a", "1", rig.time.nowMs()), record("a", null, rig.time.nowMs())]);
  await close(rig, log);
  await rig.time.advanceAsync(60_001);
  await rig.run(compactor.compactDue());
  expect(await shown(rig, log)).toEqual(["1 a=null"]);
  await fill(rig, log, [record("b", "1", rig.time.nowMs()), record("b", "2", rig.time.nowMs())]);
  await close(rig, log);
  rig.time.wallOffsetMs += 86_400_000;
  await rig.run(compactor.compactDue());
  expect(await shown(rig, log)).toEqual(["1 a=null", "2 b=1", "3 b=2"]);
  rig.time.wallOffsetMs -= 86_400_000;
  await rig.time.advanceAsync(60_001);
  await rig.run(compactor.compactDue());
  expect(await shown(rig, log)).toEqual(["3 b=2"]);
  await rig.run(compactor.close());
  await rig.run(rig.manager.close());
});

/** Turns over a bit of the file at `path`. */
async function damage(rig: Rig, path: string, position: number): Promise<void> {
  const file = await rig.disk.open(path, { create: false });
  const byte = new Uint8Array(1);
  await file.read(byte, position);
  byte[0] = (byte[0] as number) ^ 1;
  await file.write([byte], position);
  await file.close();
}

test("a damaged batch stops the compaction of its log, and says why; nothing is lost", async () => {
  const rig = await Rig.open({ tailCacheBytes: 0 });
  const log = await rig.log({ ...COMPACTED, segmentBytes: 100_000 });
  await fill(rig, log, [record("a", "1"), record("a", "2"), record("b", "1")]);
  await close(rig, log);
  const segment = log.segments[0] as Segment;
  await damage(rig, segment.path(".log"), segment.size - 3);
  const one = { log, stableOffset: log.logEndOffset };
  const compactor = compactorOf(rig, () => [one]);
  await rig.run(compactor.compactDue());
  const view = compactor.viewOf(one);
  expect(view?.failure).toMatchObject({ reason: expect.stringMatching(/wrong checksum/) });
  expect(view?.failure?.retryInMs).toBeNull();
  // It is not tried again and again.
  let opened = 0;
  (rig.disk as MemoryDisk).fault = (operation, path) => {
    if (operation === "open" && path.endsWith(".log")) opened += 1;
    return null;
  };
  await rig.time.advanceAsync(600_000);
  await rig.settle();
  expect(opened).toBe(0);
  expect(await rig.disk.list(log.folder)).not.toContainEqual(expect.stringMatching(/cleaned/));
  await rig.run(compactor.close());
  await rig.run(rig.manager.close());
});

test("a batch whose records cannot be read stays as it is, and what it might replace as well", async () => {
  const rig = await Rig.open({ tailCacheBytes: 0 });
  const log = await rig.log({ ...COMPACTED, segmentBytes: 100_000 });
  await fill(rig, log, [record("a", "1"), record("a", "2")]);
  const bad = buildBatch({ records: [record("a", "3".repeat(100))], codec: "gzip" });
  bad.fill(7, 70, 90);
  updateCrc(bad, 0);
  append(log, bad);
  await close(rig, log);
  const view = await compact(rig, log);
  expect(view?.failure).toBeNull();
  expect(view?.lastPass).toMatchObject({ batchesUnread: 1, recordsRemoved: 1 });
  const headers = headersOf(await readToEnd(rig, log, 0));
  expect(headers.map(({ baseOffset }) => baseOffset)).toEqual([1, 2]);
  await rig.run(rig.manager.close());
});

test("a disk with little room is no place for new segments: the pass is tried again later", async () => {
  const rig = await Rig.open();
  const disk = rig.disk as MemoryDisk;
  const log = await rig.log({ ...COMPACTED, segmentBytes: 100_000 });
  await fill(rig, log, [record("a", "1"), record("a", "2")]);
  await close(rig, log);
  const one = { log, stableOffset: log.logEndOffset };
  const compactor = compactorOf(rig, () => [one]);
  disk.freeBytes = 1_000_000;
  await rig.run(compactor.compactDue());
  expect(compactor.viewOf(one)?.failure).toMatchObject({
    reason: expect.stringContaining("1000000 bytes free"),
    retryInMs: 60_000,
  });
  disk.freeBytes = null;
  await rig.run(compactor.compactDue());
  expect(compactor.viewOf(one)?.lastPass).toBeNull();
  await rig.time.advanceAsync(60_000);
  await rig.settle();
  expect(compactor.viewOf(one)).toMatchObject({ failure: null, lastPass: { recordsRemoved: 1 } });
  await rig.run(compactor.close());
  await rig.run(rig.manager.close());
});

test("max.compaction.lag.ms closes the active segment, and compacts below the dirty ratio", async () => {
  const rig = await Rig.open();
  const config = { ...COMPACTED, minCleanableDirtyRatio: 1, maxCompactionLagMs: 10_000 };
  const log = await rig.log({ ...config, segmentBytes: 100_000 });
  const now = rig.time.nowMs();
  await fill(rig, log, [record("a", "1", now), record("a", "2", now)]);
  expect((await compact(rig, log))?.lastPass).toBeNull();
  await rig.time.advanceAsync(10_001);
  await compact(rig, log);
  await rig.settle();
  expect((await compact(rig, log))?.lastPass).toMatchObject({ recordsRemoved: 1 });
  expect(await shown(rig, log)).toEqual(["1 a=2"]);
  await rig.run(rig.manager.close());
});

test("retention that takes a segment from under a pass ends it; the next one goes on", async () => {
  const rig = await Rig.open();
  const both = { ...COMPACTED, cleanupPolicy: ["compact", "delete"], segmentBytes: 600 };
  const log = await rig.log(both);
  const records = Array.from({ length: 60 }, (_, at) => record(`k${at % 20}`, `${at}`));
  await fill(rig, log, records);
  await close(rig, log);
  const sources = log.segments.slice(0, 2);
  const one = { log, stableOffset: log.logEndOffset };
  const compactor = compactorOf(rig, () => [one]);
  const running = compactor.compactDue();
  await rig.run(rig.manager.deleteRecords(log, (sources[1] as Segment).baseOffset + 1));
  await rig.run(running);
  expect(compactor.viewOf(one)?.failure).toBeNull();
  await rig.time.advanceAsync(120_000);
  await rig.settle();
  const { logStartOffset } = log;
  expect(await shown(rig, log)).toEqual(
    Array.from({ length: 20 }, (_, at) => `${40 + at} k${at}=${40 + at}`),
  );
  expect(log.logStartOffset).toBe(logStartOffset);
  await rig.run(compactor.close());
  await rig.run(rig.manager.close());
});

test("gaps keep leader epochs apart, so that they can be learned from the log again", async () => {
  const rig = await Rig.open();
  const log = await rig.log({ ...COMPACTED, segmentBytes: 100_000 });
  for (const epoch of [3, 5, 8]) {
    log.beginEpoch(epoch);
    for (let at = 0; at < 4; at += 1)
      append(log, buildBatch({ records: [record("a", "1")] }), epoch);
  }
  await close(rig, log);
  const { entries } = log.epochs;
  await compact(rig, log);
  await rig.run(rig.manager.close());
  await rig.disk.removeFile(`${log.folder}/leader-epoch-checkpoint`);
  const again = await Rig.open({ disk: rig.disk, time: rig.time });
  const same = await again.log(COMPACTED);
  expect(same.epochs.entries).toEqual(entries);
  await again.run(again.manager.close());
});

test("a segment that could not be completed before leaves nothing behind in the place of its successor", async () => {
  const rig = await Rig.open({ tailCacheBytes: 0 });
  const disk = rig.disk as MemoryDisk;
  const log = await rig.log({ ...COMPACTED, segmentBytes: 100_000 });
  disk.fault = (operation, path) =>
    operation === "create" && path.includes(".txnindex") ? { kind: "fail", code: "ENOSPC" } : null;
  for (const producerId of [7n, 8n]) {
    const records = [record("a", "aborted", rig.time.nowMs())];
    const producer = { producerId, producerEpoch: 0, baseSequence: 0, isTransactional: true };
    append(log, buildBatch({ records, ...producer }));
    const marker = { producerId, producerEpoch: 0, coordinatorEpoch: 0, isCommit: false };
    log.appendMarker({ ...marker, transactionVersion: 1 }, 0);
    await close(rig, log);
  }
  disk.fault = null;
  expect((await compact(rig, log))?.lastPass?.recordsRemoved).toBe(2);
  expect(log.segments).toHaveLength(2);
  await rig.run(log.checkpoint());
  const index = await disk.stat(`${log.folder}/${fileName(0, ".txnindex")}`);
  expect(entriesInFile(index?.size ?? 0)).toBe(2);
  await rig.run(rig.manager.close());
});

test("T24: a start after a crash takes no transaction from a snapshot of before a pass", async () => {
  const rig = await Rig.open();
  const config = { ...COMPACTED, segmentBytes: 100_000, deleteRetentionMs: 1000 };
  const log = await rig.log(config);
  const send = (baseSequence: number): void => {
    const records = [record("a", String(baseSequence), rig.time.nowMs())];
    const producer = { producerId: 7n, producerEpoch: 0, baseSequence, isTransactional: true };
    append(log, buildBatch({ records, ...producer }));
  };
  const end = (isCommit: boolean): void => {
    const marker = { producerId: 7n, producerEpoch: 0, coordinatorEpoch: 0, isCommit };
    log.appendMarker({ ...marker, transactionVersion: 1 }, 0);
  };
  send(0);
  await close(rig, log);
  end(false);
  await rig.run(log.environment.checkpointAt(log.folder, 2));
  send(1);
  end(true);
  await close(rig, log);
  for (let pass = 0; pass < 2; pass += 1) {
    expect((await compact(rig, log))?.failure).toBeNull();
    await rig.time.advanceAsync(2000);
    await fill(rig, log, [record("b", String(pass), rig.time.nowMs())]);
    await close(rig, log);
  }
  await compact(rig, log);
  const aborted = await rig.run(Promise.resolve(abortedBetween(log, 0, log.logEndOffset)));
  expect(aborted).toEqual([]);
  const again = await Rig.open({ time: rig.time, disk: rig.disk });
  const found = await again.log(config);
  expect(await again.run(Promise.resolve(abortedBetween(found, 0, found.logEndOffset)))).toEqual(
    [],
  );
  expect(found.producers.entryOf(7n)?.transactionStart ?? null).toBeNull();
  await again.run(again.manager.close());
});

test("a pass that waits for long, because it may read so little, is not taken for one that is dead", async () => {
  const rig = await Rig.open();
  const log = await rig.log({ ...COMPACTED, segmentBytes: 100_000 });
  await fill(rig, log, [record("a", "1"), record("a", "2"), record("b", "1".repeat(400))]);
  await close(rig, log);
  const one = { log, stableOffset: log.logEndOffset };
  const compactor = compactorOf(rig, () => [one], { bytesPerSecondMax: 2 });
  await rig.time.advanceAsync(3_600_000);
  const view = compactor.viewOf(one);
  expect([view?.failure, view?.lastPass?.recordsRemoved]).toEqual([null, 1]);
  await rig.run(compactor.close());
  await rig.run(rig.manager.close());
});
