/** The cluster in one answer: what there is, and whether it is well. */
import type { Cluster } from "@runnel/contracts/cluster.ts";
import { formatAddress } from "#config/address.ts";
import { authorize } from "./caller.ts";
import { healthOf } from "./health.ts";
import type { Call } from "./serve.ts";
import type { V1Services } from "./services.ts";
import { eventCountOf, isOffline, isUnderReplicated } from "./topic-view.ts";

export async function getCluster(
  { caller, reachedAs }: Call<"getCluster">,
  services: V1Services,
): Promise<Cluster> {
  authorize(services, caller, "describe", "cluster");
  const { image } = services.view;
  const { lags } = await services.lags.current();
  const topics = [...image.topicsById.values()];
  const partitions = topics.flatMap((topic) => topic.partitions);
  const internalTopicCount = topics.filter(({ isInternal }) => isInternal).length;
  let [eventCount, sizeBytes] = [0, 0];
  for (const partition of services.replicas.partitions()) {
    sizeBytes += partition.log.size;
    if (!partition.identity.isInternal) eventCount += eventCountOf(partition);
  }
  return {
    clusterId: image.clusterId,
    controllerId: image.controllerId,
    version: services.about.version,
    bootstrap: services.listeners.map(({ host, port }) =>
      formatAddress({ host: isAnyAddress(host) ? reachedAs : host, port }),
    ),
    health: await healthOf(services, lags !== null),
    brokerCount: image.brokers.size,
    topicCount: topics.length - internalTopicCount,
    internalTopicCount,
    partitionCount: partitions.length,
    underReplicatedCount: partitions.filter(isUnderReplicated).length,
    offlineCount: partitions.filter((one) => isOffline(image, one)).length,
    groupCount: lags === null ? null : lags.groups.length,
    eventCount,
    sizeBytes,
  };
}

/** Nobody can connect to it: it stands for every address of the machine. */
const isAnyAddress = (host: string): boolean => ["", "0.0.0.0", "::"].includes(host);
