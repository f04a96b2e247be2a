import { type BatchHeader, readBatchHeader } from "@runnel/protocol/records/batch.ts";
import { buildBatch } from "@runnel/protocol/records/build.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { findByTimestamp, findNewest, readCached, readStored } from "./log-lookup.ts";
import type { ReadRange } from "./log-reader.ts";
import type { PartitionLog } from "./partition-log.ts";
import { append, batchOf, concat, headersOf, Rig } from "./testing.ts";

const RUNS = Number(process.env["RUNNEL_READ_RUNS"] ?? 60);

interface Stored {
  readonly header: BatchHeader;
  readonly bytes: Uint8Array;
}

/** The reference: whole batches from the one that holds `offset`, within the limits. */
function expectedOf(batches: readonly Stored[], range: ReadRange): Uint8Array {
  const parts: Uint8Array[] = [];
  let size = 0;
  for (const { header, bytes } of batches) {
    const lastOffset = header.baseOffset + header.lastOffsetDelta;
    if (lastOffset < range.offset) continue;
    if (lastOffset >= range.endOffset) break;
    const isFirst = parts.length === 0;
    if (size + bytes.length > range.bytesMax && !(isFirst && range.atLeastOne)) break;
    parts.push(bytes);
    size += bytes.length;
  }
  return concat(parts);
}

const shape = fc.record({
  sizes: fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.nat(900)), {
    minLength: 1,
    maxLength: 60,
  }),
  tailCacheBytes: fc.constantFrom(0, 1500, 100_000),
  segmentBytes: fc.constantFrom(1000, 4000, 1_000_000),
  indexIntervalBytes: fc.constantFrom(0, 300, 4096),
  isReopened: fc.boolean(),
});

const ranges = fc.array(
  fc.record({
    offset: fc.nat(1000),
    end: fc.nat(1000),
    bytesMax: fc.oneof(fc.nat(3000), fc.constant(1_000_000)),
    atLeastOne: fc.boolean(),
  }),
  { minLength: 10, maxLength: 40 },
);

test("any range reads as the model says, from memory, from disk and from both", async () => {
  expect.hasAssertions();
  await fc.assert(
    fc.asyncProperty(shape, ranges, async ({ sizes, isReopened, ...config }, wanted) => {
      let rig = await Rig.open(config);
      let log = await rig.log(config);
      const batches: Stored[] = [];
      for (const [count, size] of sizes) {
        const values = Array.from({ length: count }, (_, i) => `${i}`.padEnd(size, "x"));
        const bytes = batchOf({ values });
        append(log, bytes);
        batches.push({ header: readBatchHeader(bytes, 0), bytes });
      }
      await rig.settle();
      if (isReopened) {
        rig = await rig.reopen(config);
        log = await rig.log(config);
      }
      const end = log.logEndOffset;
      for (const { offset, end: to, ...limits } of wanted) {
        const range = { offset: offset % (end + 1), endOffset: to % (end + 1), ...limits };
        await compare(rig, log, range, expectedOf(batches, range));
      }
    }),
    { numRuns: RUNS },
  );
});

async function compare(
  rig: Rig,
  log: PartitionLog,
  range: ReadRange,
  expected: Uint8Array,
): Promise<void> {
  const cached = readCached(log, range);
  expect(cached === null ? expected : concat(cached.parts)).toEqual(expected);
  const stored = concat((await rig.run(readStored(log, range))).parts);
  // From the disk it may be less, never nothing where there is something: segments end.
  expect(stored).toEqual(expected.subarray(0, stored.length));
  expect(stored.length > 0).toBe(expected.length > 0);
}

const timed = fc.record({
  batches: fc.array(
    fc.record({
      times: fc.array(fc.oneof(fc.nat(40), fc.constantFrom(-1, 7, 7, 7)), {
        minLength: 1,
        maxLength: 4,
      }),
      codec: fc.constantFrom("none" as const, "none" as const, "gzip" as const, "zstd" as const),
      appendTime: fc.option(fc.nat(40)),
    }),
    { minLength: 1, maxLength: 40 },
  ),
  trend: fc.constantFrom(0, 5),
  start: fc.nat(200),
  end: fc.nat(200),
  segmentBytes: fc.constantFrom(500, 2000, 1_000_000),
  indexIntervalBytes: fc.constantFrom(0, 200),
  isReopened: fc.boolean(),
});

test("lookups by time find what a scan of all records finds", async () => {
  await fc.assert(
    fc.asyncProperty(timed, async ({ batches, trend, start, end, isReopened, ...config }) => {
      let rig = await Rig.open();
      let log = await rig.log(config);
      const records: { offset: number; timestamp: number }[] = [];
      for (const [i, { times, codec, appendTime }] of batches.entries()) {
        const at = (one: number): number => (one < 0 ? one : one + trend * i);
        const built = times.map((one) => ({ key: null, value: null, timestamp: at(one) }));
        const logAppend = appendTime === null ? {} : { logAppendTimeMs: at(appendTime) };
        append(log, buildBatch({ records: built, codec, ...logAppend }));
        for (const { timestamp } of built) {
          const taken = appendTime === null ? timestamp : at(appendTime);
          records.push({ offset: records.length, timestamp: taken });
        }
      }
      await rig.settle();
      const first = start % (records.length + 1);
      await rig.run(rig.manager.deleteRecords(log, first));
      if (isReopened) {
        rig = await rig.reopen();
        log = await rig.log(config);
      }
      const ends = headersOf(await all(rig, log)).map(
        (one) => one.baseOffset + one.lastOffsetDelta + 1,
      );
      const endOffset = ends[end % (ends.length || 1)] ?? log.logEndOffset;
      const visible = records.filter((one) => one.offset >= first && one.offset < endOffset);
      for (let timestamp = 0; timestamp < 45 + trend * batches.length; timestamp += 3) {
        const found = await rig.run(findByTimestamp(log, timestamp, endOffset));
        const expected = visible.find((one) => one.timestamp >= timestamp) ?? null;
        expect(found, `timestamp ${timestamp}`).toEqual(expected);
      }
      const newest = Math.max(...visible.map((one) => one.timestamp));
      const expected = newest < 0 ? undefined : visible.find((one) => one.timestamp === newest);
      expect(await rig.run(findNewest(log, endOffset))).toEqual(expected ?? null);
    }),
    { numRuns: RUNS },
  );
});

async function all(rig: Rig, log: PartitionLog): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (let offset = log.logStartOffset; offset < log.logEndOffset; ) {
    const range = { offset, endOffset: log.logEndOffset, bytesMax: 1e6, atLeastOne: true };
    const read = concat((await rig.run(readStored(log, range))).parts);
    const last = headersOf(read).at(-1) as BatchHeader;
    offset = last.baseOffset + last.lastOffsetDelta + 1;
    parts.push(read);
  }
  return concat(parts);
}
