/** Deletes the oldest records of a partition, up to an offset. */
import { messageOf } from "@runnel/kit/errors.ts";
import type { Logger } from "@runnel/kit/world.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { LogDirs } from "#log/log-dirs.ts";
import type { PartitionLog } from "#log/partition-log.ts";
import type { Partition } from "./partition.ts";

/** Stands for the high watermark: everything that is there. */
const UP_TO_HIGH_WATERMARK = -1;

export interface DeletedRecords {
  readonly errorCode: ErrorCode;
  /** Where the log begins now; −1 with an error. */
  readonly lowWatermark: number;
}

/** Whether records of a log may be deleted by hand: of one that is only compacted they may not. */
export function mayDeleteRecords({ config }: PartitionLog): boolean {
  return config.cleanupPolicy.includes("delete");
}

/**
 * Moves the start of the log up to `asked`. POLICY_VIOLATION where its topic is only compacted;
 * OFFSET_OUT_OF_RANGE above the high watermark;
 * KAFKA_STORAGE_ERROR, and a line in the log, where the disk refuses.
 */
export async function deleteRecords(
  { logs, logger }: { readonly logs: LogDirs; readonly logger: Logger },
  { log, highWatermark, identity }: Partition,
  asked: number,
): Promise<DeletedRecords> {
  if (!mayDeleteRecords(log)) return { errorCode: ErrorCode.POLICY_VIOLATION, lowWatermark: -1 };
  const offset = asked === UP_TO_HIGH_WATERMARK ? highWatermark : asked;
  if (offset < 0 || offset > highWatermark) {
    return { errorCode: ErrorCode.OFFSET_OUT_OF_RANGE, lowWatermark: -1 };
  }
  try {
    await logs.deleteRecords(log, offset);
    return { errorCode: ErrorCode.NONE, lowWatermark: log.logStartOffset };
  } catch (error) {
    const { topicName: topic, index: partition } = identity;
    logger.error({ topic, partition, error: messageOf(error) }, "deleting records failed");
    return { errorCode: ErrorCode.KAFKA_STORAGE_ERROR, lowWatermark: -1 };
  }
}
