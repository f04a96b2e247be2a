"use client";
import type { TopicRow } from "@runnel/contracts/topics.ts";
import { Star } from "lucide-react";
import type { ReactNode } from "react";
import type { Href } from "../../lib/cluster.tsx";
import { cn } from "../../lib/cn.ts";
import { formatBytes, formatCount, formatIso, formatRetention } from "../../lib/format.ts";
import { toggleStar, usePreferences } from "../../lib/preferences.ts";
import { Badge } from "../../ui/badge.tsx";
import type { Column } from "../../ui/grid.tsx";
import { LagEvents } from "../../ui/lag.tsx";
import { NameLink } from "../../ui/name-link.tsx";
import { Sparkline } from "../../ui/sparkline.tsx";
import { Ago } from "../../ui/time.tsx";

/** Columns that a first look does without. */
export const HIDDEN_AT_FIRST = ["retention", "id"] as const;

export function topicColumns(href: Href): readonly Column<TopicRow>[] {
  return [
    {
      id: "name",
      header: "Topic",
      width: "minmax(220px, 2fr)",
      sort: "name",
      cell: (topic) => <NameCell topic={topic} href={href} />,
      text: ({ name }) => name,
    },
    {
      id: "partitions",
      header: "Partitions",
      width: "88px",
      align: "right",
      sort: "partitionCount",
      cell: ({ partitionCount }) => formatCount(partitionCount),
      text: ({ partitionCount }) => String(partitionCount),
    },
    {
      id: "replicas",
      header: "Replicas",
      width: "112px",
      align: "right",
      cell: (topic) => <ReplicaCell topic={topic} />,
      text: ({ replicationFactor }) => String(replicationFactor),
    },
    {
      id: "events",
      header: "Events",
      width: "108px",
      align: "right",
      sort: "eventCount",
      cell: (topic) => <EventCount topic={topic} />,
      text: ({ eventCount }) => String(eventCount),
    },
    {
      id: "size",
      header: "Size",
      width: "96px",
      align: "right",
      sort: "sizeBytes",
      cell: ({ sizeBytes }) => formatBytes(sizeBytes),
      text: ({ sizeBytes }) => String(sizeBytes),
    },
    {
      id: "rate",
      header: "Events in",
      width: "176px",
      align: "right",
      cell: ({ name }) => (
        <Sparkline series={`runnel_topic_received_events_total:rate{=${name}}`} unit="1/s" />
      ),
    },
    {
      id: "last",
      header: "Last event",
      width: "104px",
      align: "right",
      sort: "lastEventAt",
      cell: ({ lastEventAt }) => <Ago at={lastEventAt} />,
      text: ({ lastEventAt }) => (lastEventAt === null ? "" : formatIso(lastEventAt)),
    },
    {
      id: "groups",
      header: "Groups",
      width: "76px",
      align: "right",
      cell: ({ groups }) => (groups === null ? <Loading /> : formatCount(groups.count)),
      text: ({ groups }) => String(groups?.count ?? ""),
    },
    {
      id: "lag",
      header: "Max lag",
      width: "88px",
      align: "right",
      sort: "maxLag",
      cell: ({ groups }) => <LagCell groups={groups} />,
      text: ({ groups }) => String(groups?.maxLag ?? ""),
    },
    {
      id: "cleanup",
      header: "Cleanup",
      width: "92px",
      cell: ({ cleanupPolicy }) => <Badge>{cleanupPolicy}</Badge>,
      text: ({ cleanupPolicy }) => cleanupPolicy,
    },
    {
      id: "retention",
      header: "Retention",
      width: "104px",
      align: "right",
      cell: ({ retentionMs }) => formatRetention(retentionMs),
      text: ({ retentionMs }) => retentionMs,
    },
    {
      id: "id",
      header: "Id",
      width: "190px",
      cell: ({ id }) => <span className="mono text-xs text-muted">{id}</span>,
      text: ({ id }) => id,
    },
  ];
}

function NameCell({ topic, href }: { readonly topic: TopicRow; readonly href: Href }): ReactNode {
  const { stars } = usePreferences();
  const isStarred = stars.includes(topic.name);
  return (
    <span className="flex min-w-0 items-center gap-2">
      <button
        type="button"
        tabIndex={-1}
        aria-label={isStarred ? `Unmark ${topic.name}` : `Mark ${topic.name}`}
        aria-pressed={isStarred}
        onClick={() => toggleStar(topic.name)}
        className={cn("shrink-0", isStarred ? "text-warn" : "text-line-strong hover:text-muted")}
      >
        <Star className="size-3.5" fill={isStarred ? "currentColor" : "none"} />
      </button>
      <NameLink isInGrid href={href("topics", topic.name)} className="truncate">
        {topic.name}
      </NameLink>
      {topic.isInternal && <Badge tone="violet">internal</Badge>}
    </span>
  );
}

function ReplicaCell({ topic }: { readonly topic: TopicRow }): ReactNode {
  const { offlineCount, underReplicatedCount, replicationFactor } = topic;
  return (
    <span className="flex items-center justify-end gap-1.5 font-sans">
      {offlineCount > 0 && <Badge tone="bad">{formatCount(offlineCount)} offline</Badge>}
      {offlineCount === 0 && underReplicatedCount > 0 && (
        <Badge tone="warn">{formatCount(underReplicatedCount)} behind</Badge>
      )}
      <span className="mono">{replicationFactor}</span>
    </span>
  );
}

/** On a compacted topic offsets have gaps: then their number only bounds that of events. */
export function EventCount({
  topic: { eventCount, cleanupPolicy },
}: {
  readonly topic: Pick<TopicRow, "eventCount" | "cleanupPolicy">;
}): ReactNode {
  const isBound = cleanupPolicy.includes("compact") && eventCount > 0;
  return (
    <span title={isBound ? "At most: compaction leaves gaps between offsets" : undefined}>
      {isBound && <span className="text-faint">≤ </span>}
      {formatCount(eventCount)}
    </span>
  );
}

function LagCell({ groups }: { readonly groups: TopicRow["groups"] }): ReactNode {
  if (groups === null) return <Loading />;
  if (groups.count === 0) return <span className="text-faint">–</span>;
  return <LagEvents lag={{ events: groups.maxLag }} />;
}

function Loading(): ReactNode {
  return (
    <span className="text-faint" title="The groups are being loaded">
      …
    </span>
  );
}
