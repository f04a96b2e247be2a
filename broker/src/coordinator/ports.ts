/** What coordinators need from the parts above and beside them; `node.ts` plugs it in. */

/** One record of an internal topic; a null value is a tombstone. */
export interface CoordinatorRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

/** A record as read back at load, with its place and time. */
export interface LoadedRecord extends CoordinatorRecord {
  readonly offset: number;
  /** Wall ms. */
  readonly timestamp: number;
}

/** The internal topic of a coordinator, as a log per shard. */
export interface CoordinatorLog {
  /** Partitions of the topic; shards of the coordinator. Creates the topic where it is missing. */
  partitionCount(): Promise<number>;
  /**
   * Appends `records` as one batch with timestamp `nowMs`; resolves with the offset behind the batch
   * once the high watermark has passed it. Rejects with `IoError` when the partition cannot take it.
   */
  append(partition: number, records: readonly CoordinatorRecord[], nowMs: number): Promise<number>;
  /** All records of a partition, in order, in bounded chunks. */
  read(partition: number): AsyncIterable<readonly LoadedRecord[]>;
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
  byName(name: string): TopicInfo | undefined;
  byId(topicId: string): TopicInfo | undefined;
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
}
