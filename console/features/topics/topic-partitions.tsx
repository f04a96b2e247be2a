"use client";
import type { Partition } from "@runnel/contracts/topics.ts";
import { useInfiniteQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { type ReactNode, useCallback, useMemo } from "react";
import { type Href, useHref } from "../../lib/cluster.tsx";
import { partitionsQuery } from "../../lib/data/topics.ts";
import { formatBytes, formatCount } from "../../lib/format.ts";
import { useRefreshMs } from "../../lib/preferences.ts";
import { Badge } from "../../ui/badge.tsx";
import { type Column, Grid } from "../../ui/grid.tsx";
import { HolderLink } from "../../ui/holder.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { ProblemPanel } from "../../ui/states.tsx";
import { Ago } from "../../ui/time.tsx";
import { CompactionCell } from "./compaction-cell.tsx";

export function TopicPartitions({ topic }: { readonly topic: string }): ReactNode {
  const refetchInterval = useRefreshMs();
  const query = useInfiniteQuery({ ...partitionsQuery(topic), refetchInterval });
  const href = useHref();
  const router = useRouter();
  const rows = useMemo(() => query.data?.pages.flatMap(({ items }) => items) ?? [], [query.data]);
  const isCompacted = rows.some(({ compaction }) => compaction !== null);
  const isHeld = rows.some(({ holder }) => holder !== null);
  const columns = useMemo(
    () => partitionColumns({ topic, href, isCompacted, isHeld }),
    [topic, href, isCompacted, isHeld],
  );
  const { hasNextPage, isFetchingNextPage, fetchNextPage, error } = query;
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  if (query.data === undefined) {
    return error === null ? (
      <SkeletonRows count={6} />
    ) : (
      <ProblemPanel
        error={error}
        onRetry={() => void query.refetch()}
        isRetrying={query.isFetching}
      />
    );
  }
  return (
    <div className="flex min-h-0 flex-1 flex-col bg-surface">
      <Grid
        label={`Partitions of ${topic}`}
        columns={columns}
        rows={rows}
        keyOf={({ partition }) => String(partition)}
        onOpen={({ partition }) =>
          router.push(`${href("topics", topic, "events")}?partitions=${partition}`)
        }
        onEnd={onEnd}
      />
    </div>
  );
}

interface Shown {
  readonly topic: string;
  readonly href: Href;
  /** Some partition is compacted. */
  readonly isCompacted: boolean;
  /** In some partition a transaction keeps readers of committed data back. */
  readonly isHeld: boolean;
}

function partitionColumns({
  topic,
  href,
  isCompacted,
  isHeld,
}: Shown): readonly Column<Partition>[] {
  return [
    {
      id: "partition",
      header: "Partition",
      width: "96px",
      align: "right",
      cell: ({ partition }) => partition,
    },
    {
      id: "leader",
      header: "Leader",
      width: "120px",
      cell: ({ leader, leaderEpoch }) => <LeaderCell {...{ leader, leaderEpoch, href }} />,
    },
    {
      id: "replicas",
      header: "Replicas in sync",
      width: "minmax(150px, 1fr)",
      cell: ({ replicas, isr, isUnderReplicated }) => (
        <span className="flex items-center gap-1.5">
          <span className="mono text-xs">
            {isr.length} of {replicas.length}
          </span>
          <span className="mono text-xs text-faint">[{replicas.join(", ")}]</span>
          {isUnderReplicated && <Badge tone="warn">behind</Badge>}
        </span>
      ),
    },
    {
      id: "start",
      header: "First offset",
      width: "120px",
      align: "right",
      cell: ({ logStart }) => formatCount(logStart),
    },
    {
      id: "end",
      header: "Next offset",
      width: "120px",
      align: "right",
      cell: ({ highWatermark, logEnd }) => (
        <span title={`Behind the last event: ${formatCount(logEnd)}`}>
          {formatCount(highWatermark)}
        </span>
      ),
    },
    ...(isHeld ? [stableColumn(topic)] : []),
    {
      id: "events",
      header: "Events",
      width: "120px",
      align: "right",
      cell: ({ eventCount, compaction }) => (
        <span title={compaction ? "At most: compaction leaves gaps between offsets" : undefined}>
          {formatCount(eventCount)}
        </span>
      ),
    },
    {
      id: "size",
      header: "Size",
      width: "104px",
      align: "right",
      cell: ({ sizeBytes }) => formatBytes(sizeBytes),
    },
    {
      id: "segments",
      header: "Segments",
      width: "96px",
      align: "right",
      cell: ({ segmentCount }) => formatCount(segmentCount),
    },
    {
      id: "oldest",
      header: "Oldest event",
      width: "120px",
      align: "right",
      cell: ({ oldestEventAt }) => <Ago at={oldestEventAt} />,
    },
    {
      id: "newest",
      header: "Newest event",
      width: "120px",
      align: "right",
      cell: ({ newestEventAt }) => <Ago at={newestEventAt} />,
    },
    ...(isCompacted ? [COMPACTION] : []),
  ];
}

/** How far readers of committed data get, and whom they wait for. */
function stableColumn(topic: string): Column<Partition> {
  return {
    id: "stable",
    header: "Last stable offset",
    width: "minmax(240px, 1fr)",
    cell: ({ partition, lastStableOffset, highWatermark, holder }) =>
      holder === null ? (
        <span className="text-faint">all is decided</span>
      ) : (
        <span className="flex min-w-0 items-center gap-1.5">
          <span
            className="mono text-xs text-warn"
            title={`${formatCount((highWatermark ?? 0) - (lastStableOffset ?? 0))} events are not seen by read_committed yet`}
          >
            {formatCount(lastStableOffset)}
          </span>
          <span className="text-muted">waits for</span>
          <HolderLink isInGrid topic={topic} partition={partition} holder={holder} />
        </span>
      ),
  };
}

const COMPACTION: Column<Partition> = {
  id: "compaction",
  header: "To compact",
  width: "128px",
  align: "right",
  cell: ({ compaction }) => (compaction === null ? null : <CompactionCell of={compaction} />),
};

function LeaderCell({
  leader,
  leaderEpoch,
  href,
}: {
  readonly leader: number | null;
  readonly leaderEpoch: number;
  readonly href: Href;
}): ReactNode {
  if (leader === null) return <Badge tone="bad">offline</Badge>;
  return (
    <span className="flex items-center gap-1.5">
      <Link
        tabIndex={-1}
        href={href("brokers", String(leader))}
        className="mono text-xs hover:text-accent hover:underline"
      >
        {leader}
      </Link>
      <span className="text-xs text-faint" title="How many leaders there have been">
        epoch {leaderEpoch}
      </span>
    </span>
  );
}
