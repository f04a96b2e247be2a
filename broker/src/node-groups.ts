/** The group coordinator of a node: what it keeps its records in, and what it looks things up in. */
import type { Services } from "#api/handlers.ts";
import type { BrokerConfig } from "#config/broker-settings.ts";
import type { Controller } from "#controller/controller.ts";
import { createInternalTopic } from "#controller/internal-topics.ts";
import { GroupCoordinator, OFFSETS_TOPIC } from "#coordinator/group-coordinator.ts";
import { LagTable } from "#coordinator/lag-table.ts";
import type { GroupConfig, TopicLookup } from "#coordinator/ports.ts";
import type { World } from "#io/ports.ts";
import { roughTimeOfEvent } from "#log/event-time.ts";
import type { TopicImage } from "#metadata/image.ts";
import type { ImageFollower } from "#metadata/image-follower.ts";
import { InternalTopic } from "#replica/internal-topic.ts";
import type { Partition } from "#replica/partition.ts";
import type { TransactionGate } from "#replica/ports.ts";
import type { NodeConfig, Parts } from "./node-parts.ts";

export function groupCoordinator(
  { loaded }: NodeConfig,
  { clock, scheduler, random, logger }: World,
  parts: Pick<Parts, "controller" | "replicas"> & {
    readonly topics: TopicLookup;
    readonly gate: TransactionGate;
  },
): GroupCoordinator {
  const { broker } = loaded;
  const { topics, gate, controller, replicas } = parts;
  return new GroupCoordinator({
    log: new InternalTopic({
      name: OFFSETS_TOPIC,
      replicas,
      create: () => createOffsetsTopic(controller, broker),
    }),
    topics,
    gate,
    config: () => groupConfig(broker),
    clock,
    scheduler,
    random,
    logger,
  });
}

/** Tells the coordinator of topics that go, so that what was committed for them goes too. */
export function tellGroupsOfDeletedTopics(view: ImageFollower, { groups }: Services): void {
  view.subscribe((previous, next, { topicIds }) => {
    const gone = [...topicIds].filter((id) => !next.topicsById.has(id));
    const deleted = gone.flatMap((id) => previous.topicsById.get(id) ?? []);
    if (deleted.length === 0) return;
    groups.onTopicsDeleted(deleted.map(({ name, id: topicId }) => ({ name, topicId })));
  });
}

/** How far groups are behind, by what this node has of the partitions. */
export function lagTable({ groups, topics, replicas, clock }: Services): LagTable {
  const open = (topicId: string, index: number): Partition | null => {
    const found = replicas.find(topicId, index);
    return found.kind === "open" ? found.partition : null;
  };
  return new LagTable({
    groups,
    topics,
    clock,
    endOf: (topicId, index) => open(topicId, index)?.highWatermark ?? null,
    timeOf(topicId, index, offset) {
      const partition = open(topicId, index);
      if (partition === null) return null;
      return roughTimeOfEvent(partition.log, offset, partition.highWatermark);
    },
  });
}

/** Topics as the coordinator knows them. */
export function topicLookup(view: ImageFollower): TopicLookup {
  const info = (topic: TopicImage | undefined) =>
    topic && { name: topic.name, topicId: topic.id, partitionCount: topic.partitions.length };
  return {
    byName: (name) => info(view.image.topicsByName.get(name)),
    byId: (topicId) => info(view.image.topicsById.get(topicId)),
  };
}

/** The topic of committed offsets: as durable as any, never dropped by age or size. */
function createOffsetsTopic(controller: Controller, broker: BrokerConfig): Promise<void> {
  return createInternalTopic(controller, {
    name: OFFSETS_TOPIC,
    partitionCount: broker.offsetsTopicNumPartitions,
    replicationFactor: broker.offsetsTopicReplicationFactor,
    assignments: [],
    configs: [
      { name: "cleanup.policy", value: "compact" },
      { name: "segment.bytes", value: String(broker.offsetsTopicSegmentBytes) },
      { name: "retention.ms", value: "-1" },
      { name: "retention.bytes", value: "-1" },
    ],
  });
}

function groupConfig(broker: BrokerConfig): GroupConfig {
  return {
    initialRebalanceDelayMs: broker.groupInitialRebalanceDelayMs,
    sessionTimeoutMsMin: broker.groupMinSessionTimeoutMs,
    sessionTimeoutMsMax: broker.groupMaxSessionTimeoutMs,
    groupSizeMax: broker.groupMaxSize,
    offsetMetadataBytesMax: broker.offsetMetadataMaxBytes,
    offsetsRetentionMs: broker.offsetsRetentionMinutes * 60_000,
    offsetsRetentionCheckIntervalMs: Number(broker.offsetsRetentionCheckIntervalMs),
  };
}
