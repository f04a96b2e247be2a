/** The end of a transaction in one partition. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { TransactionMarker } from "#log/transaction-marker.ts";
import type { Partition } from "./partition.ts";

/**
 * Appends the marker; resolves once the high watermark has passed it. TRANSACTION_COORDINATOR_FENCED and
 * INVALID_PRODUCER_EPOCH where a later one was here, KAFKA_STORAGE_ERROR where the disk refuses.
 */
export function appendMarker(partition: Partition, marker: TransactionMarker): Promise<ErrorCode> {
  if (!partition.isOpen) return Promise.resolve(ErrorCode.NOT_LEADER_OR_FOLLOWER);
  const outcome = partition.log.appendMarker(marker, partition.leaderEpoch);
  if (outcome.kind === "refused") return Promise.resolve(outcome.errorCode);
  // A batch that was let in and comes only now would begin another transaction.
  partition.admissions.revoke(marker.producerId);
  return new Promise((resolve) => {
    partition.awaitHighWatermark(outcome.endOffset, Number.POSITIVE_INFINITY, (how) => {
      resolve(how === "reached" ? ErrorCode.NONE : ErrorCode.KAFKA_STORAGE_ERROR);
    });
  });
}
