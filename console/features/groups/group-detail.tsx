/** One group: how far behind it is, where, and who reads what. */
"use client";
import type { Group, GroupOffset } from "@runnel/contracts/groups.ts";
import type { Page } from "@runnel/contracts/page.ts";
import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { History, Trash2 } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { type ReactNode, useState } from "react";
import { isNotFound } from "../../lib/api.ts";
import { useHref } from "../../lib/cluster.tsx";
import { useCommands } from "../../lib/commands.ts";
import { groupOffsetsQuery, groupQuery } from "../../lib/data/groups.ts";
import { formatCount, formatLag, formatNumberOf } from "../../lib/format.ts";
import { useRefreshMs } from "../../lib/preferences.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button, buttonClass } from "../../ui/button.tsx";
import { GroupStateBadge } from "../../ui/group-state.tsx";
import { LagEvents } from "../../ui/lag.tsx";
import { MetricChart } from "../../ui/metric-chart.tsx";
import { PageHeader } from "../../ui/page.tsx";
import { Panel, Stat, Stats } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { Empty, ProblemPanel } from "../../ui/states.tsx";
import { Ago } from "../../ui/time.tsx";
import { TimedCharts } from "../../ui/timed-charts.tsx";
import { MemberTable } from "./member-table.tsx";
import { OffsetTable } from "./offset-table.tsx";

const DeleteGroupDialog = dynamic(
  () => import("./delete-group-dialog.tsx").then((module) => module.DeleteGroupDialog),
  { ssr: false },
);

export function GroupDetail({ group }: { readonly group: string }): ReactNode {
  const href = useHref();
  const router = useRouter();
  const refetchInterval = useRefreshMs();
  const { data, error, refetch, isFetching } = useQuery({ ...groupQuery(group), refetchInterval });
  const offsets = useQuery({ ...groupOffsetsQuery(group), refetchInterval });
  const [isDeleting, setIsDeleting] = useState(false);
  useCommands([
    {
      id: "group-reset",
      title: "Reset offsets",
      group: "This page",
      keys: "r",
      run: () => router.push(href("groups", group, "reset")),
    },
    {
      id: "group-delete",
      title: `Delete ${group}`,
      group: "This page",
      run: () => setIsDeleting(true),
    },
  ]);
  if (isNotFound(error)) return <NoSuchGroup group={group} />;
  return (
    <>
      <PageHeader
        crumbs={[{ text: "Groups", href: href("groups") }, { text: group }]}
        badges={
          data !== undefined && (
            <>
              <GroupStateBadge state={data.state} />
              {data.type === "consumer" && (
                <Badge
                  tone="accent"
                  title="The consumer protocol: the broker shares out partitions"
                >
                  KIP-848
                </Badge>
              )}
            </>
          )
        }
        actions={
          <>
            <Link href={href("groups", group, "reset")} className={buttonClass("plain")}>
              <History /> Reset offsets …
            </Link>
            <Button look="danger" onClick={() => setIsDeleting(true)}>
              <Trash2 /> Delete …
            </Button>
          </>
        }
      />
      {data === undefined ? (
        error === null ? (
          <div className="flex flex-col gap-4 p-4" role="status" aria-label="Loading">
            <Skeleton className="h-20 rounded-lg" />
            <Skeleton className="h-56 rounded-lg" />
          </div>
        ) : (
          <ProblemPanel error={error} onRetry={() => void refetch()} isRetrying={isFetching} />
        )
      ) : (
        <div className="flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto px-4 pt-1 pb-8">
          {error !== null && <ProblemPanel error={error} isInline />}
          <Numbers group={data} />
          <LagCharts group={group} />
          <Offsets group={group} query={offsets} />
          <Panel title={`Members (${formatCount(data.memberCount)})`} isFlush>
            {data.members.length === 0 ? (
              <p className="p-3 text-muted">
                Nobody reads now. What was committed is kept, and members that come go on from
                there.
              </p>
            ) : (
              <MemberTable members={data.members} type={data.type} />
            )}
          </Panel>
        </div>
      )}
      {isDeleting && (
        <DeleteGroupDialog
          group={group}
          onClose={() => setIsDeleting(false)}
          onDeleted={() => router.push(href("groups"))}
        />
      )}
    </>
  );
}

function LagCharts({ group }: { readonly group: string }): ReactNode {
  return (
    <TimedCharts>
      {(time) => (
        <>
          <MetricChart
            time={time}
            isPeak
            title="Lag in events"
            unit="count"
            series={[[`runnel_group_lag_events:value{=${group}}`, "events"]]}
          />
          <MetricChart
            time={time}
            isPeak
            title="Lag in time"
            unit="seconds"
            series={[[`runnel_group_lag_seconds:value{=${group}}`, "time"]]}
          />
        </>
      )}
    </TimedCharts>
  );
}

function Numbers({ group }: { readonly group: Group }): ReactNode {
  const { lag, memberCount, topicCount, assignor, coordinator, lastCommitAt } = group;
  return (
    <Stats className="grid-cols-2 md:grid-cols-3 xl:grid-cols-6">
      <Stat
        label="Lag in events"
        value={<LagEvents lag={lag} />}
        note={lag.events === 0 ? "it has read everything" : "not committed yet"}
      />
      <Stat label="Lag in time" value={formatLag(lag)} note="age of the oldest unread event" />
      <Stat
        label="Last commit"
        value={<Ago at={lastCommitAt} />}
        note={`in ${formatNumberOf(topicCount, "topic")}`}
      />
      <Stat label="Members" value={formatCount(memberCount)} note={assignor ?? "no assignor"} />
      <Epoch group={group} />
      <Stat
        label="Coordinator"
        value={coordinator.brokerId === null ? "none" : `broker ${coordinator.brokerId}`}
        note={`__consumer_offsets ${coordinator.partition}`}
      />
    </Stats>
  );
}

/** How often the group was shared out anew, in the words of its protocol. */
function Epoch({ group: { generationId, assignmentEpoch } }: { readonly group: Group }): ReactNode {
  const value = formatCount(generationId);
  if (assignmentEpoch === null) {
    return <Stat label="Generation" value={value} note="grows with each rebalance" />;
  }
  const isBehind = assignmentEpoch < generationId;
  const note = isBehind ? `target of epoch ${formatCount(assignmentEpoch)}` : "its target is made";
  return <Stat label="Group epoch" value={value} note={note} />;
}

function Offsets({
  group,
  query: { data, error },
}: {
  readonly group: string;
  readonly query: Pick<UseQueryResult<Page<GroupOffset>>, "data" | "error">;
}): ReactNode {
  return (
    <Panel title="Where it is" isFlush>
      {data === undefined ? (
        <div className="p-3">
          {error === null ? <Skeleton /> : <ProblemPanel error={error} isInline />}
        </div>
      ) : data.items.length === 0 ? (
        <p className="p-3 text-muted">It has committed nothing yet and reads no partition.</p>
      ) : (
        <>
          <OffsetTable group={group} offsets={data.items} />
          {data.total > data.items.length && (
            <p className="border-t border-line p-3 text-muted">
              The first {formatCount(data.items.length)} of {formatCount(data.total)} partitions.
            </p>
          )}
        </>
      )}
    </Panel>
  );
}

function NoSuchGroup({ group }: { readonly group: string }): ReactNode {
  const href = useHref();
  return (
    <Empty
      title={`There is no group called ${group}`}
      actions={
        <Link href={href("groups")} className={buttonClass("primary")}>
          To the groups
        </Link>
      }
    >
      <p>It may have been deleted, or forgotten after its offsets expired.</p>
    </Empty>
  );
}
