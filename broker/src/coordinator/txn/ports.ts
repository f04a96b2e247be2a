/** What the transaction coordinator needs from the parts beside and above it; `node.ts` plugs it in. */
import type { ErrorCode } from "@runnel/protocol/errors.ts";
import type { TransactionMarker } from "#log/transaction-marker.ts";

/** Settings of transactions, under Kafka's names; read anew for every event. */
export interface TransactionConfig {
  /** transaction.max.timeout.ms */
  readonly timeoutMsMax: number;
  /** transactional.id.expiration.ms */
  readonly expirationMs: number;
  /** transaction.remove.expired.transaction.cleanup.interval.ms */
  readonly expirationCheckIntervalMs: number;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** Writes the markers of transactions, wherever the partitions are. */
export interface TransactionMarkers {
  /**
   * An answer for every partition, in their order, once it has the marker durably, or cannot take it.
   * UNKNOWN_TOPIC_OR_PARTITION says that the partition is gone for good.
   */
  write(
    marker: TransactionMarker,
    partitions: readonly TopicPartition[],
  ): Promise<readonly ErrorCode[]>;
}
