"use client";
import type { Page } from "@runnel/contracts/page.ts";
import type { TransactionPartition, TransactionState } from "@runnel/contracts/transactions.ts";
import type { UseQueryResult } from "@tanstack/react-query";
import Link from "next/link";
import type { ReactNode } from "react";
import { useHref } from "../../lib/cluster.tsx";
import { formatCount } from "../../lib/format.ts";
import { Badge } from "../../ui/badge.tsx";
import { heldHref } from "../../ui/holder.tsx";
import { NameLink } from "../../ui/name-link.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { ProblemPanel } from "../../ui/states.tsx";
import { Table, Td, Th, Tr } from "../../ui/table.tsx";
import { Ago } from "../../ui/time.tsx";

interface TransactionPartitionsProps {
  readonly query: Pick<UseQueryResult<Page<TransactionPartition>>, "data" | "error">;
  readonly state: TransactionState;
}

/** Where a transaction is open, and where readers of committed data wait for it. */
export function TransactionPartitions({
  query: { data, error },
  state,
}: TransactionPartitionsProps): ReactNode {
  return (
    <Panel title="Where it is open" isFlush>
      {data === undefined ? (
        <div className="p-3">
          {error === null ? <Skeleton /> : <ProblemPanel error={error} isInline />}
        </div>
      ) : data.items.length === 0 ? (
        <p className="p-3 text-muted">
          {state === "Ongoing"
            ? "Nowhere that you may look at."
            : "Nowhere: no transaction is under way. While one is, its partitions stand here, with how far readers of committed data get in each."}
        </p>
      ) : (
        <>
          <PartitionTable partitions={data.items} />
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

function PartitionTable({
  partitions,
}: {
  readonly partitions: readonly TransactionPartition[];
}): ReactNode {
  return (
    <Table
      label="Partitions of the transaction"
      head={
        <>
          <Th>Topic</Th>
          <Th isRight>Partition</Th>
          <Th isRight>First event</Th>
          <Th isRight>Last written</Th>
          <Th isRight>Last stable</Th>
          <Th isRight>End</Th>
          <Th>Readers of committed data</Th>
        </>
      }
    >
      {partitions.map((one) => (
        <PartitionRow key={`${one.topic}/${one.partition}`} of={one} />
      ))}
    </Table>
  );
}

function PartitionRow({ of }: { readonly of: TransactionPartition }): ReactNode {
  const { topic, partition, open, lastStableOffset, highWatermark } = of;
  const href = useHref();
  return (
    <Tr>
      <Td>
        <NameLink href={href("topics", topic, "partitions")}>{topic}</NameLink>
      </Td>
      <Td isRight>{partition}</Td>
      <Td isRight>
        {open === null ? (
          "–"
        ) : (
          <Link
            href={`${href("topics", topic, "events")}?r=${partition}@${open.startOffset}`}
            className="hover:text-accent hover:underline"
          >
            {formatCount(open.startOffset)}
          </Link>
        )}
      </Td>
      <Td isRight>
        <Ago at={open?.lastWrittenAt ?? null} />
      </Td>
      <Td isRight>{formatCount(lastStableOffset)}</Td>
      <Td isRight>{formatCount(highWatermark)}</Td>
      <Td>
        <Readers of={of} />
      </Td>
    </Tr>
  );
}

function Readers({ of }: { readonly of: TransactionPartition }): ReactNode {
  const { topic, partition, open, isHolding, lastStableOffset, highWatermark } = of;
  const href = useHref();
  if (open === null) return <span className="text-faint">it is not open here now</span>;
  const held = (highWatermark ?? 0) - (lastStableOffset ?? 0);
  if (isHolding) {
    return (
      <Badge tone="warn" title="Events between the last stable offset and the end">
        wait for it, {formatCount(held)} behind
      </Badge>
    );
  }
  return (
    <Link
      href={heldHref(href("transactions"), topic, partition)}
      className="text-muted hover:text-accent hover:underline"
    >
      wait for another one first
    </Link>
  );
}
