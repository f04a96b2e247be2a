/** One broker: what it is, what it holds, how it is set. */
"use client";
import type { Broker } from "@runnel/contracts/cluster.ts";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import type { ReactNode } from "react";
import { isNotFound } from "../../lib/api.ts";
import { useHref } from "../../lib/cluster.tsx";
import { brokerQuery } from "../../lib/data/brokers.ts";
import { formatBytes, formatCount, formatSpan } from "../../lib/format.ts";
import { useRefreshMs } from "../../lib/preferences.ts";
import { Badge } from "../../ui/badge.tsx";
import { formatSkew } from "../../ui/broker-table.tsx";
import { buttonClass } from "../../ui/button.tsx";
import { Segmented } from "../../ui/field.tsx";
import { FilterInput } from "../../ui/filter-input.tsx";
import { Meter } from "../../ui/meter.tsx";
import { PageHeader } from "../../ui/page.tsx";
import { Panel, Stat } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { Empty, ProblemPanel } from "../../ui/states.tsx";
import { useNow } from "../../ui/time.tsx";
import { BrokerSettings } from "./broker-settings.tsx";
import { DataFolders } from "./data-folders.tsx";
import { ReplicaTable } from "./replica-table.tsx";

const PARSERS = {
  show: parseAsStringLiteral(["replicas", "settings"]).withDefault("replicas"),
  q: parseAsString.withDefault(""),
};

export function BrokerDetail({ broker }: { readonly broker: string }): ReactNode {
  const id = /^\d{1,10}$/.test(broker) ? Number(broker) : -1;
  const href = useHref();
  const refetchInterval = useRefreshMs();
  const [{ show, q }, setState] = useQueryStates(PARSERS, { history: "replace" });
  const { data, error, refetch, isFetching } = useQuery({
    ...brokerQuery(id),
    refetchInterval,
    enabled: id >= 0,
  });
  if (id < 0 || isNotFound(error)) return <NoSuchBroker broker={broker} />;
  return (
    <>
      <PageHeader
        crumbs={[{ text: "Brokers", href: href("brokers") }, { text: `Broker ${broker}` }]}
        badges={data?.isController === true && <Badge tone="accent">controller</Badge>}
      />
      {data === undefined ? (
        error === null ? (
          <div className="p-4" role="status" aria-label="Loading">
            <Skeleton className="h-24 rounded-lg" />
          </div>
        ) : (
          <ProblemPanel error={error} onRetry={() => void refetch()} isRetrying={isFetching} />
        )
      ) : (
        <div className="flex min-h-0 flex-1 flex-col gap-3 px-4 pt-1">
          <Numbers broker={data} />
          <DataFolders folders={data.dataFolders ?? []} />
          <div className="flex items-center gap-3">
            <Segmented
              label="What is shown"
              value={show}
              onChange={(next) => void setState({ show: next, q: "" })}
              options={[
                ["replicas", "Replicas"],
                ["settings", "Settings"],
              ]}
            />
            <FilterInput
              label={show === "replicas" ? "Filter replicas by topic" : "Filter settings"}
              value={q}
              onChange={(text) => void setState({ q: text })}
              className="w-72"
            />
          </div>
          <div className="-mx-4 flex min-h-0 flex-1 flex-col border-t border-line bg-surface">
            {show === "replicas" ? (
              <ReplicaTable broker={id} filter={q} onClear={() => void setState({ q: "" })} />
            ) : (
              <BrokerSettings broker={id} filter={q} onClear={() => void setState({ q: "" })} />
            )}
          </div>
        </div>
      )}
    </>
  );
}

function Numbers({ broker }: { readonly broker: Broker }): ReactNode {
  const now = useNow();
  const { diskTotalBytes: total, diskFreeBytes: free, startedAt } = broker;
  return (
    <Panel>
      <dl className="grid grid-cols-2 gap-x-6 gap-y-3 sm:grid-cols-3 lg:grid-cols-6">
        <Stat
          label="Up for"
          value={startedAt === null || now === 0 ? "–" : formatSpan(now - startedAt)}
          note={`${broker.runtime ?? "another broker"}, epoch ${broker.epoch}`}
        />
        <Stat
          label="Partitions"
          value={formatCount(broker.partitionCount)}
          note={`leads ${formatCount(broker.leaderCount)}, ${formatSkew(broker.leaderSkew)}`}
        />
        <Stat
          label="Events on disk"
          value={formatBytes(broker.sizeBytes)}
          note={broker.dataFolder}
        />
        <Stat
          label="Disk"
          value={total === null || free === null ? "–" : `${formatBytes(free)} free`}
          note={
            total === null || free === null ? (
              "not known"
            ) : (
              <Meter label="Disk in use" value={total - free} max={total} className="mt-1.5" />
            )
          }
        />
        <Stat
          label="Listens at"
          value={
            <span className="text-sm">
              {broker.listeners.map(({ host, port }) => `${host}:${port}`).join(", ")}
            </span>
          }
          note={broker.listeners.map(({ name }) => name).join(", ")}
        />
        <Stat label="Version" value={broker.version ?? "–"} note={broker.rack ?? "no rack"} />
      </dl>
    </Panel>
  );
}

function NoSuchBroker({ broker }: { readonly broker: string }): ReactNode {
  const href = useHref();
  return (
    <Empty
      title={`There is no broker ${broker} now`}
      actions={
        <Link href={href("brokers")} className={buttonClass("primary")}>
          To the brokers
        </Link>
      }
    >
      <p>It is down, or there has never been one of this number.</p>
    </Empty>
  );
}
