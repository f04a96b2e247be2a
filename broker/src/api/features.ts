/**
 * The features of the cluster with the levels that are served, and the level that all brokers work at;
 * 0 is "not used". What tools read as "which Kafka is this" is `metadata.version`: 30 stands for 4.3,
 * whose message formats these are.
 */
export const FEATURES: readonly {
  readonly name: string;
  readonly minLevel: number;
  readonly maxLevel: number;
  readonly finalized: number;
}[] = [
  { name: "metadata.version", minLevel: 7, maxLevel: 30, finalized: 30 },
  // 1: groups of the consumer protocol (KIP-848).
  { name: "group.version", minLevel: 0, maxLevel: 1, finalized: 1 },
  // The second transaction protocol is not built.
  { name: "transaction.version", minLevel: 0, maxLevel: 0, finalized: 0 },
];
