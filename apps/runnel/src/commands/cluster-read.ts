/** `runnel cluster status` and `brokers`. */
import { formatCount } from "../cli/format.ts";
import { renderFields, renderTable } from "../cli/table.ts";
import type { ClusterView, Partition } from "../kafka/cluster.ts";
import { type ClientFlags, withCluster } from "./client.ts";

export async function clusterStatus(flags: ClientFlags): Promise<void> {
  await withCluster(flags, async ({ cluster, output, isJson }) => {
    const view = await cluster.describe(null);
    const partitions = view.topics.flatMap((topic) => topic.partitions);
    const counts = {
      topics: view.topics.filter(({ isInternal }) => !isInternal).length,
      internalTopics: view.topics.filter(({ isInternal }) => isInternal).length,
      partitions: partitions.length,
      underReplicated: partitions.filter(isUnderReplicated).length,
      offline: partitions.filter(({ leader }) => leader < 0).length,
    };
    const brokers = brokersOf(view);
    if (isJson) {
      const { clusterId, controllerId } = view;
      await output.json({ clusterId, controllerId, ...counts, brokers });
      return;
    }
    await output.write(
      `${renderFields([
        ["Cluster", view.clusterId ?? "(has no id)"],
        ["Controller", view.controllerId],
        ["Topics", `${formatCount(counts.topics)} and ${counts.internalTopics} internal`],
        ["Partitions", formatCount(counts.partitions)],
        ["Under-replicated", formatCount(counts.underReplicated)],
        ["Offline", formatCount(counts.offline)],
      ])}\n${brokerTable(brokers)}`,
    );
  });
}

export async function listBrokers(flags: ClientFlags): Promise<void> {
  await withCluster(flags, async ({ cluster, output, isJson }) => {
    const brokers = brokersOf(await cluster.describe(null));
    if (isJson) await output.json(brokers);
    else await output.write(brokerTable(brokers));
  });
}

export interface BrokerSummary {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
  readonly controller: boolean;
  /** Partitions it leads. */
  readonly leaders: number;
  /** Copies of partitions it holds, those it leads among them. */
  readonly replicas: number;
  /** Copies it holds that are behind or offline. */
  readonly outOfSync: number;
}

/** What each broker does, by ascending id. */
export function brokersOf(view: ClusterView): readonly BrokerSummary[] {
  const partitions = view.topics.flatMap((topic) => topic.partitions);
  return [...view.brokers.values()]
    .sort((a, b) => a.nodeId - b.nodeId)
    .map(({ nodeId, host, port, rack }) => {
      const held = partitions.filter(({ replicas }) => replicas.includes(nodeId));
      return {
        id: nodeId,
        host,
        port,
        rack,
        controller: nodeId === view.controllerId,
        leaders: partitions.filter(({ leader }) => leader === nodeId).length,
        replicas: held.length,
        outOfSync: held.filter(({ isr }) => !isr.includes(nodeId)).length,
      };
    });
}

function isUnderReplicated({ isr, replicas }: Partition): boolean {
  return isr.length < replicas.length;
}

function brokerTable(brokers: readonly BrokerSummary[]): string {
  return renderTable(
    [
      { title: "BROKER", align: "right" },
      { title: "ADDRESS" },
      { title: "RACK" },
      { title: "CONTROLLER" },
      { title: "LEADS", align: "right" },
      { title: "REPLICAS", align: "right" },
      { title: "OUT OF SYNC", align: "right" },
    ],
    brokers.map((broker) => [
      broker.id,
      `${broker.host}:${broker.port}`,
      broker.rack ?? "-",
      broker.controller ? "yes" : "",
      formatCount(broker.leaders),
      formatCount(broker.replicas),
      formatCount(broker.outOfSync),
    ]),
  );
}
