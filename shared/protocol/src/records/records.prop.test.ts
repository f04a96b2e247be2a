import { ByteReader } from "@runnel/kit/byte-reader.ts";
import { DecodeError } from "@runnel/kit/errors.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  BATCH_HEADER_SIZE,
  CODEC_NAMES,
  checkCrc,
  isCompressed,
  NO_TIMESTAMP,
  readBatchHeader,
  updateCrc,
} from "./batch.ts";
import { buildBatch, type NewBatch, type NewRecord } from "./build.ts";
import { iterateRecords, recordsOf } from "./iterate.ts";
import { createRecordLayout, readRecordLayout } from "./record-layout.ts";
import { type ProduceRules, validateProducedBatch } from "./validate.ts";
import { varintSize, varlongSize, writeVarint, writeVarlong } from "./varint.ts";
import { walkRecords } from "./walk.ts";

const NOW = 1_700_000_000_000;
const maxOutputLength = 1 << 20;

const RULES: ProduceRules = {
  maxMessageBytes: 1024 * 1024,
  timestampType: "createTime",
  timestampBeforeMaxMs: Infinity,
  timestampAfterMaxMs: Infinity,
  nowMs: NOW,
  requiresKeys: false,
  allowsZstd: true,
};

const blob = fc.option(
  fc.oneof(
    { arbitrary: fc.uint8Array({ maxLength: 12 }), weight: 8 },
    { arbitrary: fc.integer({ min: 50, max: 9000 }).map((n) => new Uint8Array(n)), weight: 1 },
  ),
);
const header = fc.record({ key: fc.string({ unit: "grapheme", maxLength: 70 }), value: blob });
const timestamp = fc.oneof(
  { arbitrary: fc.integer({ min: NOW, max: NOW + 1_000_000 }), weight: 5 },
  { arbitrary: fc.integer({ min: 0, max: 2 ** 51 }), weight: 1 },
  { arbitrary: fc.constant(NO_TIMESTAMP), weight: 1 },
);
const newRecord: fc.Arbitrary<NewRecord> = fc.record({
  key: blob,
  value: blob,
  timestamp,
  headers: fc.array(header, { maxLength: 3 }),
});
const newBatch: fc.Arbitrary<NewBatch> = fc.record({
  records: fc.array(newRecord, { minLength: 1, maxLength: 90 }),
  codec: fc.constantFrom(...CODEC_NAMES),
});

test("the records of buildBatch(x) are x, and a good batch, for every codec", () => {
  fc.assert(
    fc.property(newBatch, (batch) => {
      const bytes = buildBatch(batch);
      const batchHeader = readBatchHeader(bytes, 0);
      const records = [...recordsOf(bytes, { at: 0, header: batchHeader, maxOutputLength })];
      expect(records).toEqual(batch.records.map((record, offset) => ({ ...record, offset })));
      const maxTimestamp = Math.max(...batch.records.map((record) => record.timestamp ?? -1));
      expect(validateProducedBatch(bytes, RULES)).toMatchObject({ ok: true, maxTimestamp });
      expect(batchHeader.maxTimestamp).toBe(maxTimestamp);
    }),
    { numRuns: 150 },
  );
});

test("a change of any byte is found by the checksum, or lies outside it", () => {
  fc.assert(
    fc.property(newBatch, fc.nat(), fc.integer({ min: 1, max: 255 }), (batch, place, flip) => {
      const bytes = buildBatch(batch);
      const at = place % bytes.length;
      bytes[at] = (bytes[at] as number) ^ flip;
      const verdict = validateProducedBatch(bytes, RULES);
      // Bytes 12-15 are the leader epoch, which is the broker's to set.
      expect(verdict.ok).toBe(at >= 12 && at < 16);
    }),
    { numRuns: 300 },
  );
});

/** Judges records the slow way only: the reference for the quick loop. */
function isWellFramed(bytes: Uint8Array, recordCount: number): boolean {
  const reader = new ByteReader(bytes, BATCH_HEADER_SIZE);
  const layout = createRecordLayout();
  try {
    for (let index = 0; index < recordCount; index += 1) {
      readRecordLayout(reader, layout);
      if (layout.offsetDelta !== index || layout.attributes !== 0) return false;
    }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return false;
  }
  return reader.remaining === 0;
}

const edits = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
  minLength: 1,
  maxLength: 3,
});

test("with a checksum that fits, edited records are judged as byte by byte", () => {
  const smallBatch = fc.array(newRecord, { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(smallBatch, edits, (records, changes) => {
      const bytes = buildBatch({ records });
      for (const [place, value] of changes) {
        bytes[BATCH_HEADER_SIZE + (place % (bytes.length - BATCH_HEADER_SIZE))] = value;
      }
      updateCrc(bytes, 0);
      const rules: ProduceRules = { ...RULES, timestampType: "logAppendTime" };
      const verdict = validateProducedBatch(bytes, rules);
      expect(verdict.ok).toBe(isWellFramed(bytes, records.length));
    }),
    { numRuns: 1000 },
  );
});

test("what the walk accepts, iteration reads to the end", () => {
  fc.assert(
    fc.property(newBatch, edits, (batch, changes) => {
      const bytes = buildBatch({ ...batch, codec: "none" });
      for (const [place, value] of changes) bytes[place % bytes.length] = value;
      updateCrcIfPossible(bytes);
      const verdict = validateProducedBatch(bytes, RULES);
      // An edit may name a codec; then the records are not walked.
      if (!verdict.ok || isCompressed(verdict.header.attributes)) return;
      const records = [...recordsOf(bytes, { at: 0, header: verdict.header, maxOutputLength })];
      expect(records).toHaveLength(verdict.header.recordCount);
      expect(Math.max(...records.map((record) => record.timestamp))).toBe(verdict.maxTimestamp);
    }),
    { numRuns: 500 },
  );
});

function updateCrcIfPossible(bytes: Uint8Array): void {
  const { sizeInBytes } = readBatchHeader(bytes, 0);
  if (sizeInBytes >= BATCH_HEADER_SIZE && sizeInBytes <= bytes.length) updateCrc(bytes, 0);
}

test("random records end with a verdict and never read past the end", () => {
  const count = fc.integer({ min: 0, max: 50 });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(20), count, (bytes, cut, recordCount) => {
      const end = Math.max(0, bytes.length - cut);
      const batch = { recordCount, baseTimestamp: NOW };
      const rules = { requiresKeys: false, timestamps: null };
      const options = { start: 0, end, batch, rules };
      const walk = walkRecords(bytes, options);
      // Bytes behind the end must not matter.
      const other = bytes.slice().fill(0x7e, end);
      expect(walkRecords(other, options)).toEqual(walk);
      const claims = { ...readBatchHeader(new Uint8Array(61), 0), ...batch, lastOffsetDelta: 50 };
      const iterated = countOf(() => iterateRecords(claims, bytes.subarray(0, end)));
      expect([recordCount, -1]).toContain(iterated);
      expect(walk.fault === null && iterated === -1).toBe(false);
    }),
    { numRuns: 1000 },
  );
});

/** How many come out; −1 for a `DecodeError`. */
function countOf(iterate: () => Iterable<unknown>): number {
  try {
    return [...iterate()].length;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return -1;
  }
}

test("random bytes behind a good header are refused or harmless, in every codec", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(7), (junk, codec) => {
      const bytes = new Uint8Array(BATCH_HEADER_SIZE + junk.length);
      bytes.set(buildBatch({ records: [{ key: null, value: null }] }).subarray(0, 61));
      bytes.set(junk, BATCH_HEADER_SIZE);
      bytes.set([0, 0, (bytes.length - 12) >> 8, bytes.length - 12], 8);
      bytes[22] = codec;
      updateCrc(bytes, 0);
      const batchHeader = readBatchHeader(bytes, 0);
      expect(checkCrc(bytes, 0, batchHeader)).toBe(true);
      countOf(() => recordsOf(bytes, { at: 0, header: batchHeader, maxOutputLength }));
    }),
    { numRuns: 500 },
  );
});

test("varints and varlongs read back as they were written", () => {
  const bytes = new Uint8Array(10);
  fc.assert(
    fc.property(fc.integer(), (value) => {
      expect(writeVarint(bytes, 0, value)).toBe(varintSize(value));
      expect(new ByteReader(bytes).varint()).toBe(value);
    }),
  );
  const long = fc.oneof(fc.integer(), fc.integer({ min: -(2 ** 52), max: 2 ** 52 - 1 }));
  fc.assert(
    fc.property(long, (value) => {
      expect(writeVarlong(bytes, 0, value)).toBe(varlongSize(value));
      expect(new ByteReader(bytes).varlong()).toBe(value);
    }),
  );
});
