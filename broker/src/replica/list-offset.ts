/** One offset of a partition by time, or one of the special ones of ListOffsets. */
import { messageOf } from "@runnel/kit/errors.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { findByTimestamp, findNewest } from "#log/log-lookup.ts";
import type { FetchContext } from "./fetch.ts";
import type { Partition } from "./partition.ts";

/** What stands in place of a timestamp. */
export const SpecialTime = {
  LATEST: -1,
  EARLIEST: -2,
  NEWEST_TIMESTAMP: -3,
  EARLIEST_LOCAL: -4,
  LATEST_TIERED: -5,
  EARLIEST_PENDING_UPLOAD: -6,
} as const;

/** −1 where there is no such offset. */
export interface ListedOffset {
  readonly errorCode: ErrorCode;
  readonly offset: number;
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

export interface OffsetQuery {
  /** Wall ms, or a `SpecialTime`. */
  readonly timestamp: number;
  /** Nothing behind the last stable offset. */
  readonly readCommitted: boolean;
}

/**
 * The first offset at or after `timestamp` (wall ms), or the one that a `SpecialTime` stands for;
 * KAFKA_STORAGE_ERROR, and a line in the log, where the disk does not say.
 */
export async function listOffset(
  { reads, logger }: Pick<FetchContext, "reads" | "logger">,
  partition: Partition,
  { timestamp, readCommitted }: OffsetQuery,
): Promise<ListedOffset> {
  const endOffset = readCommitted ? partition.lastStableOffset : partition.highWatermark;
  try {
    if (!needsRecords(timestamp)) return await find(timestamp, partition, endOffset);
    return await reads.run(() => find(timestamp, partition, endOffset));
  } catch (error) {
    const { topicName: topic, index } = partition.identity;
    logger.error(
      { topic, partition: index, error: messageOf(error) },
      "looking up an offset failed",
    );
    const errorCode = ErrorCode.KAFKA_STORAGE_ERROR;
    return { errorCode, offset: -1, timestamp: -1, leaderEpoch: -1 };
  }
}

/** Lookups that read segments take their turn with the reads of fetches: each holds a megabyte or more. */
function needsRecords(timestamp: number): boolean {
  return timestamp >= 0 || timestamp === SpecialTime.NEWEST_TIMESTAMP;
}

async function find(
  timestamp: number,
  partition: Partition,
  endOffset: number,
): Promise<ListedOffset> {
  const { log } = partition;
  const at = (offset: number, time = -1): ListedOffset => ({
    errorCode: ErrorCode.NONE,
    offset,
    timestamp: time,
    leaderEpoch:
      offset < 0
        ? -1
        : offset >= log.logEndOffset
          ? partition.leaderEpoch
          : log.epochs.epochAt(offset),
  });
  switch (timestamp) {
    case SpecialTime.LATEST:
      return at(endOffset);
    case SpecialTime.EARLIEST:
    case SpecialTime.EARLIEST_LOCAL:
      return at(log.logStartOffset);
    case SpecialTime.LATEST_TIERED:
    case SpecialTime.EARLIEST_PENDING_UPLOAD:
      return at(-1);
    default: {
      const record =
        timestamp === SpecialTime.NEWEST_TIMESTAMP
          ? await findNewest(log, endOffset)
          : await findByTimestamp(log, timestamp, endOffset);
      return record === null ? at(-1) : at(record.offset, record.timestamp);
    }
  }
}
