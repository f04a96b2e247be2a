"use client";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { brokersQuery } from "../../lib/data/brokers.ts";
import { formatCount } from "../../lib/format.ts";
import { useRefreshMs } from "../../lib/preferences.ts";
import { Badge } from "../../ui/badge.tsx";
import { BrokerTable } from "../../ui/broker-table.tsx";
import { PageHeader } from "../../ui/page.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { ProblemPanel } from "../../ui/states.tsx";

export function BrokerList(): ReactNode {
  const refetchInterval = useRefreshMs();
  const { data, error, refetch, isFetching } = useQuery({ ...brokersQuery, refetchInterval });
  return (
    <>
      <PageHeader
        crumbs={[{ text: "Brokers" }]}
        badges={data !== undefined && <Badge>{formatCount(data.total)}</Badge>}
      />
      <div className="min-h-0 flex-1 overflow-y-auto border-t border-line bg-surface">
        {data !== undefined ? (
          <BrokerTable brokers={data.items} />
        ) : error === null ? (
          <SkeletonRows count={3} />
        ) : (
          <ProblemPanel error={error} onRetry={() => void refetch()} isRetrying={isFetching} />
        )}
      </div>
    </>
  );
}
