/** What simulated clients put into records, and how they read batches: as every Kafka client does. */
import { ByteReader } from "@runnel/kit/byte-reader.ts";
import {
  type BatchHeader,
  isControl,
  isTransactional,
  readBatchHeader,
} from "@runnel/protocol/records/batch.ts";
import type { NewRecord } from "@runnel/protocol/records/build.ts";
import { recordsOf } from "@runnel/protocol/records/iterate.ts";
import type { Isolation, SeenRecord } from "../history.ts";

const utf8 = new TextEncoder();
const text = new TextDecoder();
/** More than any batch of a workload unpacks to. */
const UNPACKED_BYTES_MAX = 4 * 1024 * 1024;
/** Type of a control record that ends a transaction without effect. */
const ABORT = 0;
const NUMBER_HEADER = "number";

export interface Aborted {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

/** Batches as one fetch returned them. */
export interface Fetched {
  readonly bytes: Uint8Array;
  /** Of `read_committed`: transactions that were aborted, in the range. */
  readonly aborted: readonly Aborted[];
}

export interface ReadBatches {
  readonly records: readonly SeenRecord[];
  /** Where to go on; `from` where there was no whole batch. */
  readonly to: number;
  /** Of the last batch; −1 without one. */
  readonly leaderEpoch: number;
  readonly headers: readonly BatchHeader[];
}

export function keyOf(value: number): string {
  return `k${value % 7}`;
}

/** Whether the record with the number `value` deletes its key, in a topic that is compacted. */
export function isTombstone(value: number): boolean {
  return value % 5 === 0;
}

/** A record with the number `value`, and `padding` bytes that mean nothing. */
export function recordOf(value: number, timestamp: number, padding: number): NewRecord {
  return {
    key: utf8.encode(keyOf(value)),
    value: utf8.encode(`${value} ${"x".repeat(padding)}`),
    timestamp,
  };
}

/** The same in a compacted topic. A tombstone bears its number in a header. */
export function compactedRecordOf(value: number, timestamp: number, padding: number): NewRecord {
  const record = recordOf(value, timestamp, padding);
  if (!isTombstone(value)) return record;
  const headers = [{ key: NUMBER_HEADER, value: utf8.encode(`${value}`) }];
  return { ...record, value: null, headers };
}

/** The records from offset `from` on that a consumer hands to its application. */
export function readBatches(
  { bytes, aborted }: Fetched,
  from: number,
  isolation: Isolation,
): ReadBatches {
  const records: SeenRecord[] = [];
  const headers: BatchHeader[] = [];
  const open = new Set<bigint>();
  const pending = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  let to = from;
  for (let at = 0; at + 61 <= bytes.length; ) {
    const header = readBatchHeader(bytes, at);
    if (at + header.sizeInBytes > bytes.length) break;
    headers.push(header);
    const { baseOffset, lastOffsetDelta, producerId } = header;
    to = baseOffset + lastOffsetDelta + 1;
    while (pending[0] !== undefined && pending[0].firstOffset < to) {
      open.add((pending.shift() as Aborted).producerId);
    }
    if (isControl(header.attributes)) {
      if (isAbort(bytes, at, header)) open.delete(producerId);
    } else {
      const isHidden =
        isolation === "read_committed" &&
        isTransactional(header.attributes) &&
        open.has(producerId);
      if (!isHidden) addRecords(records, { bytes, at, header, from });
    }
    at += header.sizeInBytes;
  }
  return { records, to, leaderEpoch: headers.at(-1)?.partitionLeaderEpoch ?? -1, headers };
}

function addRecords(
  records: SeenRecord[],
  batch: {
    readonly bytes: Uint8Array;
    readonly at: number;
    readonly header: BatchHeader;
    readonly from: number;
  },
): void {
  const { bytes, at, header, from } = batch;
  for (const record of recordsOf(bytes, { at, header, maxOutputLength: UNPACKED_BYTES_MAX })) {
    if (record.offset < from) continue;
    const number = record.value ?? record.headers[0]?.value ?? new Uint8Array(0);
    const value = Number.parseInt(text.decode(number), 10);
    records.push({ offset: record.offset, value });
  }
}

/** Whether the control batch at `at` aborts (its key: int16 version, int16 type). */
function isAbort(bytes: Uint8Array, at: number, header: BatchHeader): boolean {
  for (const { key } of recordsOf(bytes, { at, header, maxOutputLength: UNPACKED_BYTES_MAX })) {
    const reader = new ByteReader(key ?? new Uint8Array(4));
    reader.int16();
    return reader.int16() === ABORT;
  }
  return false;
}
