/** Topics: the list, one of them, and what a new one is given. */
import type { Topic, TopicRow } from "@runnel/contracts/topics.ts";
import { describeTopicConfigs } from "#config/describe.ts";
import { ConfigSource, NO_OVERRIDES } from "#config/effective.ts";
import { topicVersion } from "#controller/versions.ts";
import type { Lags } from "#coordinator/lag-table.ts";
import type { MetadataImage, TopicImage } from "#metadata/image.ts";
import { authorize, isAllowed } from "./caller.ts";
import { configsOf } from "./configs.ts";
import { paginate } from "./paging.ts";
import type { Call } from "./serve.ts";
import type { V1Services } from "./services.ts";
import { contentOf, countsOf, isTroubled, openPartition, topicFor } from "./topic-view.ts";

export async function listTopics(
  { query, caller }: Call<"listTopics">,
  services: V1Services,
): Promise<{ items: TopicRow[]; nextCursor: string | null; total: number }> {
  const { lags } = await services.lags.current();
  const { image } = services.view;
  const names = query.names === undefined ? null : new Set(query.names);
  const topics = sortedTopics(image).filter(
    (topic) =>
      (!topic.isInternal || query.internal === true) &&
      (names === null || names.has(topic.name)) &&
      (query.troubled !== true || isTroubled(image, topic)) &&
      isAllowed(services, caller, "describe", "topic", topic.name),
  );
  const cut = paginate(
    {
      rows: topics,
      textOf: ({ name }) => name,
      keyOf: ({ name }) => name,
      sorts: {
        name: ({ name }) => name,
        partitionCount: ({ partitions }) => partitions.length,
        eventCount: (topic) => contentOf(services, topic).eventCount,
        sizeBytes: (topic) => contentOf(services, topic).sizeBytes,
        lastEventAt: (topic) => contentOf(services, topic).lastEventAt,
        maxLag: ({ name }) => lags?.topics.get(name)?.maxLag ?? null,
      },
      sortDefault: "name",
    },
    query,
  );
  const items = cut.rows.map((topic) => rowOf(topic, lags, services));
  return { items, nextCursor: cut.nextCursor, total: cut.total };
}

/** By identity of the map, which an image keeps until topics come or go. */
const sortedNames = new WeakMap<object, readonly TopicImage[]>();

/** Sorting thousands of names for every keystroke of a filter would be most of its cost. */
function sortedTopics({ topicsByName }: MetadataImage): readonly TopicImage[] {
  let topics = sortedNames.get(topicsByName);
  if (topics === undefined) {
    topics = [...topicsByName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    sortedNames.set(topicsByName, topics);
  }
  return topics;
}

export async function getTopic(
  { params, caller }: Call<"getTopic">,
  services: V1Services,
): Promise<Topic> {
  const topic = topicFor(services, caller, "describe", params.topic);
  const { lags } = await services.lags.current();
  return {
    ...rowOf(topic, lags, services),
    etag: topicVersion(topic),
    oldestEventAt: await oldestEventAt(topic, services),
    minInsyncReplicas: services.topicConfigs.of(topic).minInsyncReplicas,
  };
}

/** The least of all partitions; null where there is no event, or none bears a time. */
async function oldestEventAt(topic: TopicImage, services: V1Services): Promise<number | null> {
  const timeOf = services.eventTimes.reader();
  const times = await Promise.all(
    topic.partitions.map(async ({ index }) => {
      const partition = openPartition(services, topic.id, index);
      if (partition === null) return [];
      return (await timeOf(partition, partition.log.logStartOffset)) ?? [];
    }),
  );
  const known = times.flat();
  return known.length === 0 ? null : Math.min(...known);
}

export function getTopicDefaults(
  { caller }: Call<"getTopicDefaults">,
  services: V1Services,
): { partitionCount: number; replicationFactor: number; configs: ReturnType<typeof configsOf> } {
  authorize(services, caller, "describeConfigs", "cluster");
  const { broker, topicConfigs, view } = services;
  const wanted = broker.defaultReplicationFactor;
  const entries = describeTopicConfigs(NO_OVERRIDES, topicConfigs.layers(), null);
  return {
    partitionCount: broker.numPartitions,
    replicationFactor: wanted === -1 ? Math.min(3, view.image.brokers.size) : wanted,
    configs: configsOf(entries, ConfigSource.TOPIC),
  };
}

function rowOf(topic: TopicImage, lags: Lags | null, services: V1Services): TopicRow {
  const { name, id, isInternal } = topic;
  const { groupCount, maxLag } = lags?.topics.get(name) ?? { groupCount: 0, maxLag: 0 };
  return {
    name,
    id,
    isInternal,
    ...countsOf(services.view.image, topic),
    ...contentOf(services, topic),
    ...policyOf(topic, services),
    groups: lags === null ? null : { count: groupCount, maxLag },
  };
}

/** What keeps a topic from growing for ever. */
function policyOf(
  { configs }: TopicImage,
  { topicConfigs }: V1Services,
): Pick<TopicRow, "cleanupPolicy" | "retentionMs" | "retentionBytes"> {
  const names = ["cleanup.policy", "retention.ms", "retention.bytes"];
  const [policy, ms, bytes] = describeTopicConfigs(configs, topicConfigs.layers(), names);
  return {
    cleanupPolicy: policy?.value ?? "",
    retentionMs: ms?.value ?? "",
    retentionBytes: bytes?.value ?? "",
  };
}
