/**
 * The 61-byte header of a record batch v2 (magic 2), read and patched in place.
 *
 *   0 baseOffset int64          23 lastOffsetDelta int32     51 producerEpoch int16
 *   8 batchLength int32         27 baseTimestamp int64       53 baseSequence int32
 *  12 partitionLeaderEpoch      35 maxTimestamp int64        57 recordCount int32
 *  16 magic int8                43 producerId int64          61 records
 *  17 crc uint32, CRC-32C of all bytes from 21 to the end
 *  21 attributes int16
 *
 * What stands before byte 21 can be patched without touching the checksum. Nothing here judges the
 * values: `validate.ts` does. Source: KIP-98, KIP-32 (timestamp type), KIP-534 (delete horizon).
 */
import { int32At, int64At } from "@runnel/kit/byte-reader.ts";
import { setInt32, setInt64 } from "@runnel/kit/byte-writer.ts";
import { crc32c } from "@runnel/kit/crc32c.ts";
import { DecodeError } from "@runnel/kit/errors.ts";

/** Bytes before the first record. */
export const BATCH_HEADER_SIZE = 61;
/** Bytes of baseOffset and batchLength: what `batchLength` does not count. */
export const BATCH_PREFIX_SIZE = 12;
export const MAGIC = 2;

export const BASE_OFFSET_AT = 0;
export const BATCH_LENGTH_AT = 8;
export const PARTITION_LEADER_EPOCH_AT = 12;
export const MAGIC_AT = 16;
export const CRC_AT = 17;
export const ATTRIBUTES_AT = 21;
export const LAST_OFFSET_DELTA_AT = 23;
export const BASE_TIMESTAMP_AT = 27;
export const MAX_TIMESTAMP_AT = 35;
export const PRODUCER_ID_AT = 43;
export const PRODUCER_EPOCH_AT = 51;
export const BASE_SEQUENCE_AT = 53;
export const RECORD_COUNT_AT = 57;

export const CODEC_BITS = 0x07;
export const LOG_APPEND_TIME_BIT = 0x08;
export const TRANSACTIONAL_BIT = 0x10;
export const CONTROL_BIT = 0x20;
export const DELETE_HORIZON_BIT = 0x40;
/** Bits 7-15 have no meaning yet. */
export const UNUSED_BITS = 0xff80;

/** "No producer id": the batch is not idempotent. */
export const NO_PRODUCER_ID = -1n;
export const NO_PRODUCER_EPOCH = -1;
export const NO_SEQUENCE = -1;
/** "No timestamp", for a record, a batch or a request. */
export const NO_TIMESTAMP = -1;

export type CodecName = "none" | "gzip" | "snappy" | "lz4" | "zstd";
export type TimestampType = "createTime" | "logAppendTime";

/** Codec names by their number on the wire, 0 … 4. */
export const CODEC_NAMES = ["none", "gzip", "snappy", "lz4", "zstd"] as const;

/** A header as it stands. int64 fields but `producerId` saturate at ±2^53. */
export interface BatchHeader {
  readonly baseOffset: number;
  /** Bytes after this field. */
  readonly batchLength: number;
  /** Bytes of the whole batch: 12 + `batchLength`. */
  readonly sizeInBytes: number;
  readonly partitionLeaderEpoch: number;
  readonly magic: number;
  /** 0 … 2^32−1. */
  readonly crc: number;
  /** 0 … 2^16−1; see the `…Bit` constants and the helpers below. */
  readonly attributes: number;
  readonly lastOffsetDelta: number;
  /** Ms since 1970, or the delete horizon where that bit is set. */
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  /** −1n: none. */
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly recordCount: number;
}

/**
 * The header at `at`, unjudged. Throws `DecodeError` where fewer than 61 bytes are left; whether
 * the records are there, too, is for the caller to check against `sizeInBytes`.
 */
export function readBatchHeader(bytes: Uint8Array, at: number): BatchHeader {
  if (at < 0 || bytes.length - at < BATCH_HEADER_SIZE) {
    throw new DecodeError(`batch header at ${at}: only ${bytes.length - at} bytes left`);
  }
  const batchLength = int32At(bytes, at + BATCH_LENGTH_AT);
  return {
    baseOffset: int64At(bytes, at),
    batchLength,
    sizeInBytes: BATCH_PREFIX_SIZE + batchLength,
    partitionLeaderEpoch: int32At(bytes, at + PARTITION_LEADER_EPOCH_AT),
    magic: magicAt(bytes, at),
    crc: int32At(bytes, at + CRC_AT) >>> 0,
    attributes: attributesAt(bytes, at),
    lastOffsetDelta: int32At(bytes, at + LAST_OFFSET_DELTA_AT),
    baseTimestamp: int64At(bytes, at + BASE_TIMESTAMP_AT),
    maxTimestamp: int64At(bytes, at + MAX_TIMESTAMP_AT),
    producerId: producerIdAt(bytes, at),
    producerEpoch: producerEpochAt(bytes, at),
    baseSequence: int32At(bytes, at + BASE_SEQUENCE_AT),
    recordCount: int32At(bytes, at + RECORD_COUNT_AT),
  };
}

// Single fields of the batch at `at`. The caller has checked that 61 bytes are there (12 for
// `baseOffsetAt` and `batchSizeAt`).

/** Bytes of the whole batch, as it claims: may be anything from 12−2^31 on. */
export function batchSizeAt(bytes: Uint8Array, at: number): number {
  return BATCH_PREFIX_SIZE + int32At(bytes, at + BATCH_LENGTH_AT);
}

export function baseOffsetAt(bytes: Uint8Array, at: number): number {
  return int64At(bytes, at + BASE_OFFSET_AT);
}

/** The offset of the last record, or of the last one that compaction removed. */
export function lastOffsetAt(bytes: Uint8Array, at: number): number {
  return int64At(bytes, at + BASE_OFFSET_AT) + int32At(bytes, at + LAST_OFFSET_DELTA_AT);
}

export function partitionLeaderEpochAt(bytes: Uint8Array, at: number): number {
  return int32At(bytes, at + PARTITION_LEADER_EPOCH_AT);
}

export function magicAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at + MAGIC_AT] as number) << 24) >> 24;
}

/** 0 … 2^16−1. */
export function attributesAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at + ATTRIBUTES_AT] as number) << 8) | (bytes[at + ATTRIBUTES_AT + 1] as number);
}

export function maxTimestampAt(bytes: Uint8Array, at: number): number {
  return int64At(bytes, at + MAX_TIMESTAMP_AT);
}

export function recordCountAt(bytes: Uint8Array, at: number): number {
  return int32At(bytes, at + RECORD_COUNT_AT);
}

export function producerIdAt(bytes: Uint8Array, at: number): bigint {
  const high = int32At(bytes, at + PRODUCER_ID_AT);
  const low = int32At(bytes, at + PRODUCER_ID_AT + 4);
  if (high === -1 && low === -1) return NO_PRODUCER_ID;
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}

export function producerEpochAt(bytes: Uint8Array, at: number): number {
  const high = bytes[at + PRODUCER_EPOCH_AT] as number;
  return ((high << 24) >> 16) | (bytes[at + PRODUCER_EPOCH_AT + 1] as number);
}

/** The codec's number, 0 … 7; 5 to 7 name none. */
export function codecOf(attributes: number): number {
  return attributes & CODEC_BITS;
}

/** The codec's name; undefined for 5 to 7. */
export function codecNameOf(attributes: number): CodecName | undefined {
  return CODEC_NAMES[attributes & CODEC_BITS];
}

export function isCompressed(attributes: number): boolean {
  return (attributes & CODEC_BITS) !== 0;
}

export function timestampType(attributes: number): TimestampType {
  return (attributes & LOG_APPEND_TIME_BIT) === 0 ? "createTime" : "logAppendTime";
}

export function isTransactional(attributes: number): boolean {
  return (attributes & TRANSACTIONAL_BIT) !== 0;
}

export function isControl(attributes: number): boolean {
  return (attributes & CONTROL_BIT) !== 0;
}

/** True where `baseTimestamp` is the time from which tombstones and markers may go (KIP-534). */
export function hasDeleteHorizon(attributes: number): boolean {
  return (attributes & DELETE_HORIZON_BIT) !== 0;
}

/** The CRC-32C of the batch at `at`, which is `sizeInBytes` long and entirely in `bytes`. */
export function computeCrc(bytes: Uint8Array, at: number, sizeInBytes: number): number {
  return crc32c(bytes.subarray(at + ATTRIBUTES_AT, at + sizeInBytes));
}

/** Whether the checksum fits. False, too, for a batch that is too short or not entirely there. */
export function checkCrc(
  bytes: Uint8Array,
  at: number,
  header: Pick<BatchHeader, "sizeInBytes" | "crc">,
): boolean {
  const { sizeInBytes, crc } = header;
  if (sizeInBytes < BATCH_HEADER_SIZE || sizeInBytes > bytes.length - at) return false;
  return computeCrc(bytes, at, sizeInBytes) === crc;
}

/** Sets the offset of the first record; the checksum does not cover it. */
export function setBaseOffset(bytes: Uint8Array, at: number, baseOffset: number): void {
  setInt64(bytes, at + BASE_OFFSET_AT, baseOffset);
}

/** Sets the epoch of the leader that appends the batch; the checksum does not cover it. */
export function setPartitionLeaderEpoch(bytes: Uint8Array, at: number, leaderEpoch: number): void {
  setInt32(bytes, at + PARTITION_LEADER_EPOCH_AT, leaderEpoch);
}

/** Makes `timestampMs` the time of every record (bit 3, maxTimestamp) and renews the checksum. */
export function setLogAppendTime(bytes: Uint8Array, at: number, timestampMs: number): void {
  bytes[at + ATTRIBUTES_AT + 1] = (bytes[at + ATTRIBUTES_AT + 1] as number) | LOG_APPEND_TIME_BIT;
  setMaxTimestamp(bytes, at, timestampMs);
}

/** Corrects maxTimestamp and renews the checksum. */
export function setMaxTimestamp(bytes: Uint8Array, at: number, timestampMs: number): void {
  setInt64(bytes, at + MAX_TIMESTAMP_AT, timestampMs);
  updateCrc(bytes, at);
}

/** Renews the checksum of the batch at `at`, which is entirely in `bytes`. */
export function updateCrc(bytes: Uint8Array, at: number): void {
  setInt32(bytes, at + CRC_AT, computeCrc(bytes, at, batchSizeAt(bytes, at)));
}
