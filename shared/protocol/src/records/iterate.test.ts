import { DecodeError } from "@runnel/kit/errors.ts";
import { expect, test } from "vitest";
import { type BatchHeader, CODEC_NAMES, readBatchHeader, setLogAppendTime } from "./batch.ts";
import { buildBatch } from "./build.ts";
import { GOLDEN_BATCH, javaBatch } from "./golden-batch.ts";
import { iterateRecords, type LogRecord, recordBytesOf, recordsOf } from "./iterate.ts";

const text = new TextEncoder();

function read(bytes: Uint8Array, at = 0): LogRecord[] {
  return [
    ...recordsOf(bytes, { at, header: readBatchHeader(bytes, at), maxOutputLength: 1 << 20 }),
  ];
}

/** The records of `bytes` under a header with other claims. */
function readAs(bytes: Uint8Array, claims: Partial<BatchHeader>): LogRecord[] {
  const header = { ...readBatchHeader(bytes, 0), ...claims };
  return [...recordsOf(bytes, { at: 0, header, maxOutputLength: 1 << 20 })];
}

const FIRST = {
  offset: 100,
  timestamp: 1_700_000_000_000,
  key: text.encode("k1"),
  value: text.encode("v1"),
  headers: [{ key: "h", value: null }],
};
const SECOND = { offset: 101, timestamp: 1_700_000_000_005, key: null, value: null, headers: [] };

test("recordsOf() reads the batch written by hand", () => {
  expect(read(GOLDEN_BATCH)).toEqual([FIRST, SECOND]);
  const shifted = new Uint8Array(13 + GOLDEN_BATCH.length + 9).fill(0xff);
  shifted.set(GOLDEN_BATCH, 13);
  expect(read(shifted, 13)).toEqual([FIRST, SECOND]);
});

test("recordsOf() gives every record the batch's time under LogAppendTime", () => {
  const bytes = GOLDEN_BATCH.slice();
  setLogAppendTime(bytes, 0, 1_800_000_000_000);
  expect(read(bytes).map(({ timestamp }) => timestamp)).toEqual([1.8e12, 1.8e12]);
});

test.each([...CODEC_NAMES, "zstd22"] as const)("golden Java %s: recordsOf()", (name) => {
  expect(read(javaBatch(name))).toEqual([
    { ...FIRST, offset: 0 },
    { ...SECOND, offset: 1 },
    {
      offset: 2,
      timestamp: 1_700_000_000_003,
      key: new Uint8Array(0),
      value: text.encode("abcdefgh".repeat(8)),
      headers: [
        { key: "hä", value: new Uint8Array(0) },
        { key: "h", value: text.encode("x") },
      ],
    },
  ]);
});

test("a compacted batch has gaps, or no records at all", () => {
  const bytes = GOLDEN_BATCH.slice();
  bytes[BYTE_OF_SECOND_DELTA] = 18;
  expect(readAs(bytes, { lastOffsetDelta: 12 }).map(({ offset }) => offset)).toEqual([100, 109]);
  const header = { ...readBatchHeader(bytes, 0), recordCount: 0, lastOffsetDelta: 12 };
  expect([...iterateRecords(header, new Uint8Array(0))]).toEqual([]);
});

/** Of the second record of the golden batch: 61 + 14 + length, attributes, timestampDelta. */
const BYTE_OF_SECOND_DELTA = 61 + 14 + 3;

test("iterateRecords() refuses claims that the bytes do not bear out", () => {
  const bad: Partial<BatchHeader>[] = [
    { recordCount: 1 },
    { recordCount: 3 },
    { recordCount: 2 ** 31 - 1 },
    { recordCount: -1 },
    { lastOffsetDelta: 0 },
    { lastOffsetDelta: -1 },
    { sizeInBytes: 81 },
    { sizeInBytes: 83 },
    { sizeInBytes: 60 },
    { sizeInBytes: -5 },
    { magic: 1 },
    { attributes: 5 },
    { attributes: 1 },
  ];
  for (const claims of bad) expect(() => readAs(GOLDEN_BATCH, claims)).toThrow(DecodeError);
});

test("iterateRecords() refuses offsets that do not grow", () => {
  for (const delta of [0, 1, 4]) {
    const bytes = GOLDEN_BATCH.slice();
    bytes[BYTE_OF_SECOND_DELTA] = delta;
    expect(() => read(bytes)).toThrow(/offset delta/);
  }
});

test("a header key that is no UTF-8 reads with replacement characters", () => {
  const bytes = GOLDEN_BATCH.slice();
  bytes[61 + 12] = 0xff;
  expect(read(bytes)[0]?.headers).toEqual([{ key: "\ufffd", value: null }]);
});

test("recordBytesOf() bounds what a batch decompresses to", () => {
  const records = [{ key: null, value: new Uint8Array(100_000) }];
  const bytes = buildBatch({ records, codec: "zstd" });
  const header = readBatchHeader(bytes, 0);
  const tooLarge = { at: 0, header, maxOutputLength: 100_000 };
  expect(() => recordBytesOf(bytes, tooLarge)).toThrow(/more than the 100000 bytes/);
  const { length } = recordBytesOf(bytes, { at: 0, header, maxOutputLength: 100_100 });
  expect(length).toBeGreaterThan(100_000);
});

test("buildBatch() gives the bytes of the golden batches", () => {
  const producer = { producerId: 4242n, producerEpoch: 3, baseSequence: 7 };
  const byHand = buildBatch({
    records: read(GOLDEN_BATCH),
    baseOffset: 100,
    partitionLeaderEpoch: 9,
    ...producer,
  });
  expect(Buffer.compare(byHand, GOLDEN_BATCH)).toBe(0);
  const java = javaBatch("none");
  expect(Buffer.compare(buildBatch({ records: read(java), ...producer }), java)).toBe(0);
});

test("buildBatch() sets bits and times", () => {
  const batch = buildBatch({
    records: [
      { key: null, value: null, timestamp: 50 },
      { key: null, value: null },
    ],
    logAppendTimeMs: 77,
    isTransactional: true,
    isControl: true,
    codec: "lz4",
    producerId: 2n ** 62n + 3n,
    producerEpoch: 32_767,
    baseSequence: 2 ** 31 - 1,
  });
  expect(readBatchHeader(batch, 0)).toMatchObject({
    attributes: 0x3b,
    baseTimestamp: 50,
    maxTimestamp: 77,
    partitionLeaderEpoch: -1,
    producerId: 2n ** 62n + 3n,
    producerEpoch: 32_767,
    baseSequence: 2 ** 31 - 1,
  });
  expect(() => buildBatch({ records: [] })).toThrow(/needs a record/);
});
