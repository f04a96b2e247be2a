/** When the event at an offset happened: by one bounded read, or roughly and at once. */
import { DecodeError } from "@runnel/kit/errors.ts";
import {
  BATCH_HEADER_SIZE,
  codecOf,
  hasDeleteHorizon,
  readBatchHeader,
  timestampType,
} from "@runnel/protocol/records/batch.ts";
import { iterateRecords } from "@runnel/protocol/records/iterate.ts";
import { readCached, readStored } from "./log-lookup.ts";
import type { PartitionLog } from "./partition-log.ts";

/**
 * The timestamp (wall ms) of the first event at `offset` or behind it, below `endOffset`; null where
 * there is none, or it bears no time. Of a batch that is compressed the first event speaks for all:
 * nothing is unpacked. Reads one batch. Throws `IoError` where it is damaged or cannot be read.
 */
export async function timeOfEvent(
  log: PartitionLog,
  offset: number,
  endOffset: number,
): Promise<number | null> {
  if (offset >= endOffset) return null;
  const range = { offset, endOffset, bytesMax: 1, atLeastOne: true };
  const { parts } = readCached(log, range) ?? (await readStored(log, range));
  const batch = parts[0];
  if (batch === undefined) return null;
  const timestamp = timeIn(batch, offset);
  return timestamp < 0 ? null : timestamp;
}

/**
 * About the timestamp (wall ms) of the event at `offset`, from what is in memory alone: of its batch, of
 * the next one that the time index names, or the newest one of its segment. Null where there is none.
 */
export function roughTimeOfEvent(
  log: PartitionLog,
  offset: number,
  endOffset: number,
): number | null {
  if (offset >= endOffset) return null;
  const range = { offset, endOffset, bytesMax: 1, atLeastOne: true };
  const batch = readCached(log, range)?.parts[0];
  const timestamp =
    batch === undefined ? timeByIndex(log, offset) : readBatchHeader(batch, 0).baseTimestamp;
  return timestamp < 0 ? null : timestamp;
}

function timeByIndex(log: PartitionLog, offset: number): number {
  const segment = log.segments.findLast(({ baseOffset }) => baseOffset <= offset);
  if (segment === undefined) return log.segments[0]?.firstTimestamp ?? -1;
  const { indexes, baseOffset, maxTimestamp } = segment;
  const entry = indexes?.times.findFrom(offset - baseOffset) ?? -1;
  return indexes === null || entry < 0 ? maxTimestamp : indexes.times.timestampAt(entry);
}

function timeIn(batch: Uint8Array, offset: number): number {
  const header = readBatchHeader(batch, 0);
  if (timestampType(header.attributes) === "logAppendTime") return header.maxTimestamp;
  const { attributes, baseTimestamp, maxTimestamp } = header;
  // Where compaction has set the time from which tombstones may go, that of the first event is not kept.
  const rough = hasDeleteHorizon(attributes) ? maxTimestamp : baseTimestamp;
  if (codecOf(attributes) !== 0) return rough;
  try {
    const records = batch.subarray(BATCH_HEADER_SIZE, header.sizeInBytes);
    for (const record of iterateRecords(header, records)) {
      if (record.offset >= offset) return record.timestamp;
    }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
  }
  return rough;
}
