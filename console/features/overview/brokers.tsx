"use client";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { brokersQuery } from "../../lib/data/brokers.ts";
import { useRefreshMs } from "../../lib/preferences.ts";
import { BrokerTable } from "../../ui/broker-table.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { ProblemPanel } from "../../ui/states.tsx";

/** The brokers of the cluster, or why they cannot be listed. */
export function Brokers(): ReactNode {
  const refetchInterval = useRefreshMs();
  const { data, error, refetch, isFetching } = useQuery({ ...brokersQuery, refetchInterval });
  return (
    <Panel title="Brokers" isFlush>
      {data !== undefined ? (
        <BrokerTable brokers={data.items} />
      ) : (
        <div className="p-3">
          {error === null ? (
            <Skeleton />
          ) : (
            <ProblemPanel
              error={error}
              isInline
              onRetry={() => void refetch()}
              isRetrying={isFetching}
            />
          )}
        </div>
      )}
    </Panel>
  );
}
