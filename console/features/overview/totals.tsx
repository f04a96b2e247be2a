"use client";
import type { Cluster } from "@runnel/contracts/cluster.ts";
import Link from "next/link";
import type { ReactNode } from "react";
import { useHref } from "../../lib/cluster.tsx";
import { formatBytes, formatCompact, formatCount } from "../../lib/format.ts";
import { CopyButton } from "../../ui/copy.tsx";
import { Panel, Stat } from "../../ui/panel.tsx";

/** The headline numbers; each leads to what it counts. */
export function Totals({ cluster }: { readonly cluster: Cluster }): ReactNode {
  const href = useHref();
  const bootstrap = cluster.bootstrap.join(",");
  const link = (path: string, text: string): ReactNode => (
    <Link href={href(path)} className="hover:text-accent hover:underline">
      {text}
    </Link>
  );
  const troubled = cluster.underReplicatedCount + cluster.offlineCount;
  return (
    <Panel>
      <dl className="grid grid-cols-2 gap-x-6 gap-y-3 sm:grid-cols-4 xl:grid-cols-7">
        <Stat
          label="Topics"
          value={link("topics", formatCount(cluster.topicCount))}
          note={`and ${formatCount(cluster.internalTopicCount)} internal`}
        />
        <Stat
          label="Partitions"
          value={formatCount(cluster.partitionCount)}
          note={
            troubled === 0 ? (
              "all in sync"
            ) : (
              <span className="text-warn">
                {formatCount(cluster.underReplicatedCount)} behind,{" "}
                {formatCount(cluster.offlineCount)} offline
              </span>
            )
          }
        />
        <Stat
          label="Events"
          value={
            <span title={formatCount(cluster.eventCount)}>{formatCompact(cluster.eventCount)}</span>
          }
          note="in all topics"
        />
        <Stat label="On disk" value={formatBytes(cluster.sizeBytes)} note="on this broker" />
        <Stat
          label="Groups"
          value={
            cluster.groupCount === null ? "…" : link("groups", formatCount(cluster.groupCount))
          }
          note={cluster.groupCount === null ? "being loaded" : "of consumers"}
        />
        <Stat
          label="Brokers"
          value={link("brokers", formatCount(cluster.brokerCount))}
          note={`version ${cluster.version}`}
        />
        <div className="min-w-0">
          <dt className="text-xs text-muted">Clients connect to</dt>
          <dd className="flex items-center gap-1">
            <span className="mono truncate text-sm font-medium">{bootstrap}</span>
            <CopyButton text={bootstrap} label="Copy the address for clients" />
          </dd>
        </div>
      </dl>
    </Panel>
  );
}
