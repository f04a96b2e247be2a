"use client";
import type { Cluster } from "@runnel/contracts/cluster.ts";
import type { ReactNode } from "react";
import { useHref } from "../../lib/cluster.tsx";
import { formatBytes, formatCompact, formatCount } from "../../lib/format.ts";
import { Stat, Stats } from "../../ui/panel.tsx";

/** The headline numbers; each leads to what it counts. */
export function Totals({ cluster }: { readonly cluster: Cluster }): ReactNode {
  const href = useHref();
  const topics = href("topics");
  const { underReplicatedCount: behind, offlineCount: offline, groupCount } = cluster;
  return (
    <Stats>
      <Stat
        label="Topics"
        href={topics}
        value={formatCount(cluster.topicCount)}
        note={`and ${formatCount(cluster.internalTopicCount)} internal`}
      />
      <Stat
        label="Partitions"
        href={`${topics}?sort=partitionCount&order=desc`}
        value={formatCount(cluster.partitionCount)}
        note="internal topics included"
      />
      <Stat
        label="Behind or offline"
        href={`${topics}?show=troubled&internal=true`}
        value={
          <span className={offline > 0 ? "text-bad" : behind > 0 ? "text-warn" : ""}>
            {formatCount(behind + offline)}
          </span>
        }
        note={
          behind + offline === 0
            ? "all partitions are in sync"
            : `${formatCount(behind)} behind, ${formatCount(offline)} offline`
        }
      />
      <Stat
        label="Events"
        href={`${topics}?sort=eventCount&order=desc`}
        value={
          <span title={formatCount(cluster.eventCount)}>{formatCompact(cluster.eventCount)}</span>
        }
        note="in all topics"
      />
      <Stat
        label="On disk"
        href={`${topics}?sort=sizeBytes&order=desc&internal=true`}
        value={formatBytes(cluster.sizeBytes)}
        note="on this broker"
      />
      <Stat
        label="Groups"
        href={href("groups")}
        value={groupCount === null ? "…" : formatCount(groupCount)}
        note={groupCount === null ? "being loaded" : "of consumers"}
      />
      <Stat
        label="Brokers"
        href={href("brokers")}
        value={formatCount(cluster.brokerCount)}
        note={`version ${cluster.version}`}
      />
    </Stats>
  );
}
