/** Answers “is it OK?” in one screen. */
"use client";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { clusterQuery } from "../../lib/data/cluster.ts";
import { CopyButton } from "../../ui/copy.tsx";
import { PageHeader } from "../../ui/page.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { ProblemPanel } from "../../ui/states.tsx";
import { TimeRangeControl, useTimeRange } from "../../ui/time-range-control.tsx";
import { TrafficCharts } from "../../ui/traffic-charts.tsx";
import { Brokers } from "./brokers.tsx";
import { FirstSteps } from "./first-steps.tsx";
import { HealthStrip } from "./health-strip.tsx";
import { RecentChanges } from "./recent-changes.tsx";
import { TopLists } from "./top-lists.tsx";
import { Totals } from "./totals.tsx";
import { Traffic } from "./traffic.tsx";

export function OverviewPage(): ReactNode {
  const time = useTimeRange();
  const { data, error, refetch, isFetching } = useQuery(clusterQuery);
  return (
    <>
      <PageHeader
        crumbs={[{ text: "Overview" }]}
        badges={data !== undefined && <Bootstrap address={data.bootstrap.join(",")} />}
        actions={<TimeRangeControl state={time} />}
      />
      {data === undefined ? (
        error === null ? (
          <div className="flex flex-col gap-4 p-4" role="status" aria-label="Loading">
            <Skeleton className="h-10 rounded-lg" />
            <Skeleton className="h-20 rounded-lg" />
            <Skeleton className="h-40 rounded-lg" />
          </div>
        ) : (
          <ProblemPanel error={error} onRetry={() => void refetch()} isRetrying={isFetching} />
        )
      ) : (
        <div className="flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto px-4 pt-1 pb-8">
          <HealthStrip health={data.health} />
          <Totals cluster={data} />
          {data.topicCount === 0 && (
            <FirstSteps bootstrap={data.bootstrap[0] ?? "127.0.0.1:9092"} />
          )}
          {data.topicCount > 0 && <Traffic />}
          <div className="grid gap-4 lg:grid-cols-2">
            <TrafficCharts time={time} />
          </div>
          {data.topicCount > 0 && <TopLists />}
          <Brokers />
          <RecentChanges />
        </div>
      )}
    </>
  );
}

/** What clients are told as their `bootstrap.servers`. */
function Bootstrap({ address }: { readonly address: string }): ReactNode {
  return (
    <span className="flex min-w-0 items-center gap-1.5 text-sm">
      <span className="text-muted">Clients connect to</span>
      <span className="mono truncate text-xs" title={address}>
        {address}
      </span>
      <CopyButton text={address} label="Copy the address for clients" />
    </span>
  );
}
