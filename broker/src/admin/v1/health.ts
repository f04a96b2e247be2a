/** Whether the cluster is well, and if not, why and what to do. */
import type { Health, HealthReason } from "@runnel/contracts/cluster.ts";
import type { TopicImage } from "#metadata/image.ts";
import type { V1Services } from "./services.ts";
import { countsOf } from "./topic-view.ts";

/** Reasons that are given; with so many, the first ones say enough. */
const REASONS_MAX = 100;
/** Of the disk, in parts of the whole. */
const FREE_LOW = 0.1;
const FREE_CRITICAL = 0.02;

/** The worst of all reasons, and those, the worst first. */
export async function healthOf(services: V1Services, areGroupsKnown: boolean): Promise<Health> {
  const reasons = [
    ...clusterReasons(services, areGroupsKnown),
    ...[...services.view.image.topicsById.values()].flatMap((one) => topicReasons(one, services)),
    ...logReasons(services),
    ...(await diskReasons(services)),
  ];
  const critical = reasons.filter(({ severity }) => severity === "critical");
  const others = reasons.filter(({ severity }) => severity !== "critical");
  return {
    status: critical.length > 0 ? "critical" : others.length > 0 ? "warning" : "ok",
    reasons: [...critical, ...others].slice(0, REASONS_MAX),
  };
}

function clusterReasons(services: V1Services, areGroupsKnown: boolean): HealthReason[] {
  const reasons: HealthReason[] = [];
  if (services.view.image.controllerId === -1) {
    reasons.push({
      severity: "critical",
      subject: "cluster",
      message: "there is no controller: nothing can be created or changed",
      remedy: "Wait for the election; if it lasts, see the brokers' logs about the metadata store.",
    });
  }
  if (!areGroupsKnown) {
    reasons.push({
      severity: "warning",
      subject: "groups",
      message: "consumer groups are being loaded",
      remedy: "Wait a moment; if it lasts, see the broker's log about __consumer_offsets.",
    });
  }
  return reasons;
}

function topicReasons(topic: TopicImage, { view }: V1Services): HealthReason[] {
  const { partitionCount, offlineCount, underReplicatedCount } = countsOf(view.image, topic);
  const subject = `topic ${topic.name}`;
  const reasons: HealthReason[] = [];
  if (offlineCount > 0) {
    reasons.push({
      severity: "critical",
      subject,
      message: `${offlineCount} of ${partitionCount} partitions have no leader`,
      remedy: "Start the brokers that have them.",
    });
  }
  if (underReplicatedCount > 0) {
    reasons.push({
      severity: "warning",
      subject,
      message: `${underReplicatedCount} of ${partitionCount} partitions have replicas out of sync`,
      remedy: "See whether a broker is down or slow; replicas catch up by themselves.",
    });
  }
  return reasons;
}

function logReasons({ replicas, broker }: V1Services): HealthReason[] {
  const reasons: HealthReason[] = [];
  const { failedCount } = replicas;
  if (failedCount > 0) {
    reasons.push({
      severity: "critical",
      subject: `broker ${broker.nodeId}`,
      message: `${failedCount} partitions are not served`,
      remedy:
        "See the broker's log for what the disk said; those whose data folder is in service are tried again every few seconds.",
    });
  }
  for (const { log, identity } of replicas.partitions()) {
    const subject = `partition ${identity.topicName}-${identity.index}`;
    if (log.state === "fenced") {
      reasons.push({
        severity: "critical",
        subject,
        message: "the disk failed: the log takes no more events",
        remedy: "Mend the disk, then restart the broker: the log is checked then.",
      });
    } else if (log.state === "repairing") {
      reasons.push({
        severity: "critical",
        subject,
        message: "the disk refused to write: the log goes on when it can",
        remedy: "Make room on the disk.",
      });
    }
  }
  return reasons;
}

async function diskReasons(services: V1Services): Promise<HealthReason[]> {
  const { folders } = services.logs;
  const subject = `broker ${services.broker.nodeId}`;
  const reasons = await Promise.all(
    folders.map(async ({ path, problem }) => {
      if (problem !== null) return offline(subject, path, problem);
      return fullness(await services.disk.space(path).catch(() => null), {
        subject,
        disk: folders.length === 1 ? "the disk" : `the disk of ${path}`,
      });
    }),
  );
  return reasons.flatMap((reason) => reason ?? []);
}

function offline(subject: string, path: string, problem: string): HealthReason {
  return {
    severity: "critical",
    subject,
    message: `the data folder ${path} is offline, with all partitions in it: ${problem}`,
    remedy: "Mend or mount its disk, then restart the broker: what is in it is checked then.",
  };
}

function fullness(
  space: { readonly freeBytes: number; readonly totalBytes: number } | null,
  { subject, disk }: { readonly subject: string; readonly disk: string },
): HealthReason | null {
  if (space === null) {
    const message = `${disk} does not say how full it is`;
    return { severity: "warning", subject, message, remedy: "See whether it is mounted." };
  }
  const share = space.freeBytes / space.totalBytes;
  if (!(share < FREE_LOW)) return null;
  return {
    severity: share < FREE_CRITICAL ? "critical" : "warning",
    subject,
    message: `${(share * 100).toFixed(1)} % of ${disk} is free`,
    remedy: "Make room, or lower `retention.ms` or `retention.bytes` of large topics.",
  };
}
