/** Topics as the image and the logs of this broker show them. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { Operation } from "#auth/authorizer.ts";
import type { MetadataImage, PartitionImage, TopicImage } from "#metadata/image.ts";
import type { Partition } from "#replica/partition.ts";
import { authorize, type Caller } from "./caller.ts";
import { kafkaRefusal } from "./kafka-problem.ts";
import type { V1Services } from "./services.ts";

/** The topic, where the caller may do `operation` with it; throws the refusal where not. */
export function topicFor(
  services: V1Services,
  caller: Caller,
  operation: Operation,
  name: string,
): TopicImage {
  authorize(services, caller, operation, "topic", name);
  const topic = services.view.image.topicsByName.get(name);
  if (topic !== undefined) return topic;
  throw kafkaRefusal(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, {
    subject: `topic ${name}`,
    message: "there is no such topic",
  });
}

/** The partition where it is open on this broker. */
export function openPartition(
  { replicas }: Pick<V1Services, "replicas">,
  topicId: string,
  index: number,
): Partition | null {
  const found = replicas.find(topicId, index);
  return found.kind === "open" ? found.partition : null;
}

/** What is in a topic, on this broker. */
export interface TopicContent {
  readonly eventCount: number;
  readonly sizeBytes: number;
  readonly lastEventAt: number | null;
}

export function contentOf(services: V1Services, topic: TopicImage): TopicContent {
  let [eventCount, sizeBytes] = [0, 0];
  let lastEventAt: number | null = null;
  for (const { index } of topic.partitions) {
    const partition = openPartition(services, topic.id, index);
    if (partition === null) continue;
    eventCount += eventCountOf(partition);
    sizeBytes += partition.log.size;
    const newest = newestEventAt(partition);
    if (newest !== null) lastEventAt = Math.max(lastEventAt ?? newest, newest);
  }
  return { eventCount, sizeBytes, lastEventAt };
}

export function eventCountOf({ log, highWatermark }: Partition): number {
  return Math.max(0, highWatermark - log.logStartOffset);
}

/** Largest timestamp of an event; null without any. */
export function newestEventAt(partition: Partition): number | null {
  if (eventCountOf(partition) === 0) return null;
  const newest = partition.log.segments.reduce(
    (most, { maxTimestamp }) => Math.max(most, maxTimestamp),
    -1,
  );
  return newest < 0 ? null : newest;
}

export function isOffline(image: MetadataImage, { leader }: PartitionImage): boolean {
  return !image.brokers.has(leader);
}

export function isUnderReplicated({ isr, replicas }: PartitionImage): boolean {
  return isr.length < replicas.length;
}

/** Whether some of its partitions have no leader, or not all of their replicas. */
export function isTroubled(image: MetadataImage, { partitions }: TopicImage): boolean {
  return partitions.some((one) => isOffline(image, one) || isUnderReplicated(one));
}

export interface PartitionCounts {
  readonly partitionCount: number;
  readonly replicationFactor: number;
  readonly underReplicatedCount: number;
  readonly offlineCount: number;
}

export function countsOf(image: MetadataImage, { partitions }: TopicImage): PartitionCounts {
  return {
    partitionCount: partitions.length,
    replicationFactor: partitions[0]?.replicas.length ?? 0,
    underReplicatedCount: partitions.filter(isUnderReplicated).length,
    offlineCount: partitions.filter((one) => isOffline(image, one)).length,
  };
}
