/** Builds record batches, as a producer, a coordinator or a test does. */
import { assert } from "@runnel/kit/assert.ts";
import { setInt32, setInt64, utf8Length } from "@runnel/kit/byte-writer.ts";
import { compress } from "../compression/codecs.ts";
import {
  ATTRIBUTES_AT,
  BASE_SEQUENCE_AT,
  BASE_TIMESTAMP_AT,
  BATCH_HEADER_SIZE,
  BATCH_LENGTH_AT,
  BATCH_PREFIX_SIZE,
  CODEC_NAMES,
  CONTROL_BIT,
  type CodecName,
  LAST_OFFSET_DELTA_AT,
  LOG_APPEND_TIME_BIT,
  MAGIC,
  MAGIC_AT,
  MAX_TIMESTAMP_AT,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  NO_SEQUENCE,
  NO_TIMESTAMP,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  RECORD_COUNT_AT,
  setBaseOffset,
  setPartitionLeaderEpoch,
  TRANSACTIONAL_BIT,
  updateCrc,
} from "./batch.ts";
import type { RecordHeader } from "./iterate.ts";
import { varintSize, varlongSize, writeVarint, writeVarlong } from "./varint.ts";

export interface NewRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** Ms since 1970; left out: none (−1). */
  readonly timestamp?: number;
  readonly headers?: readonly RecordHeader[];
}

export interface NewBatch {
  readonly records: readonly NewRecord[];
  /** 0 where left out, as in a produce request. */
  readonly baseOffset?: number;
  /** −1 where left out. */
  readonly partitionLeaderEpoch?: number;
  readonly codec?: CodecName;
  /** See `compress`. */
  readonly compressionLevel?: number;
  /** Makes the timestamp type LogAppendTime, with this time for every record. */
  readonly logAppendTimeMs?: number;
  readonly producerId?: bigint;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
}

const utf8 = new TextEncoder();

/** The bytes of a whole batch with its checksum. The n-th record gets `baseOffset` + n. */
export function buildBatch(batch: NewBatch): Uint8Array {
  const { records, codec = "none" } = batch;
  assert(records.length > 0, "a batch needs a record");
  const baseTimestamp = records[0]?.timestamp ?? NO_TIMESTAMP;
  let maxTimestamp = NO_TIMESTAMP;
  for (const { timestamp } of records) {
    if (timestamp !== undefined && timestamp > maxTimestamp) maxTimestamp = timestamp;
  }
  const bytes = encodeRecords(records, baseTimestamp);
  const whole = codec === "none" ? bytes : packed(bytes, codec, batch.compressionLevel);

  setBaseOffset(whole, 0, batch.baseOffset ?? 0);
  setInt32(whole, BATCH_LENGTH_AT, whole.length - BATCH_PREFIX_SIZE);
  setPartitionLeaderEpoch(whole, 0, batch.partitionLeaderEpoch ?? -1);
  whole[MAGIC_AT] = MAGIC;
  whole[ATTRIBUTES_AT + 1] = attributesOf(batch);
  setInt32(whole, LAST_OFFSET_DELTA_AT, records.length - 1);
  setInt64(whole, BASE_TIMESTAMP_AT, baseTimestamp);
  setInt64(whole, MAX_TIMESTAMP_AT, batch.logAppendTimeMs ?? maxTimestamp);
  setProducer(whole, batch);
  setInt32(whole, RECORD_COUNT_AT, records.length);
  updateCrc(whole, 0);
  return whole;
}

function attributesOf(batch: NewBatch): number {
  let attributes: number = CODEC_NAMES.indexOf(batch.codec ?? "none");
  if (batch.logAppendTimeMs !== undefined) attributes |= LOG_APPEND_TIME_BIT;
  if (batch.isTransactional === true) attributes |= TRANSACTIONAL_BIT;
  if (batch.isControl === true) attributes |= CONTROL_BIT;
  return attributes;
}

function setProducer(whole: Uint8Array, batch: NewBatch): void {
  const producerId = batch.producerId ?? NO_PRODUCER_ID;
  const producerEpoch = batch.producerEpoch ?? NO_PRODUCER_EPOCH;
  setInt32(whole, PRODUCER_ID_AT, Number(BigInt.asIntN(32, producerId >> 32n)));
  setInt32(whole, PRODUCER_ID_AT + 4, Number(BigInt.asIntN(32, producerId)));
  whole[PRODUCER_EPOCH_AT] = producerEpoch >> 8;
  whole[PRODUCER_EPOCH_AT + 1] = producerEpoch;
  setInt32(whole, BASE_SEQUENCE_AT, batch.baseSequence ?? NO_SEQUENCE);
}

/** The batch with its records compressed; the header is still to be filled in. */
function packed(bytes: Uint8Array, codec: CodecName, level?: number): Uint8Array {
  const content = compress(codec, bytes.subarray(BATCH_HEADER_SIZE), level);
  const whole = new Uint8Array(BATCH_HEADER_SIZE + content.length);
  whole.set(content, BATCH_HEADER_SIZE);
  return whole;
}

/** Room for the header, and the records behind it. */
function encodeRecords(records: readonly NewRecord[], baseTimestamp: number): Uint8Array {
  const lengths: number[] = [];
  let size = BATCH_HEADER_SIZE;
  for (const [index, record] of records.entries()) {
    const length = recordLength(record, { index, baseTimestamp });
    lengths.push(length);
    size += varintSize(length) + length;
  }
  const bytes = new Uint8Array(size);
  let at = BATCH_HEADER_SIZE;
  for (const [index, record] of records.entries()) {
    at = writeVarint(bytes, at, lengths[index] as number);
    at = writeRecord(bytes, { at, record, index, baseTimestamp });
  }
  assert(at === size, `records take ${at} bytes, ${size} were reckoned`);
  return bytes;
}

interface Place {
  readonly index: number;
  readonly baseTimestamp: number;
}

/** Bytes of a record without its own length. */
function recordLength(record: NewRecord, { index, baseTimestamp }: Place): number {
  const { key, value, timestamp = NO_TIMESTAMP, headers = [] } = record;
  let length = 1 + varlongSize(timestamp - baseTimestamp) + varintSize(index);
  length += blobSize(key) + blobSize(value) + varintSize(headers.length);
  for (const header of headers) {
    const keyLength = utf8Length(header.key);
    length += varintSize(keyLength) + keyLength + blobSize(header.value);
  }
  return length;
}

function writeRecord(
  bytes: Uint8Array,
  { at, record, index, baseTimestamp }: Place & { at: number; record: NewRecord },
): number {
  const { key, value, timestamp = NO_TIMESTAMP, headers = [] } = record;
  // The byte of attributes stays 0.
  let next = writeVarlong(bytes, at + 1, timestamp - baseTimestamp);
  next = writeVarint(bytes, next, index);
  next = writeBlob(bytes, next, key);
  next = writeBlob(bytes, next, value);
  next = writeVarint(bytes, next, headers.length);
  for (const header of headers) {
    next = writeBlob(bytes, next, utf8.encode(header.key));
    next = writeBlob(bytes, next, header.value);
  }
  return next;
}

function blobSize(blob: Uint8Array | null): number {
  return blob === null ? 1 : varintSize(blob.length) + blob.length;
}

function writeBlob(bytes: Uint8Array, at: number, blob: Uint8Array | null): number {
  if (blob === null) return writeVarint(bytes, at, -1);
  const next = writeVarint(bytes, at, blob.length);
  bytes.set(blob, next);
  return next + blob.length;
}
