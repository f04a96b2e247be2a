import { DecodeError } from "@runnel/kit/errors.ts";
import { expect, test } from "vitest";
import {
  BATCH_HEADER_SIZE,
  baseOffsetAt,
  batchSizeAt,
  checkCrc,
  codecNameOf,
  hasDeleteHorizon,
  isControl,
  isTransactional,
  lastOffsetAt,
  maxTimestampAt,
  partitionLeaderEpochAt,
  readBatchHeader,
  recordCountAt,
  setBaseOffset,
  setLogAppendTime,
  setMaxTimestamp,
  setPartitionLeaderEpoch,
  timestampType,
} from "./batch.ts";
import { GOLDEN_BATCH } from "./golden-batch.ts";

const golden = (): Uint8Array => GOLDEN_BATCH.slice();

test("readBatchHeader() reads every field of a batch written by hand", () => {
  expect(readBatchHeader(golden(), 0)).toEqual({
    baseOffset: 100,
    batchLength: 70,
    sizeInBytes: 82,
    partitionLeaderEpoch: 9,
    magic: 2,
    crc: 0xefb4_f5d7,
    attributes: 0,
    lastOffsetDelta: 1,
    baseTimestamp: 1_700_000_000_000,
    maxTimestamp: 1_700_000_000_005,
    producerId: 4242n,
    producerEpoch: 3,
    baseSequence: 7,
    recordCount: 2,
  });
  expect(batchSizeAt(golden(), 0)).toBe(82);
  expect(baseOffsetAt(golden(), 0)).toBe(100);
  expect(partitionLeaderEpochAt(golden(), 0)).toBe(9);
  expect(recordCountAt(golden(), 0)).toBe(2);
  expect(lastOffsetAt(golden(), 0)).toBe(101);
  expect(maxTimestampAt(golden(), 0)).toBe(1_700_000_000_005);
});

test("readBatchHeader() reads at an offset, with all 64 bits of the producer id", () => {
  const bytes = new Uint8Array(7 + 82);
  bytes.set(golden(), 7);
  expect(readBatchHeader(bytes, 7)).toEqual(readBatchHeader(golden(), 0));
  expect(checkCrc(bytes, 7, readBatchHeader(bytes, 7))).toBe(true);
  bytes.fill(0xff, 7);
  const { producerId, producerEpoch, baseOffset, crc } = readBatchHeader(bytes, 7);
  expect([producerId, producerEpoch, baseOffset, crc]).toEqual([-1n, -1, -1, 0xffff_ffff]);
  bytes[7 + 43] = 0x7f;
  expect(readBatchHeader(bytes, 7).producerId).toBe(2n ** 63n - 1n);
  expect(readBatchHeader(bytes.fill(0x80), 7).producerEpoch).toBe(0x8080 - 0x1_0000);
});

test("readBatchHeader() throws where the header is cut", () => {
  for (let length = 0; length < BATCH_HEADER_SIZE; length += 1) {
    expect(() => readBatchHeader(golden().subarray(0, length), 0)).toThrow(DecodeError);
  }
  expect(() => readBatchHeader(golden(), 22)).toThrow(DecodeError);
  expect(() => readBatchHeader(golden(), -1)).toThrow(DecodeError);
});

test("checkCrc() covers the bytes from 21 on, and only a batch that is all there", () => {
  const header = readBatchHeader(golden(), 0);
  for (let at = 21; at < 82; at += 1) {
    const bytes = golden();
    bytes[at] = (bytes[at] as number) ^ 0x10;
    expect(checkCrc(bytes, 0, header)).toBe(false);
  }
  expect(checkCrc(golden().subarray(0, 81), 0, header)).toBe(false);
  expect(checkCrc(golden(), 0, { ...header, sizeInBytes: 60 })).toBe(false);
  expect(checkCrc(golden(), 0, { ...header, sizeInBytes: -5 })).toBe(false);
});

test("base offset and leader epoch change in place and leave the checksum right", () => {
  const bytes = golden();
  setBaseOffset(bytes, 0, 2 ** 40 + 3);
  setPartitionLeaderEpoch(bytes, 0, 77);
  const header = readBatchHeader(bytes, 0);
  expect(header.baseOffset).toBe(2 ** 40 + 3);
  expect(header.partitionLeaderEpoch).toBe(77);
  expect(checkCrc(bytes, 0, header)).toBe(true);
});

test("setLogAppendTime() sets the bit and the time and renews the checksum", () => {
  const bytes = new Uint8Array(3 + 82 + 5);
  bytes.set(golden(), 3);
  setLogAppendTime(bytes, 3, 1_800_000_000_000);
  const header = readBatchHeader(bytes, 3);
  expect(timestampType(header.attributes)).toBe("logAppendTime");
  expect(header.maxTimestamp).toBe(1_800_000_000_000);
  expect(checkCrc(bytes, 3, header)).toBe(true);
  setMaxTimestamp(bytes, 3, -1);
  expect(maxTimestampAt(bytes, 3)).toBe(-1);
  expect(checkCrc(bytes, 3, readBatchHeader(bytes, 3))).toBe(true);
});

test("attributes name codec, timestamp type and flags", () => {
  expect([0, 1, 2, 3, 4, 5, 7].map(codecNameOf)).toEqual([
    "none",
    "gzip",
    "snappy",
    "lz4",
    "zstd",
    undefined,
    undefined,
  ]);
  expect(timestampType(0x08)).toBe("logAppendTime");
  expect(timestampType(0xfff7)).toBe("createTime");
  expect([isTransactional(0x10), isTransactional(0xffef)]).toEqual([true, false]);
  expect([isControl(0x20), isControl(0xffdf)]).toEqual([true, false]);
  expect([hasDeleteHorizon(0x40), hasDeleteHorizon(0xffbf)]).toEqual([true, false]);
});
