/** `runnel topic list` and `describe`. */
import { formatBytes, formatCount, formatCounted } from "../cli/format.ts";
import { renderFields, renderTable } from "../cli/table.ts";
import type { Cluster, ClusterView, Topic } from "../kafka/cluster.ts";
import { type ConfigValue, topicConfigs } from "../kafka/configs.ts";
import { type Range, rangesOf, topicOf } from "../kafka/offsets.ts";
import { partitionSizes } from "../kafka/sizes.ts";
import { type ClientFlags, type Session, withCluster } from "./client.ts";

export async function listTopics(flags: ClientFlags & { internal?: boolean }): Promise<void> {
  await withCluster(flags, async ({ cluster, output, isJson }) => {
    const view = await cluster.describe(null);
    const topics = view.topics.filter((topic) => flags.internal === true || !topic.isInternal);
    if (isJson) {
      await output.json(topics.map(summaryOf));
      return;
    }
    if (topics.length === 0) {
      output.remark("There are no topics yet; create one with: runnel topic create NAME");
      return;
    }
    const rows = topics.map((topic) => {
      const { partitions, replicas, underReplicated, offline } = summaryOf(topic);
      return [topic.name, partitions, replicas, underReplicated, offline];
    });
    const right = { align: "right" } as const;
    await output.write(
      renderTable(
        [
          { title: "TOPIC" },
          { title: "PARTITIONS", ...right },
          { title: "REPLICAS", ...right },
          { title: "UNDER-REPLICATED", ...right },
          { title: "OFFLINE", ...right },
        ],
        rows,
      ),
    );
  });
}

function summaryOf(topic: Topic): {
  name: string;
  id: string;
  internal: boolean;
  partitions: number;
  replicas: number;
  underReplicated: number;
  offline: number;
} {
  return {
    name: topic.name,
    id: topic.id,
    internal: topic.isInternal,
    partitions: topic.partitions.length,
    replicas: topic.partitions[0]?.replicas.length ?? 0,
    underReplicated: topic.partitions.filter((each) => each.isr.length < each.replicas.length)
      .length,
    offline: topic.partitions.filter((each) => each.leader < 0).length,
  };
}

export async function describeTopics(
  names: readonly string[],
  flags: ClientFlags & { allConfigs?: boolean },
): Promise<void> {
  await withCluster(flags, async (session) => {
    const view = await session.cluster.describe(names);
    const described: Description[] = [];
    for (const name of new Set(names)) {
      described.push(await describeTopic(session.cluster, view, topicOf(view, name)));
    }
    await print(described, session, flags.allConfigs === true);
  });
}

interface Description {
  readonly topic: Topic;
  readonly ranges: ReadonlyMap<number, Range>;
  readonly configs: readonly ConfigValue[];
  /** Bytes by partition on its leader; empty where the brokers do not tell. */
  readonly sizes: ReadonlyMap<number, number>;
}

async function describeTopic(
  cluster: Cluster,
  view: ClusterView,
  topic: Topic,
): Promise<Description> {
  // Offsets can only be asked of partitions that have a leader.
  const led = topic.partitions.filter(({ leader }) => leader >= 0);
  const [ranges, configs, sizes] = await Promise.all([
    rangesOf(
      cluster,
      view,
      topic,
      led.map(({ partition }) => partition),
    ),
    topicConfigs(cluster, topic.name),
    partitionSizes(cluster, view, topic),
  ]);
  return { topic, ranges, configs, sizes };
}

async function print(
  described: readonly Description[],
  { output, isJson }: Session,
  hasAllConfigs: boolean,
): Promise<void> {
  const wanted = (configs: readonly ConfigValue[]): ConfigValue[] =>
    configs.filter((config) => hasAllConfigs || !config.isDefault);
  if (isJson) {
    await output.json(described.map((each) => toJson(each, wanted(each.configs))));
    return;
  }
  for (const [index, each] of described.entries()) {
    if (index > 0) await output.write("\n");
    await output.write(toText(each, wanted(each.configs)));
  }
}

function toJson({ topic, ranges, sizes }: Description, configs: readonly ConfigValue[]): unknown {
  return {
    ...summaryOf(topic),
    partitions: topic.partitions.map((each) => {
      const range = ranges.get(each.partition);
      return {
        partition: each.partition,
        leader: each.leader < 0 ? null : each.leader,
        leaderEpoch: each.leaderEpoch,
        replicas: each.replicas,
        isr: each.isr,
        offline: each.offline,
        startOffset: range === undefined ? null : Number(range.start),
        endOffset: range === undefined ? null : Number(range.end),
        bytes: sizes.get(each.partition) ?? null,
      };
    }),
    configs: Object.fromEntries(configs.map(({ name, value }) => [name, value])),
  };
}

function toText(description: Description, configs: readonly ConfigValue[]): string {
  const { topic, ranges, sizes } = description;
  const records = [...ranges.values()].reduce((sum, { start, end }) => sum + end - start, 0n);
  const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const { partitions, replicas } = summaryOf(topic);
  const fields = renderFields([
    ["Topic", topic.name],
    ["Id", topic.id],
    ["Partitions", `${partitions}, each with ${formatCounted(replicas, "replica")}`],
    ["Offsets held", formatCount(records)],
    ...(sizes.size > 0 ? [["Size", formatBytes(bytes)] as const] : []),
    ...configs.map(({ name, value }) => [name, value ?? "(hidden)"] as const),
  ]);
  const rows = topic.partitions.map((each) => {
    const range = ranges.get(each.partition);
    const size = sizes.get(each.partition);
    return [
      each.partition,
      each.leader < 0 ? "none" : each.leader,
      each.replicas.join(","),
      each.isr.join(","),
      range === undefined ? "-" : formatCount(range.start),
      range === undefined ? "-" : formatCount(range.end),
      size === undefined ? "-" : formatBytes(size),
    ];
  });
  return `${fields}\n${renderTable(PARTITION_COLUMNS, rows)}`;
}

const PARTITION_COLUMNS = [
  { title: "PARTITION", align: "right" },
  { title: "LEADER", align: "right" },
  { title: "REPLICAS" },
  { title: "IN SYNC" },
  { title: "START", align: "right" },
  { title: "END", align: "right" },
  { title: "SIZE", align: "right" },
] as const;
