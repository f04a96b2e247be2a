/** One transactional id: what its transaction is, where it is open, and how to end it. */
"use client";
import type { Transaction } from "@runnel/contracts/transactions.ts";
import { useQuery } from "@tanstack/react-query";
import { OctagonX } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { type ReactNode, useState } from "react";
import { isNotFound } from "../../lib/api.ts";
import { useHref } from "../../lib/cluster.tsx";
import { useCommands } from "../../lib/commands.ts";
import { transactionPartitionsQuery, transactionQuery } from "../../lib/data/transactions.ts";
import { formatCount, formatNumberOf, formatSpan } from "../../lib/format.ts";
import { useRefreshMs } from "../../lib/preferences.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button, buttonClass } from "../../ui/button.tsx";
import { NameLink } from "../../ui/name-link.tsx";
import { PageHeader } from "../../ui/page.tsx";
import { Panel, Stat, Stats } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { Empty, ProblemPanel } from "../../ui/states.tsx";
import { Ago, Time } from "../../ui/time.tsx";
import { Running } from "./running.tsx";
import { STATE_LOOKS, TransactionStateBadge } from "./state-badge.tsx";
import { TransactionPartitions } from "./transaction-partitions.tsx";

const AbortDialog = dynamic(
  () => import("./abort-dialog.tsx").then((module) => module.AbortDialog),
  { ssr: false },
);

interface TransactionDetailProps {
  readonly transactionalId: string;
}

export function TransactionDetail({ transactionalId }: TransactionDetailProps): ReactNode {
  const href = useHref();
  const refetchInterval = useRefreshMs();
  const query = useQuery({ ...transactionQuery(transactionalId), refetchInterval });
  const { data, error, refetch, isFetching } = query;
  const partitions = useQuery({ ...transactionPartitionsQuery(transactionalId), refetchInterval });
  const [isAborting, setIsAborting] = useState(false);
  const isOngoing = data?.state === "Ongoing";
  useCommands(
    isOngoing
      ? [
          {
            id: "transaction-abort",
            title: "Abort the transaction",
            group: "This page",
            run: () => setIsAborting(true),
          },
        ]
      : [],
  );
  if (isNotFound(error)) return <NoSuchTransaction transactionalId={transactionalId} />;
  return (
    <>
      <PageHeader
        crumbs={[{ text: "Transactions", href: href("transactions") }, { text: transactionalId }]}
        badges={
          data !== undefined && (
            <>
              <TransactionStateBadge state={data.state} />
              {data.isOverdue && (
                <Badge tone="bad" title="It is open for longer than its timeout">
                  overdue
                </Badge>
              )}
            </>
          )
        }
        actions={
          <Button
            look="danger"
            disabled={!isOngoing}
            title={isOngoing ? undefined : "No transaction is open"}
            onClick={() => setIsAborting(true)}
          >
            <OctagonX /> Abort …
          </Button>
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
          <p className="text-muted">{meaningOf(data)}</p>
          <Numbers transaction={data} />
          <TransactionPartitions query={partitions} state={data.state} />
          {data.groups.length > 0 && <Groups transaction={data} />}
        </div>
      )}
      {isAborting && data !== undefined && (
        <AbortDialog transaction={data} onClose={() => setIsAborting(false)} />
      )}
    </>
  );
}

/** How it stands, and what comes next. */
function meaningOf({ state, runningMs, timeoutMs }: Transaction): string {
  const { meaning } = STATE_LOOKS[state];
  if (state !== "Ongoing") return meaning;
  const left = timeoutMs - (runningMs ?? 0);
  const when = left <= 0 ? "at any moment" : `in ${formatSpan(left)}`;
  return `${meaning} It ends when its producer commits or aborts it; otherwise the broker aborts it ${when}.`;
}

function Numbers({ transaction }: { readonly transaction: Transaction }): ReactNode {
  const { startedAt, timeoutMs, producerId, producerEpoch, coordinator, updatedAt } = transaction;
  return (
    <Stats className="grid-cols-2 md:grid-cols-3 xl:grid-cols-6">
      <Stat
        label="Open for"
        value={<Running of={transaction} />}
        note={
          startedAt === null ? (
            "never begun"
          ) : (
            <Began at={startedAt} isOpen={transaction.runningMs !== null} />
          )
        }
      />
      <Stat label="Timeout" value={formatSpan(timeoutMs)} note="as its producer asked" />
      <Stat
        label="Partitions"
        value={formatCount(transaction.partitionCount)}
        note="that it has written to"
      />
      <Stat label="Producer id" value={producerId} note={`epoch ${formatCount(producerEpoch)}`} />
      <Stat label="Last change" value={<Ago at={updatedAt} />} note="of state or partitions" />
      <Stat
        label="Coordinator"
        value={coordinator.brokerId === null ? "none" : `broker ${coordinator.brokerId}`}
        note={`__transaction_state ${coordinator.partition}`}
      />
    </Stats>
  );
}

function Began({ at, isOpen }: { readonly at: number; readonly isOpen: boolean }): ReactNode {
  return (
    <>
      {isOpen ? "began" : "last began"} <Time at={at} isShort />
    </>
  );
}

/** Groups that go on from other offsets when it is committed. */
function Groups({ transaction: { groups } }: { readonly transaction: Transaction }): ReactNode {
  const href = useHref();
  return (
    <Panel title="Offsets that are committed with it">
      <ul className="flex flex-col gap-1.5">
        {groups.map(({ groupId, offsetCount }) => (
          <li key={groupId} className="flex items-baseline gap-2">
            <NameLink href={href("groups", groupId)}>{groupId}</NameLink>
            <span className="text-muted">in {formatNumberOf(offsetCount, "partition")}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function NoSuchTransaction({ transactionalId }: TransactionDetailProps): ReactNode {
  const href = useHref();
  return (
    <Empty
      title={`There is no transactional id ${transactionalId}`}
      actions={
        <Link href={href("transactions")} className={buttonClass("primary")}>
          To the transactions
        </Link>
      }
    >
      <p>No producer has used it yet, or it was forgotten after it was idle for long.</p>
    </Empty>
  );
}
