/**
 * Builds what compaction leaves of a batch. First and last offset, base sequence, producer and leader epoch
 * stay; records are copied as they are, for their offsets count from a base that stays, too.
 */
import { setInt32, setInt64 } from "@runnel/kit/byte-writer.ts";
import { compress } from "@runnel/protocol/compression/codecs.ts";
import {
  ATTRIBUTES_AT,
  attributesAt,
  BASE_SEQUENCE_AT,
  BASE_TIMESTAMP_AT,
  BATCH_HEADER_SIZE,
  BATCH_LENGTH_AT,
  BATCH_PREFIX_SIZE,
  type BatchHeader,
  CODEC_BITS,
  codecNameOf,
  DELETE_HORIZON_BIT,
  LAST_OFFSET_DELTA_AT,
  MAGIC,
  MAGIC_AT,
  MAX_TIMESTAMP_AT,
  NO_TIMESTAMP,
  PRODUCER_ID_AT,
  RECORD_COUNT_AT,
  setBaseOffset,
  setPartitionLeaderEpoch,
  timestampType,
  updateCrc,
} from "@runnel/protocol/records/batch.ts";
import {
  varintSize,
  varlongSize,
  writeVarint,
  writeVarlong,
} from "@runnel/protocol/records/varint.ts";
import type { RecordTable } from "./record-table.ts";

/** Bytes of a record's attributes, between its length and its timestamp. */
const RECORD_ATTRIBUTES_SIZE = 1;

export interface Kept {
  readonly table: RecordTable;
  /** 1 for each record of the table that stays. */
  readonly isKept: Uint8Array;
  readonly count: number;
  /** When tombstones and markers in it may go, ms; null to leave the batch's own, or none. */
  readonly deleteHorizonMs: number | null;
}

/** The batch whose header stands in `bytes` at `at`, with the records that are kept: one at least. */
export function rewriteBatch(
  bytes: Uint8Array,
  at: number,
  header: BatchHeader,
  kept: Kept,
): Uint8Array {
  const { deleteHorizonMs } = kept;
  const records = deleteHorizonMs === null ? copied(kept) : rebased(header, kept, deleteHorizonMs);
  const codec = codecNameOf(header.attributes) ?? "none";
  const content = compress(codec, records);
  const batch = new Uint8Array(BATCH_HEADER_SIZE + content.length);
  batch.set(bytes.subarray(at, at + BATCH_HEADER_SIZE));
  batch.set(content, BATCH_HEADER_SIZE);
  setInt32(batch, BATCH_LENGTH_AT, batch.length - BATCH_PREFIX_SIZE);
  setInt32(batch, RECORD_COUNT_AT, kept.count);
  if (timestampType(header.attributes) === "createTime") {
    setInt64(batch, MAX_TIMESTAMP_AT, newestOf(header, kept));
  }
  if (deleteHorizonMs !== null) {
    batch[ATTRIBUTES_AT + 1] = (batch[ATTRIBUTES_AT + 1] as number) | DELETE_HORIZON_BIT;
    setInt64(batch, BASE_TIMESTAMP_AT, deleteHorizonMs);
  }
  updateCrc(batch, 0);
  return batch;
}

function newestOf({ baseTimestamp }: BatchHeader, { table, isKept }: Kept): number {
  let newest = NO_TIMESTAMP;
  for (let row = 0; row < table.count; row += 1) {
    if (isKept[row] === 0) continue;
    newest = Math.max(newest, baseTimestamp + (table.timestampDeltas[row] as number));
  }
  return newest;
}

/** The records that are kept, byte by byte as they were. */
function copied({ table, isKept }: Kept): Uint8Array {
  const { starts, bytes } = table;
  let size = 0;
  for (let row = 0; row < table.count; row += 1) {
    if (isKept[row] === 1) size += (starts[row + 1] as number) - (starts[row] as number);
  }
  const records = new Uint8Array(size);
  let to = 0;
  for (let row = 0; row < table.count; ) {
    if (isKept[row] === 0) {
      row += 1;
      continue;
    }
    const from = starts[row] as number;
    while (row < table.count && isKept[row] === 1) row += 1;
    const run = bytes.subarray(from, starts[row] as number);
    records.set(run, to);
    to += run.length;
  }
  return records;
}

/** The records that are kept, with timestamps that count from another base. */
function rebased({ baseTimestamp }: BatchHeader, kept: Kept, base: number): Uint8Array {
  const { table, isKept } = kept;
  const { starts, bytes } = table;
  const parts: { readonly length: number; readonly delta: number; readonly tail: Uint8Array }[] =
    [];
  let size = 0;
  for (let row = 0; row < table.count; row += 1) {
    if (isKept[row] === 0) continue;
    const delta = baseTimestamp + (table.timestampDeltas[row] as number) - base;
    const tail = bytes.subarray(tailAt(bytes, starts[row] as number), starts[row + 1] as number);
    const length = RECORD_ATTRIBUTES_SIZE + varlongSize(delta) + tail.length;
    parts.push({ length, delta, tail });
    size += varintSize(length) + length;
  }
  const records = new Uint8Array(size);
  let to = 0;
  for (const { length, delta, tail } of parts) {
    to = writeVarint(records, to, length);
    // The byte of attributes stays 0.
    to = writeVarlong(records, to + RECORD_ATTRIBUTES_SIZE, delta);
    records.set(tail, to);
    to += tail.length;
  }
  return records;
}

/** Where the part of a record begins that follows its timestamp. */
function tailAt(bytes: Uint8Array, start: number): number {
  return behindVarint(bytes, behindVarint(bytes, start) + RECORD_ATTRIBUTES_SIZE);
}

/** Where the varint at `at`, of any length, ends. */
function behindVarint(bytes: Uint8Array, at: number): number {
  let next = at;
  while ((bytes[next] as number) >= 0x80) next += 1;
  return next + 1;
}

/** The batch whose header stands in `bytes` at `at`, without any record: it stays for its producer. */
export function emptyBatch(bytes: Uint8Array, at: number): Uint8Array {
  const batch = bytes.slice(at, at + BATCH_HEADER_SIZE);
  const attributes = attributesAt(batch, 0) & ~(CODEC_BITS | DELETE_HORIZON_BIT);
  batch[ATTRIBUTES_AT + 1] = attributes & 0xff;
  setInt32(batch, BATCH_LENGTH_AT, BATCH_HEADER_SIZE - BATCH_PREFIX_SIZE);
  setInt64(batch, BASE_TIMESTAMP_AT, NO_TIMESTAMP);
  setInt32(batch, RECORD_COUNT_AT, 0);
  updateCrc(batch, 0);
  return batch;
}

/** A stretch of offsets of which nothing is left. */
export interface Gap {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly partitionLeaderEpoch: number;
}

/**
 * A batch without records or a producer that stands for a gap: so the batches of a log always follow each
 * other, and a first offset that was damaged on the disk is noticed there as everywhere.
 */
export function gapBatch({ baseOffset, lastOffset, partitionLeaderEpoch }: Gap): Uint8Array {
  const batch = new Uint8Array(BATCH_HEADER_SIZE);
  setBaseOffset(batch, 0, baseOffset);
  setInt32(batch, BATCH_LENGTH_AT, BATCH_HEADER_SIZE - BATCH_PREFIX_SIZE);
  setPartitionLeaderEpoch(batch, 0, partitionLeaderEpoch);
  batch[MAGIC_AT] = MAGIC;
  setInt32(batch, LAST_OFFSET_DELTA_AT, lastOffset - baseOffset);
  setInt64(batch, BASE_TIMESTAMP_AT, NO_TIMESTAMP);
  setInt64(batch, MAX_TIMESTAMP_AT, NO_TIMESTAMP);
  batch.fill(0xff, PRODUCER_ID_AT, BASE_SEQUENCE_AT + 4);
  updateCrc(batch, 0);
  return batch;
}
