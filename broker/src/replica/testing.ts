/** What tests of partitions share. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { CONFIG, type Rig, TOPIC } from "#log/testing.ts";
import { EMPTY_IMAGE, type TopicImage } from "#metadata/image.ts";
import { InternalTopic } from "./internal-topic.ts";
import { Partition, type PartitionConfig } from "./partition.ts";
import type { TransactionGate } from "./ports.ts";

/** The settings of a partition where a test asks for nothing special. */
export const PARTITION_CONFIG: PartitionConfig = {
  ...CONFIG,
  maxMessageBytes: 100_000,
  messageTimestampType: "CreateTime",
  messageTimestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
  messageTimestampAfterMaxMs: Number.MAX_SAFE_INTEGER,
  minInsyncReplicas: 1,
  compressionType: "producer",
  compressionGzipLevel: -1,
  compressionZstdLevel: 3,
};

/** A coordinator that knows no transaction. */
export const NO_GATE: TransactionGate = {
  admit: () => Promise.resolve(ErrorCode.INVALID_TXN_STATE),
};

const NAME = "__internal";

/** An internal topic of one partition, on the disk of `rig`. */
export async function openInternalTopic(rig: Rig): Promise<{
  readonly topic: InternalTopic;
  readonly partition: Partition;
}> {
  const log = await rig.log(PARTITION_CONFIG);
  const identity = { topicId: TOPIC, topicName: NAME, index: 0, isInternal: true };
  const partition = new Partition(identity, log, PARTITION_CONFIG, 0);
  const state = { index: 0, leader: 0, leaderEpoch: 0, partitionEpoch: 0, modRevision: 0 };
  const replicas = { replicas: [0], isr: [0], elr: [], lastKnownElr: [] };
  const info: TopicImage = {
    name: NAME,
    id: TOPIC,
    isInternal: true,
    partitions: [{ ...state, ...replicas }],
    configs: new Map(),
    configsRevision: 0,
    modRevision: 0,
  };
  const topic = new InternalTopic({
    name: NAME,
    replicas: {
      image: { ...EMPTY_IMAGE, topicsByName: new Map([[NAME, info]]) },
      whenOpen: () => Promise.resolve(),
      find: () => ({ kind: "open", partition }),
    },
    create: () => Promise.resolve(),
  });
  return { topic, partition };
}
