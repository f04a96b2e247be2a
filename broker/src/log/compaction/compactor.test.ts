import { buildBatch, type NewRecord } from "@runnel/protocol/records/build.ts";
import { expect, test } from "vitest";
import { readStored } from "../log-lookup.ts";
import { scanSegment } from "../log-reader.ts";
import type { PartitionLog } from "../partition-log.ts";
import { append, concat, headersOf, Rig, readToEnd } from "../testing.ts";
import { COMPACTED, compact, recordsIn } from "./testing.ts";

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
