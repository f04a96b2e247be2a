/** From fetched batches to records, and how far a partition has been read. */
import type { RecordsBatch } from "@platformatic/kafka";
import type { ReadRecord } from "../commands/record-format.ts";

/** One partition on its way. `next` moves as records are handed over. */
export interface Cursor {
  readonly partition: number;
  next: bigint;
  /** Reading ends before this offset; null to follow. */
  readonly stop: bigint | null;
  /** Reading ends at the first record that is not older, or once the clock is there; null for never. */
  readonly stopAtMs: number | null;
  isDone: boolean;
}

const IS_CONTROL = 0x20;
const IS_LOG_APPEND_TIME = 0x08;

/** What lies between `cursor.next` and the stop; moves the cursor behind what was looked at. */
export function collectRecords(
  batches: readonly RecordsBatch[],
  cursor: Cursor,
  topic: string,
): readonly ReadRecord[] {
  const records: ReadRecord[] = [];
  for (const batch of batches) {
    const behind = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n;
    if ((batch.attributes & IS_CONTROL) === 0) {
      for (const record of batch.records) {
        const offset = batch.firstOffset + BigInt(record.offsetDelta);
        // A batch is served whole although it may begin before what was asked for.
        if (offset < cursor.next) continue;
        if (cursor.stop !== null && offset >= cursor.stop) return records;
        const isStamped = (batch.attributes & IS_LOG_APPEND_TIME) !== 0;
        const timestamp = isStamped
          ? batch.maxTimestamp
          : batch.firstTimestamp + record.timestampDelta;
        if (cursor.stopAtMs !== null && timestamp >= BigInt(cursor.stopAtMs)) {
          cursor.isDone = true;
          return records;
        }
        const { key, value, headers } = record;
        const { partition } = cursor;
        records.push({ topic, partition, offset, timestamp, key, value, headers });
        cursor.next = offset + 1n;
      }
    }
    if (behind > cursor.next) cursor.next = behind;
  }
  return records;
}
