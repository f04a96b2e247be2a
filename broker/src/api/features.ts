/**
 * The features of KIP-584 that this broker has: which levels of each it could run at, and the one that it
 * does. ApiVersions tells clients and tools.
 */

export const FEATURES: readonly {
  readonly name: string;
  readonly minLevel: number;
  readonly maxLevel: number;
  /** 0 is the same as not finalized. */
  readonly finalized: number;
}[] = [
  // What tools read as "which Kafka is this": 30 stands for 4.3, whose message formats these are.
  { name: "metadata.version", minLevel: 7, maxLevel: 30, finalized: 30 },
  // 1: groups of the consumer protocol (KIP-848).
  { name: "group.version", minLevel: 0, maxLevel: 1, finalized: 1 },
  // At 2 clients leave out AddPartitionsToTxn and end every transaction with a new epoch (KIP-890).
  { name: "transaction.version", minLevel: 0, maxLevel: 2, finalized: 2 },
];

/** Grows when a finalized level changes; clients believe the highest they have seen. */
export const FINALIZED_EPOCH = 1;
