import { expect, test } from "vitest";
import { compress } from "../compression/codecs.ts";
import { ErrorCode } from "../errors.ts";
import { BATCH_HEADER_SIZE, type CodecName, updateCrc } from "./batch.ts";
import { buildBatch, type NewBatch, type NewRecord } from "./build.ts";
import { GOLDEN_BATCH, javaBatch } from "./golden-batch.ts";
import { recordBytesOf } from "./iterate.ts";
import {
  type BatchVerdict,
  type ProduceRules,
  validateProducedBatch,
  validateRecords,
} from "./validate.ts";
import { RECORD_ERRORS_MAX } from "./walk.ts";

const NOW = 1_700_000_000_000;
const HOUR = 3_600_000;
const text = new TextEncoder();

const RULES: ProduceRules = {
  maxMessageBytes: 1024 * 1024,
  timestampType: "createTime",
  timestampBeforeMaxMs: Infinity,
  timestampAfterMaxMs: HOUR,
  nowMs: NOW,
  requiresKeys: false,
  allowsZstd: true,
};

const record = (timestamp = NOW, key: string | null = "key") => ({
  key: key === null ? null : text.encode(key),
  value: text.encode("value"),
  timestamp,
});

function sent(batch: Partial<NewBatch> = {}): Uint8Array {
  return buildBatch({ records: [record(), record(NOW + 1), record(NOW + 2)], ...batch });
}

/** The batch with `patch` laid over it from `at` on, and its checksum right again. */
function patched(bytes: Uint8Array, at: number, ...patch: number[]): Uint8Array {
  const copy = bytes.slice();
  copy.set(patch, at);
  updateCrc(copy, 0);
  return copy;
}

/** A batch of these record bytes. */
function framed(recordBytes: readonly number[], recordCount = 1): Uint8Array {
  const bytes = new Uint8Array(BATCH_HEADER_SIZE + recordBytes.length);
  bytes.set(sent().subarray(0, BATCH_HEADER_SIZE));
  bytes.set(recordBytes, BATCH_HEADER_SIZE);
  bytes.set([0, 0, 0, bytes.length - 12], 8);
  bytes.set([0, 0, 0, recordCount - 1], 23);
  bytes.set([0, 0, 0, recordCount], 57);
  updateCrc(bytes, 0);
  return bytes;
}

const bad = (errorCode: ErrorCode, pattern = /./): unknown =>
  expect.objectContaining({ ok: false, errorCode, message: expect.stringMatching(pattern) });

const check = (bytes: Uint8Array, rules: Partial<ProduceRules> = {}): BatchVerdict =>
  validateProducedBatch(bytes, { ...RULES, ...rules });

test("a batch from a producer is good, and its header comes back", () => {
  const verdict = check(sent({ producerId: 5n, producerEpoch: 0, baseSequence: 0 }));
  expect(verdict).toMatchObject({ ok: true, maxTimestamp: NOW + 2, needsDecoding: false });
  expect(verdict.ok && verdict.header).toMatchObject({ recordCount: 3, producerId: 5n });
});

test("golden Java batches of every codec are good", () => {
  for (const name of ["none", "gzip", "snappy", "lz4", "zstd", "zstd22"] as const) {
    expect(check(javaBatch(name))).toMatchObject({ ok: true, maxTimestamp: NOW + 5 });
  }
});

test("the leader epoch that a producer sends is not looked at", () => {
  expect(check(sent({ partitionLeaderEpoch: 77 }))).toMatchObject({ ok: true });
});

test("P8: a wrong checksum is CORRUPT_MESSAGE, wherever the change is", () => {
  const good = sent();
  for (let at = 17; at < good.length; at += 1) {
    const bytes = good.slice();
    bytes[at] = (bytes[at] as number) ^ 1;
    expect(check(bytes)).toEqual(bad(ErrorCode.CORRUPT_MESSAGE, /checksum/));
  }
});

test("P8: magic other than 2 is INVALID_RECORD", () => {
  for (const magic of [0, 1, 3, 9, 0xff]) {
    expect(check(patched(sent(), 16, magic))).toEqual(bad(ErrorCode.INVALID_RECORD, /format/));
  }
});

test("P8: nothing, too little and cut batches", () => {
  expect(check(new Uint8Array(0))).toEqual(bad(ErrorCode.INVALID_RECORD));
  const good = sent();
  for (let length = 1; length < good.length; length += 1) {
    expect(check(good.subarray(0, length))).toEqual(bad(ErrorCode.CORRUPT_MESSAGE));
  }
});

test("P8: lengths that lie", () => {
  const good = sent();
  const lengths = [0x80000000, 0xffffffff, 0, 48, good.length - 11, 0x7fffffff];
  for (const length of lengths) {
    const bytes = good.slice();
    bytes.set([length >>> 24, length >>> 16, length >>> 8, length], 8);
    expect(check(bytes)).toEqual(bad(ErrorCode.CORRUPT_MESSAGE));
  }
});

test("P8: several batches, or bytes behind the one", () => {
  const good = sent();
  expect(check(Uint8Array.of(...good, ...good))).toEqual(
    bad(ErrorCode.INVALID_RECORD, /after the one/),
  );
  expect(check(Uint8Array.of(...good, 0))).toEqual(bad(ErrorCode.INVALID_RECORD, /1 bytes after/));
});

test("max.message.bytes counts the whole batch", () => {
  const bytes = sent();
  expect(check(bytes, { maxMessageBytes: bytes.length })).toMatchObject({ ok: true });
  const verdict = check(bytes, { maxMessageBytes: bytes.length - 1 });
  expect(verdict).toEqual(bad(ErrorCode.MESSAGE_TOO_LARGE, /the topic takes/));
});

test("codecs: 5 to 7 do not exist, zstd needs Produce v7", () => {
  for (const codec of [5, 6, 7]) {
    expect(check(patched(sent(), 22, codec))).toEqual(bad(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE));
  }
  const zstd = sent({ codec: "zstd" });
  expect(check(zstd, { allowsZstd: false })).toEqual(bad(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE));
  expect(check(zstd)).toMatchObject({ ok: true });
});

test("P9: bits that are not a producer's to set", () => {
  const producer = { producerId: 5n, producerEpoch: 0, baseSequence: 0 };
  expect(check(sent({ isControl: true, isTransactional: true, ...producer }))).toEqual(
    bad(ErrorCode.INVALID_RECORD, /control/),
  );
  expect(check(patched(sent(), 22, 0x40))).toEqual(bad(ErrorCode.INVALID_RECORD, /horizon/));
  expect(check(patched(sent(), 22, 0x80))).toEqual(bad(ErrorCode.INVALID_RECORD, /0x80/));
  expect(check(patched(sent(), 21, 0x80))).toEqual(bad(ErrorCode.INVALID_RECORD, /0x8000/));
  expect(check(sent({ logAppendTimeMs: NOW }))).toEqual(bad(ErrorCode.INVALID_TIMESTAMP));
});

test("P9: a transactional batch needs a producer", () => {
  expect(check(sent({ isTransactional: true }))).toEqual(
    bad(ErrorCode.INVALID_RECORD, /transactional/),
  );
  const producer = { producerId: 5n, producerEpoch: 0, baseSequence: 0 };
  expect(check(sent({ isTransactional: true, ...producer }))).toMatchObject({ ok: true });
});

test("producer id, epoch and sequence belong together", () => {
  const halves = [
    { producerId: 5n },
    { producerId: 5n, producerEpoch: 0 },
    { producerId: 5n, baseSequence: 0 },
    { producerId: -2n, producerEpoch: 0, baseSequence: 0 },
    { producerId: -(2n ** 63n), producerEpoch: 0, baseSequence: 0 },
    { producerId: 0n, producerEpoch: -1, baseSequence: 0 },
    { producerId: 0n, producerEpoch: 0, baseSequence: -5 },
  ];
  for (const producer of halves)
    expect(check(sent(producer))).toEqual(bad(ErrorCode.INVALID_RECORD, /producer/));
  // kafkajs sends 0 for both when it is not idempotent.
  expect(check(sent({ producerEpoch: 0, baseSequence: 0 }))).toMatchObject({ ok: true });
  const largest = { producerId: 2n ** 63n - 1n, producerEpoch: 32_767, baseSequence: 2 ** 31 - 1 };
  expect(check(sent(largest))).toMatchObject({ ok: true });
});

test("P8: base offset other than 0, counts that do not fit together", () => {
  expect(check(sent({ baseOffset: 1 }))).toEqual(bad(ErrorCode.INVALID_RECORD, /base offset/));
  expect(check(sent({ baseOffset: -1 }))).toEqual(bad(ErrorCode.INVALID_RECORD, /base offset/));
  const counts = [
    [0, 0, 0, 0],
    [0xff, 0xff, 0xff, 0xff],
    [0x80, 0, 0, 0],
    [0, 0, 0, 4],
    [0, 0, 0, 1],
  ];
  for (const count of counts)
    expect(check(patched(sent(), 57, ...count))).toEqual(bad(ErrorCode.INVALID_RECORD));
  for (const delta of counts)
    expect(check(patched(sent(), 23, ...delta))).toEqual(bad(ErrorCode.INVALID_RECORD));
});

test("P8: more records than can be in the bytes", () => {
  const many = [0x7f, 0xff, 0xff, 0xff];
  for (const codec of ["none", "gzip", "zstd"] as const) {
    const bytes = patched(patched(sent({ codec }), 23, 0x7f, 0xff, 0xff, 0xfe), 57, ...many);
    expect(check(bytes)).toEqual(bad(ErrorCode.INVALID_RECORD, /cannot fit/));
  }
  // One more and one less than there are, in header fields that agree with each other.
  expect(check(patched(patched(sent(), 23, 0, 0, 0, 3), 57, 0, 0, 0, 4))).toEqual(
    bad(ErrorCode.INVALID_RECORD, /record 3/),
  );
  expect(check(patched(patched(sent(), 23, 0, 0, 0, 1), 57, 0, 0, 0, 2))).toEqual(
    bad(ErrorCode.INVALID_RECORD, /after the last/),
  );
});

test("P8: timestamps out of the topic's range", () => {
  const at = (timestamp: number, rules: Partial<ProduceRules> = {}): BatchVerdict =>
    check(buildBatch({ records: [record(), record(timestamp), record()] }), rules);
  expect(at(-1)).toMatchObject({ ok: true, maxTimestamp: NOW });
  expect(at(0)).toMatchObject({ ok: true });
  expect(at(NOW + HOUR)).toMatchObject({ ok: true, maxTimestamp: NOW + HOUR });
  for (const timestamp of [-2, NOW + HOUR + 1, 2 ** 50]) {
    const verdict = at(timestamp);
    expect(verdict).toEqual(bad(ErrorCode.INVALID_TIMESTAMP, /record 1: timestamp/));
    expect(verdict).toMatchObject({ recordErrors: [{ batchIndex: 1 }] });
  }
  expect(at(NOW - HOUR, { timestampBeforeMaxMs: HOUR })).toMatchObject({ ok: true });
  expect(at(NOW - HOUR - 1, { timestampBeforeMaxMs: HOUR })).toEqual(
    bad(ErrorCode.INVALID_TIMESTAMP),
  );
  expect(at(2 ** 50, { timestampType: "logAppendTime" })).toMatchObject({ ok: true });
});

test("P8: a timestamp of 2^63−1 is refused even where any time may come", () => {
  const anyTime = { timestampAfterMaxMs: Infinity };
  const largest = [0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
  for (const codec of ["none", "lz4"] as const) {
    const bytes = patched(patched(sent({ codec }), 27, ...largest), 35, ...largest);
    expect(check(bytes, anyTime)).toEqual(bad(ErrorCode.INVALID_TIMESTAMP));
  }
  expect(check(sent(), anyTime)).toMatchObject({ ok: true });
});

test("records without timestamps are good, also under a narrow range", () => {
  const records = [
    { key: null, value: null },
    { key: null, value: null },
  ];
  expect(
    check(buildBatch({ records }), { timestampBeforeMaxMs: 1, timestampAfterMaxMs: 1 }),
  ).toMatchObject({
    ok: true,
    maxTimestamp: -1,
  });
});

test("maxTimestamp is reckoned, whatever the producer says", () => {
  const records = [record(NOW + 5), record(NOW - 50_000_000_000), record(NOW + 7), record(NOW + 6)];
  const bytes = patched(buildBatch({ records }), 35, 0, 0, 0, 0, 0, 0, 0, 1);
  const verdict = check(bytes);
  expect(verdict).toMatchObject({ ok: true, maxTimestamp: NOW + 7 });
  expect(verdict.ok && verdict.header.maxTimestamp).toBe(1);
});

test("maxTimestamp is right where every record is older than the batch's base", () => {
  const bytes = buildBatch({ records: [record(NOW - 2 ** 32)] });
  const shifted = [
    0,
    0,
    ...[40, 32, 24, 16, 8, 0].map((bits) => Math.floor(NOW / 2 ** bits) & 0xff),
  ];
  // The delta of the one record is −2^32 from the new base.
  const delta = [0xff, 0xff, 0xff, 0xff, 0x1f];
  const start = BATCH_HEADER_SIZE;
  const tail = bytes.subarray(start + 3);
  const framedBytes = framed([(bytes[start] as number) + 8, 0, ...delta, ...tail]);
  expect(check(patched(framedBytes, 27, ...shifted))).toMatchObject({
    ok: true,
    maxTimestamp: NOW - 2 ** 32,
  });
});

test("compacted topics need keys: every record without one is listed", () => {
  const records = [record(), record(NOW, null), record(), record(NOW, null)];
  const verdict = check(buildBatch({ records }), { requiresKeys: true });
  expect(verdict).toEqual(bad(ErrorCode.INVALID_RECORD, /record 1: .* key/));
  expect(!verdict.ok && verdict.recordErrors.map(({ batchIndex }) => batchIndex)).toEqual([1, 3]);
  expect(check(buildBatch({ records: [record()] }), { requiresKeys: true })).toMatchObject({
    ok: true,
  });
});

test("the list of bad records has an end", () => {
  const records = Array.from({ length: 5000 }, () => record(NOW + 2 * HOUR));
  const verdict = check(buildBatch({ records }));
  expect(verdict).toEqual(bad(ErrorCode.INVALID_TIMESTAMP));
  expect(!verdict.ok && verdict.recordErrors).toHaveLength(RECORD_ERRORS_MAX);
});

test("a batch of large records, long timestamps and many headers is good", () => {
  const headers = Array.from({ length: 200 }, (_, i) => ({
    key: `header-${i}`,
    value: i % 3 === 0 ? null : new Uint8Array(i),
  }));
  const records = Array.from({ length: 12_000 }, (_, i) => ({
    key: i % 2 === 0 ? null : text.encode(`${i}`),
    value: new Uint8Array(i % 1000 === 0 ? 30_000 : i % 50),
    timestamp: NOW - i * 30_000_000,
    headers: i % 100 === 0 ? headers : [],
  }));
  const bytes = buildBatch({ records });
  const verdict = check(bytes, { maxMessageBytes: bytes.length });
  expect(verdict).toMatchObject({ ok: true, maxTimestamp: NOW });
});

test("a batch of over 2^20 records is good", () => {
  const records = Array.from(
    { length: 2 ** 20 + 20 },
    (): NewRecord => ({ key: null, value: null }),
  );
  const bytes = buildBatch({ records });
  expect(check(bytes, { maxMessageBytes: bytes.length })).toMatchObject({ ok: true });
});

// Record bytes: length, attributes, timestampDelta, offsetDelta, key, value, headers.
test.each([
  ["length of less than a record", [0x0a, 0, 0, 0, 1, 1]],
  ["negative length", [0x01, 0, 0, 0, 1, 1, 0]],
  ["length beyond the batch", [0x0e, 0, 0, 0, 1, 1, 0]],
  ["length short of its parts", [0x0c, 0, 0, 0, 2, 0x61, 1, 0]],
  ["length beyond its parts", [0x0e, 0, 0, 0, 1, 1, 0, 0]],
  ["varint of six bytes", [0x8c, 0x80, 0x80, 0x80, 0x80, 0x00, 0, 0, 0, 1, 1, 0]],
  ["attributes", [0x0c, 1, 0, 0, 1, 1, 0]],
  ["offset delta that is not its index", [0x0c, 0, 0, 2, 1, 1, 0]],
  ["negative offset delta", [0x0c, 0, 0, 1, 1, 1, 0]],
  ["key length of −2", [0x0c, 0, 0, 0, 3, 1, 0]],
  ["key beyond the record", [0x0c, 0, 0, 0, 0x7e, 1, 0]],
  ["value length of −2", [0x0c, 0, 0, 0, 1, 3, 0]],
  ["value beyond the record", [0x0c, 0, 0, 0, 1, 2, 0]],
  ["value of 2^31−1 bytes", [0x14, 0, 0, 0, 1, 0xfe, 0xff, 0xff, 0xff, 0x0f, 0]],
  ["header count of −1", [0x0c, 0, 0, 0, 1, 1, 1]],
  ["header count of 2^31−1", [0x14, 0, 0, 0, 1, 1, 0xfe, 0xff, 0xff, 0xff, 0x0f]],
  ["header with a null key", [0x10, 0, 0, 0, 1, 1, 2, 1, 1]],
  ["header key beyond the record", [0x10, 0, 0, 0, 1, 1, 2, 8, 1]],
  ["header value beyond the record", [0x12, 0, 0, 0, 1, 1, 2, 2, 0x61, 4]],
  ["header value of −2", [0x10, 0, 0, 0, 1, 1, 2, 0, 3]],
  ["headers that are not there", [0x0c, 0, 0, 0, 1, 1, 2]],
  ["missing header count", [0x0a, 0, 0, 0, 1, 1, 0]],
])("P8: a record with a %s is INVALID_RECORD", (_, bytes) => {
  expect(check(framed(bytes))).toEqual(
    bad(ErrorCode.INVALID_RECORD, /record 0 is malformed|cannot fit/),
  );
  // The same with room behind it, where the quick loop looks.
  const padded = framed([...bytes, ...new Uint8Array(20)]);
  expect(check(padded)).toEqual(bad(ErrorCode.INVALID_RECORD));
});

test("varints that are longer than need be are taken, as Kafka does", () => {
  const bytes = [0x92, 0x00, 0, 0x80, 0x00, 0x80, 0x00, 1, 1, 0x80, 0x00];
  expect(check(framed(bytes))).toMatchObject({ ok: true });
});

test.each(["gzip", "snappy", "lz4", "zstd"] as const)(
  "%s: records are judged once decoded",
  (codec: CodecName) => {
    const good = sent({ codec });
    expect(check(good)).toMatchObject({ ok: true, needsDecoding: false });
    expect(check(good, { requiresKeys: true })).toMatchObject({ ok: true, needsDecoding: true });
    expect(check(good, { timestampBeforeMaxMs: HOUR })).toMatchObject({
      ok: true,
      needsDecoding: true,
    });
    const logAppendTime = { timestampBeforeMaxMs: HOUR, timestampType: "logAppendTime" } as const;
    expect(check(good, logAppendTime)).toMatchObject({ ok: true, needsDecoding: false });

    const keyless = sent({ codec, records: [record(), record(NOW, null)] });
    const rules = { ...RULES, requiresKeys: true };
    const verdict = validateProducedBatch(keyless, rules);
    expect(verdict).toMatchObject({ ok: true, needsDecoding: true });
    if (!verdict.ok) return;
    const { header } = verdict;
    const plain = recordBytesOf(keyless, { at: 0, header, maxOutputLength: 1000 });
    expect(validateRecords(plain, { start: 0, header, rules })).toEqual(
      bad(ErrorCode.INVALID_RECORD, /key/),
    );
    expect(validateRecords(plain, { start: 0, header, rules: RULES })).toMatchObject({ ok: true });
  },
);

test("a compressed batch whose latest record is from the future is refused at once", () => {
  const bytes = sent({ codec: "gzip", records: [record(NOW + 2 * HOUR)] });
  expect(check(bytes)).toEqual(bad(ErrorCode.INVALID_TIMESTAMP, /max timestamp/));
});

test("compressed garbage passes here; its checksum is right and nobody has looked inside", () => {
  const garbage = compress("none", text.encode("this is no gzip"));
  const bytes = patched(framed([...garbage]), 22, 1);
  expect(check(bytes)).toMatchObject({ ok: true });
});

test("the golden batch is good but for its base offset", () => {
  expect(check(GOLDEN_BATCH)).toEqual(bad(ErrorCode.INVALID_RECORD, /base offset 100/));
});
