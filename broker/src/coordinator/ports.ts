/** What coordinators need from the parts above and beside them; `node.ts` plugs it in. */
import type { ErrorCode } from "@runnel/protocol/errors.ts";
import type { TransactionMarker } from "#log/transaction-marker.ts";

/** One record of an internal topic; a null value is a tombstone. */
export interface CoordinatorRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

/** Who writes in a transaction. */
export interface ProducerIdentity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

/** What becomes one batch in the log. */
export type CoordinatorBatch =
  | {
      readonly kind: "records";
      readonly records: readonly CoordinatorRecord[];
      /** In whose transaction they are written; null for none. */
      readonly producer: ProducerIdentity | null;
    }
  | { readonly kind: "marker"; readonly marker: TransactionMarker };

/** NONE, and where the batch's first record is; or why the log does not take it from its producer. */
export interface BatchOutcome {
  readonly errorCode: ErrorCode;
  /** −1 on error. */
  readonly baseOffset: number;
}

/** A record as read back at load, with its place and time. */
export interface LoadedRecord extends CoordinatorRecord {
  readonly offset: number;
  /** Wall ms. */
  readonly timestamp: number;
  /** In whose transaction it was written, whatever became of that; null for none. */
  readonly producer: ProducerIdentity | null;
}

/** The end of a transaction: all that its producer wrote before counts, or never will. */
export interface TransactionEnd {
  readonly producerId: bigint;
  readonly isCommit: boolean;
}

export type LoadedItem =
  | ({ readonly kind: "record" } & LoadedRecord)
  | ({ readonly kind: "end"; readonly offset: number } & TransactionEnd);

/** The internal topic of a coordinator, as a log per shard. */
export interface CoordinatorLog {
  /** Partitions of the topic; shards of the coordinator. Creates the topic where it is missing. */
  partitionCount(): Promise<number>;
  /**
   * Appends the batches one behind the other, with timestamp `nowMs`; resolves once the high watermark
   * has passed them, with what became of each. One that the log does not take from its producer keeps
   * none of the others from being written. Rejects with `IoError` where the partition cannot take them;
   * some may be stored all the same.
   */
  write(
    partition: number,
    batches: readonly CoordinatorBatch[],
    nowMs: number,
  ): Promise<readonly BatchOutcome[]>;
  /** All that a partition holds, in order, in bounded chunks. */
  load(partition: number): AsyncIterable<readonly LoadedItem[]>;
}

/** A topic as far as committed offsets need to know it. */
export interface TopicInfo {
  readonly name: string;
  /** Uuid text; another one for every topic that ever bore the name. */
  readonly topicId: string;
  readonly partitionCount: number;
}

/** The topics there are now. */
export interface TopicLookup {
  /** Grows whenever a topic comes, goes or gets partitions; begins anew with the process. */
  readonly version: number;
  byName(name: string): TopicInfo | undefined;
  byId(topicId: string): TopicInfo | undefined;
  /** Names of the topics there are at the moment of the call, but for the broker's own. */
  names(): Iterator<string>;
}

/** What members of one group of the consumer protocol are told. */
export interface ConsumerGroupTimings {
  /** consumer.session.timeout.ms of the group, else group.consumer.session.timeout.ms */
  readonly sessionTimeoutMs: number;
  /** consumer.heartbeat.interval.ms of the group, else group.consumer.heartbeat.interval.ms */
  readonly heartbeatIntervalMs: number;
}

/** Whether a group may change its protocol while it has members. */
export type MigrationPolicy = "disabled" | "upgrade" | "downgrade" | "bidirectional";

/** Settings of groups of the consumer protocol (KIP-848). */
export interface ConsumerGroupConfig {
  /** group.consumer.max.size */
  readonly groupSizeMax: number;
  /** group.consumer.assignors; the first is taken where members name none. */
  readonly assignors: readonly string[];
  /** group.consumer.migration.policy */
  readonly migrationPolicy: MigrationPolicy;
  timingsOf(groupId: string): ConsumerGroupTimings;
}

/** Settings of consumer groups, under Kafka's names; read anew for every event, so they may change. */
export interface GroupConfig {
  /** group.initial.rebalance.delay.ms */
  readonly initialRebalanceDelayMs: number;
  /** group.min.session.timeout.ms */
  readonly sessionTimeoutMsMin: number;
  /** group.max.session.timeout.ms */
  readonly sessionTimeoutMsMax: number;
  /** group.max.size */
  readonly groupSizeMax: number;
  /** offset.metadata.max.bytes */
  readonly offsetMetadataBytesMax: number;
  /** offsets.retention.minutes, as ms. */
  readonly offsetsRetentionMs: number;
  /** offsets.retention.check.interval.ms */
  readonly offsetsRetentionCheckIntervalMs: number;
  readonly consumer: ConsumerGroupConfig;
}
