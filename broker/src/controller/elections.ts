/** Raises leader epochs: whoever leads after a crash does so in a new epoch (KIP-101, KIP-320). Pure. */
import type { MetadataImage, PartitionImage } from "#metadata/image.ts";
import { type PartitionRecord, partitionKey, topicKey } from "#metadata/keys.ts";
import type { Planned } from "./commit.ts";

export interface PartitionReference {
  readonly topicId: string;
  readonly index: number;
}

/** The partitions that `brokerId` leads. */
export function partitionsLedBy(
  image: MetadataImage,
  brokerId: number,
): readonly PartitionReference[] {
  return [...image.topicsById.values()].flatMap((topic) =>
    topic.partitions
      .filter((partition) => partition.leader === brokerId)
      .map(({ index }) => ({ topicId: topic.id, index })),
  );
}

/** Leaves each partition to its leader and raises its epoch; true where that was done. */
export function planReelection(
  image: MetadataImage,
  partitions: readonly PartitionReference[],
): readonly Planned<boolean>[] {
  return partitions.map(({ topicId, index }) => {
    const topic = image.topicsById.get(topicId);
    const partition = topic?.partitions[index];
    if (topic === undefined || partition === undefined) {
      return { result: false, compare: [], operations: [] };
    }
    const key = partitionKey(topicId, index);
    const value = JSON.stringify(inNextEpoch(partition));
    return {
      result: true,
      compare: [
        { kind: "modRevision", key, equals: partition.modRevision },
        { kind: "modRevision", key: topicKey(topic.name), equals: topic.modRevision },
      ],
      operations: [{ kind: "put", key, value }],
    };
  });
}

function inNextEpoch(partition: PartitionImage): PartitionRecord {
  const { index: _index, modRevision: _modRevision, ...record } = partition;
  return {
    ...record,
    leaderEpoch: partition.leaderEpoch + 1,
    partitionEpoch: partition.partitionEpoch + 1,
  };
}
