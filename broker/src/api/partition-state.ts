/** What Metadata and DescribeTopicPartitions say of a partition alike. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { MetadataImage, PartitionImage } from "#metadata/image.ts";

export interface PartitionState {
  /** LEADER_NOT_AVAILABLE while no live broker leads it. */
  readonly errorCode: ErrorCode;
  readonly partitionIndex: number;
  /** −1 for none. */
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly replicaNodes: readonly number[];
  readonly isrNodes: readonly number[];
  readonly offlineReplicas: readonly number[];
}

export function partitionState(image: MetadataImage, partition: PartitionImage): PartitionState {
  const isLed = image.brokers.has(partition.leader);
  return {
    errorCode: isLed ? ErrorCode.NONE : ErrorCode.LEADER_NOT_AVAILABLE,
    partitionIndex: partition.index,
    leaderId: isLed ? partition.leader : -1,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: partition.replicas,
    isrNodes: partition.isr,
    offlineReplicas: partition.replicas.filter((id) => !image.brokers.has(id)),
  };
}
