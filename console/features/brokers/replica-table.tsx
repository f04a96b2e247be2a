"use client";
import type { Replica } from "@runnel/contracts/cluster.ts";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { type ReactNode, useMemo } from "react";
import { type Href, useHref } from "../../lib/cluster.tsx";
import { replicasQuery } from "../../lib/data/brokers.ts";
import { formatBytes, formatCount } from "../../lib/format.ts";
import { useRefreshMs } from "../../lib/preferences.ts";
import { Badge } from "../../ui/badge.tsx";
import { type Column, Grid } from "../../ui/grid.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { Empty, FilteredEmpty, ProblemPanel } from "../../ui/states.tsx";

interface ReplicaTableProps {
  readonly broker: number;
  readonly filter: string;
  readonly onClear: () => void;
}

/** What the broker holds, the largest first. */
export function ReplicaTable({ broker, filter, onClear }: ReplicaTableProps): ReactNode {
  const href = useHref();
  const router = useRouter();
  const refetchInterval = useRefreshMs();
  const { data, error, refetch } = useQuery({ ...replicasQuery(broker, filter), refetchInterval });
  const columns = useMemo(() => replicaColumns(href), [href]);
  if (data === undefined) {
    return error === null ? (
      <SkeletonRows count={8} />
    ) : (
      <ProblemPanel error={error} onRetry={() => void refetch()} />
    );
  }
  if (data.items.length === 0) {
    return filter === "" ? (
      <Empty title="It holds nothing yet">Partitions of the first topic will be here.</Empty>
    ) : (
      <FilteredEmpty what="replicas" onClear={onClear} />
    );
  }
  const isCut = data.total > data.items.length;
  return (
    <Grid
      label="Replicas"
      columns={columns}
      rows={data.items}
      keyOf={({ topic, partition }) => `${topic}/${partition}`}
      onOpen={({ topic }) => router.push(href("topics", topic, "partitions"))}
      tail={
        isCut && (
          <p className="p-3 text-muted">
            The largest {formatCount(data.items.length)} of {formatCount(data.total)}; the filter
            finds the others.
          </p>
        )
      }
    />
  );
}

function replicaColumns(href: Href): readonly Column<Replica>[] {
  return [
    {
      id: "topic",
      header: "Topic",
      width: "minmax(240px, 1fr)",
      cell: ({ topic }) => (
        <Link
          tabIndex={-1}
          href={href("topics", topic)}
          className="font-medium hover:text-accent hover:underline"
        >
          {topic}
        </Link>
      ),
    },
    {
      id: "partition",
      header: "Partition",
      width: "110px",
      align: "right",
      cell: ({ partition }) => partition,
    },
    {
      id: "role",
      header: "Role",
      width: "120px",
      cell: ({ isLeader }) => (
        <Badge tone={isLeader ? "accent" : "neutral"}>{isLeader ? "leader" : "follower"}</Badge>
      ),
    },
    {
      id: "sync",
      header: "In sync",
      width: "120px",
      cell: ({ isInSync }) => (
        <Badge tone={isInSync ? "ok" : "warn"}>{isInSync ? "in sync" : "behind"}</Badge>
      ),
    },
    {
      id: "size",
      header: "Size",
      width: "130px",
      align: "right",
      cell: ({ sizeBytes }) => formatBytes(sizeBytes),
    },
  ];
}
