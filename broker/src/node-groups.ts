/** The group coordinator of a node: what it keeps its records in, and what it looks things up in. */
import type { Services } from "#api/handlers.ts";
import type { BrokerConfig } from "#config/broker-settings.ts";
import { type Overrides, resolveGroupTimings } from "#config/effective.ts";
import type { Controller } from "#controller/controller.ts";
import { createInternalTopic } from "#controller/internal-topics.ts";
import { GroupCoordinator, OFFSETS_TOPIC } from "#coordinator/group-coordinator.ts";
import { LagTable } from "#coordinator/lag-table.ts";
import type { GroupConfig, TopicLookup } from "#coordinator/ports.ts";
import type { World } from "#io/ports.ts";
import { roughTimeOfEvent } from "#log/event-time.ts";
import type { MetadataImage, TopicImage } from "#metadata/image.ts";
import type { ImageFollower } from "#metadata/image-follower.ts";
import { layersOf } from "#metadata/topic-configs.ts";
import { InternalTopic } from "#replica/internal-topic.ts";
import type { Partition } from "#replica/partition.ts";
import type { TransactionGate } from "#replica/ports.ts";
import type { NodeConfig, Parts } from "./node-parts.ts";

export function groupCoordinator(
  { loaded }: NodeConfig,
  { clock, scheduler, random, logger }: World,
  parts: Pick<Parts, "controller" | "replicas" | "view"> & {
    readonly topics: TopicLookup;
    readonly gate: TransactionGate;
  },
): GroupCoordinator {
  const { broker, fixed } = loaded;
  const { topics, gate, controller, replicas, view } = parts;
  return new GroupCoordinator({
    log: new InternalTopic({
      name: OFFSETS_TOPIC,
      replicas,
      create: () => createOffsetsTopic(controller, broker),
    }),
    topics,
    gate,
    config: groupConfigs(broker, fixed, view),
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
  let version = 0;
  view.subscribe((previous, next, { topicIds }) => {
    const countIn = (image: MetadataImage, id: string) =>
      image.topicsById.get(id)?.partitions.length ?? 0;
    const isChanged = [...topicIds].some((id) => countIn(previous, id) !== countIn(next, id));
    if (isChanged) version += 1;
  });
  const info = (topic: TopicImage | undefined) =>
    topic && { name: topic.name, topicId: topic.id, partitionCount: topic.partitions.length };
  return {
    get version() {
      return version;
    },
    names: () => namesOf(view.image),
    byName: (name) => info(view.image.topicsByName.get(name)),
    byId: (topicId) => info(view.image.topicsById.get(topicId)),
  };
}

function* namesOf({ topicsByName }: MetadataImage): Generator<string> {
  for (const [name, { isInternal }] of topicsByName) if (!isInternal) yield name;
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

/** The settings of groups: those of the broker are fixed, those of a group as they are at the moment. */
function groupConfigs(
  broker: BrokerConfig,
  fixed: Overrides,
  view: ImageFollower,
): () => GroupConfig {
  const { groupConsumerHeartbeatIntervalMs, groupConsumerSessionTimeoutMs } = broker;
  const common = {
    heartbeatIntervalMs: groupConsumerHeartbeatIntervalMs,
    sessionTimeoutMs: groupConsumerSessionTimeoutMs,
  };
  const config: GroupConfig = {
    initialRebalanceDelayMs: broker.groupInitialRebalanceDelayMs,
    sessionTimeoutMsMin: broker.groupMinSessionTimeoutMs,
    sessionTimeoutMsMax: broker.groupMaxSessionTimeoutMs,
    groupSizeMax: broker.groupMaxSize,
    offsetMetadataBytesMax: broker.offsetMetadataMaxBytes,
    offsetsRetentionMs: broker.offsetsRetentionMinutes * 60_000,
    offsetsRetentionCheckIntervalMs: Number(broker.offsetsRetentionCheckIntervalMs),
    consumer: {
      groupSizeMax: broker.groupConsumerMaxSize,
      assignors: broker.groupConsumerAssignors,
      migrationPolicy: broker.groupConsumerMigrationPolicy,
      timingsOf(groupId) {
        const own = view.image.groupConfigs.get(groupId);
        if (own === undefined) return common;
        return resolveGroupTimings(own, layersOf(view.image, broker.nodeId, fixed));
      },
    },
  };
  return () => config;
}
