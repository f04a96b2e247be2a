/** The brokers that live, their replicas and settings. */
import type { Broker, DataFolder, Replica } from "@runnel/contracts/cluster.ts";
import type { AnswerOf } from "@runnel/contracts/routes.ts";
import { ResourceType } from "#controller/change-configs.ts";
import { brokerConfigsVersion } from "#controller/versions.ts";
import type { FolderState } from "#log/log-dirs.ts";
import type { BrokerImage, MetadataImage } from "#metadata/image.ts";
import { Refusal } from "../problem.ts";
import { authorize } from "./caller.ts";
import { change, describe } from "./configs.ts";
import { placeKey } from "./group-view.ts";
import { paginate } from "./paging.ts";
import type { Call } from "./serve.ts";
import type { V1Services } from "./services.ts";
import { openPartition } from "./topic-view.ts";

export async function listBrokers(
  { query, caller }: Call<"listBrokers">,
  services: V1Services,
): Promise<AnswerOf<"listBrokers">> {
  authorize(services, caller, "describe", "cluster");
  const { image } = services.view;
  const counts = replicaCounts(image);
  const cut = paginate(
    {
      rows: [...image.brokers.values()],
      textOf: ({ id, rack }) => `${id} ${rack ?? ""}`,
      keyOf: ({ id }) => String(id).padStart(10, "0"),
      sorts: {
        id: ({ id }) => id,
        partitionCount: ({ id }) => counts.get(id)?.partitions ?? 0,
        leaderCount: ({ id }) => counts.get(id)?.leaders ?? 0,
      },
      sortDefault: "id",
    },
    query,
  );
  const items = await Promise.all(cut.rows.map((broker) => viewOf(broker, counts, services)));
  return { items, nextCursor: cut.nextCursor, total: cut.total };
}

export async function getBroker(
  { params, caller }: Call<"getBroker">,
  services: V1Services,
): Promise<Broker> {
  authorize(services, caller, "describe", "cluster");
  const broker = liveBroker(services, params.broker);
  return await viewOf(broker, replicaCounts(services.view.image), services);
}

function liveBroker({ view }: V1Services, id: number): BrokerImage {
  const broker = view.image.brokers.get(id);
  if (broker !== undefined) return broker;
  throw new Refusal("not-found", {
    detail: `broker ${id}: there is no live broker with this id`,
    remedy: "See /v1/brokers for those that live.",
  });
}

interface ReplicaCount {
  partitions: number;
  leaders: number;
}

function replicaCounts({ topicsById }: MetadataImage): ReadonlyMap<number, ReplicaCount> {
  const counts = new Map<number, ReplicaCount>();
  const countOf = (id: number): ReplicaCount => {
    let count = counts.get(id);
    if (count === undefined) {
      count = { partitions: 0, leaders: 0 };
      counts.set(id, count);
    }
    return count;
  };
  for (const { partitions } of topicsById.values()) {
    for (const { replicas, leader } of partitions) {
      for (const id of replicas) countOf(id).partitions += 1;
      countOf(leader).leaders += 1;
    }
  }
  return counts;
}

async function viewOf(
  { id, rack, epoch, endpoints }: BrokerImage,
  counts: ReadonlyMap<number, ReplicaCount>,
  services: V1Services,
): Promise<Broker> {
  const { image } = services.view;
  const isSelf = id === services.broker.nodeId;
  const { partitions, leaders } = counts.get(id) ?? { partitions: 0, leaders: 0 };
  const share = image.partitionCount / Math.max(1, image.brokers.size);
  const advertised = endpoints.map(({ listenerName: name, host, port }) => ({ name, host, port }));
  return {
    id,
    isSelf,
    isController: id === image.controllerId,
    rack,
    epoch,
    listeners: isSelf ? [...services.listeners] : advertised,
    partitionCount: partitions,
    leaderCount: leaders,
    leaderSkew: share === 0 ? 0 : leaders / share - 1,
    ...(isSelf ? await ownState(services) : UNKNOWN_STATE),
  };
}

/** What a broker knows of itself alone. */
type OwnState = Pick<
  Broker,
  | "sizeBytes"
  | "dataFolder"
  | "dataFolders"
  | "diskTotalBytes"
  | "diskFreeBytes"
  | "version"
  | "runtime"
  | "startedAt"
>;

const UNKNOWN_STATE: OwnState = {
  sizeBytes: null,
  dataFolder: null,
  dataFolders: null,
  diskTotalBytes: null,
  diskFreeBytes: null,
  version: null,
  runtime: null,
  startedAt: null,
};

async function ownState(services: V1Services): Promise<OwnState> {
  const { replicas, about, logs } = services;
  let sizeBytes = 0;
  for (const { log } of replicas.partitions()) sizeBytes += log.size;
  const dataFolders = await Promise.all(logs.folders.map((one) => folderOf(one, services)));
  const first = dataFolders[0];
  return {
    sizeBytes,
    dataFolder: first?.path ?? null,
    dataFolders,
    diskTotalBytes: first?.totalBytes ?? null,
    diskFreeBytes: first?.freeBytes ?? null,
    ...about,
  };
}

async function folderOf(
  { path, problem, logs }: FolderState,
  { disk }: V1Services,
): Promise<DataFolder> {
  let sizeBytes = 0;
  for (const log of logs.values()) sizeBytes += log.size;
  const space = await disk.space(path).catch(() => null);
  return {
    path,
    error: problem,
    partitionCount: logs.size,
    sizeBytes,
    totalBytes: space?.totalBytes ?? null,
    freeBytes: space?.freeBytes ?? null,
  };
}

export function listReplicas(
  { params, query, caller }: Call<"listReplicas">,
  services: V1Services,
): AnswerOf<"listReplicas"> {
  authorize(services, caller, "describe", "cluster");
  const { id } = liveBroker(services, params.broker);
  const rows: Replica[] = [];
  for (const topic of services.view.image.topicsById.values()) {
    for (const { index, replicas, leader, isr } of topic.partitions) {
      if (!replicas.includes(id)) continue;
      rows.push({
        topic: topic.name,
        partition: index,
        isLeader: leader === id,
        isInSync: isr.includes(id),
        sizeBytes: sizeOn(id, topic.id, index, services),
      });
    }
  }
  const key = ({ topic, partition }: Replica) => placeKey(topic, partition);
  const cut = paginate(
    {
      rows,
      textOf: ({ topic }) => topic,
      keyOf: key,
      sorts: { topic: key, sizeBytes: ({ sizeBytes }) => sizeBytes },
      sortDefault: "topic",
    },
    query,
  );
  return { items: [...cut.rows], nextCursor: cut.nextCursor, total: cut.total };
}

function sizeOn(id: number, topicId: string, index: number, services: V1Services): number | null {
  if (id !== services.broker.nodeId) return null;
  return openPartition(services, topicId, index)?.log.size ?? null;
}

/** The broker's name among resources: empty for all of them. */
function resourceOf(broker: string): { readonly type: number; readonly name: string } {
  return { type: ResourceType.BROKER, name: broker === "default" ? "" : String(Number(broker)) };
}

const idOf = (name: string): number | null => (name === "" ? null : Number(name));

export function getBrokerConfigs(
  { params, caller }: Call<"getBrokerConfigs">,
  services: V1Services,
): AnswerOf<"getBrokerConfigs"> {
  authorize(services, caller, "describeConfigs", "cluster");
  const resource = resourceOf(params.broker);
  const id = idOf(resource.name);
  if (id !== null) liveBroker(services, id);
  const etag = brokerConfigsVersion(services.view.image, id);
  return { etag, items: describe(services, resource, `broker ${params.broker}`) };
}

export async function changeBrokerConfigs(
  { params, body, query, expectedVersion, caller }: Call<"changeBrokerConfigs">,
  services: V1Services,
): Promise<AnswerOf<"changeBrokerConfigs">> {
  authorize(services, caller, "alterConfigs", "cluster");
  const resource = resourceOf(params.broker);
  const id = idOf(resource.name);
  if (id !== null) liveBroker(services, id);
  return await change(services, {
    ...resource,
    subject: `broker ${params.broker}`,
    configs: body.configs,
    expectedVersion,
    isDryRun: query.dryRun === true,
    actor: caller.actor,
    version: () => brokerConfigsVersion(services.view.image, id),
  });
}
