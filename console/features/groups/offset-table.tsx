"use client";
import type { GroupOffset } from "@runnel/contracts/groups.ts";
import Link from "next/link";
import type { ReactNode } from "react";
import { useHref } from "../../lib/cluster.tsx";
import { cn } from "../../lib/cn.ts";
import { formatCount, formatLag } from "../../lib/format.ts";
import { Badge } from "../../ui/badge.tsx";
import { LagEvents } from "../../ui/lag.tsx";
import { NameLink } from "../../ui/name-link.tsx";
import { Table, Td, Th, Tr } from "../../ui/table.tsx";
import { Ago } from "../../ui/time.tsx";
import { NextEventButtons } from "./next-event-buttons.tsx";

interface OffsetTableProps {
  readonly group: string;
  readonly offsets: readonly GroupOffset[];
}

/** Each partition that the group committed or reads, with the way to its next event. */
export function OffsetTable({ group, offsets }: OffsetTableProps): ReactNode {
  return (
    <Table
      label="Committed offsets"
      head={
        <>
          <Th>Topic</Th>
          <Th isRight>Partition</Th>
          <Th isRight>Committed</Th>
          <Th isRight>End</Th>
          <Th isRight>Lag in events</Th>
          <Th className="w-32 max-xl:hidden">
            <span className="sr-only">Share of the log that is read</span>
          </Th>
          <Th isRight>Lag in time</Th>
          <Th isRight>Last commit</Th>
          <Th>Read by</Th>
          <Th>
            <span className="sr-only">What can be done</span>
          </Th>
        </>
      }
    >
      {offsets.map((offset) => (
        <OffsetRow key={`${offset.topic}/${offset.partition}`} group={group} offset={offset} />
      ))}
    </Table>
  );
}

function OffsetRow({
  group,
  offset,
}: {
  readonly group: string;
  readonly offset: GroupOffset;
}): ReactNode {
  const { topic, partition, committedOffset, highWatermark, lag, committedAt, clientId, memberId } =
    offset;
  const href = useHref();
  const hasNext = committedOffset !== null && lag !== null && lag.events > 0 && !offset.isLost;
  return (
    <Tr>
      <Td>
        <NameLink href={href("topics", topic)}>{topic}</NameLink>
      </Td>
      <Td isRight>{partition}</Td>
      <Td isRight>
        {offset.isLost && (
          <Badge tone="bad" title="The log does not have this offset any more, or not yet">
            lost
          </Badge>
        )}{" "}
        {committedOffset === null ? (
          <span className="text-faint">nothing yet</span>
        ) : (
          formatCount(committedOffset)
        )}
        <Pending offset={offset} />
      </Td>
      <Td isRight>{formatCount(highWatermark)}</Td>
      <Td isRight>
        <LagEvents lag={lag} />
      </Td>
      <Td className="max-xl:hidden">
        <ReadShare offset={offset} />
      </Td>
      <Td isRight>{formatLag(lag)}</Td>
      <Td isRight>
        <Ago at={committedAt} />
      </Td>
      <Td className="max-w-52 truncate" title={memberId ?? undefined}>
        {clientId === null ? (
          <span className="text-faint">nobody</span>
        ) : (
          `${clientId} ${(offset.clientHost ?? "").replace(/^\//, "")}`
        )}
      </Td>
      <Td className="text-right">
        {hasNext && (
          <NextEventButtons
            group={group}
            topic={topic}
            partition={partition}
            committedOffset={committedOffset}
          />
        )}
      </Td>
    </Tr>
  );
}

/** What transactions would commit: the offset stands still until they have ended. */
function Pending({ offset: { pending } }: { readonly offset: GroupOffset }): ReactNode {
  const href = useHref();
  return pending.map(({ offset, producerId, transactionalId }) => {
    const whose = transactionalId ?? `producer ${producerId}`;
    const badge = (
      <Badge tone="accent" title={`Committed when the transaction of ${whose} is`}>
        {formatCount(offset)} pending
      </Badge>
    );
    return (
      <span key={producerId} className="ml-1.5">
        {transactionalId === null ? (
          badge
        ) : (
          <Link
            href={href("transactions", transactionalId)}
            aria-label={`${formatCount(offset)} pending in the transaction of ${whose}`}
          >
            {badge}
          </Link>
        )}
      </span>
    );
  });
}

/** How much of what is in the log has been read. */
function ReadShare({ offset }: { readonly offset: GroupOffset }): ReactNode {
  const { committedOffset, logStart, highWatermark } = offset;
  if (committedOffset === null || logStart === null || highWatermark === null) return null;
  const size = highWatermark - logStart;
  const share = size <= 0 ? 1 : Math.min(1, Math.max(0, (committedOffset - logStart) / size));
  return (
    <span
      className="block h-1.5 overflow-hidden rounded-full bg-raised"
      title={`${(share * 100).toFixed(1)} % of the log is read`}
    >
      <span
        className={cn("block h-full rounded-full", share >= 1 ? "bg-ok" : "bg-accent")}
        style={{ width: `${share * 100}%` }}
      />
    </span>
  );
}
