"use client";
import type { TransactionRow } from "@runnel/contracts/transactions.ts";
import type { Href } from "../../lib/cluster.tsx";
import { formatCount, formatIso, formatSpan } from "../../lib/format.ts";
import type { Column } from "../../ui/grid.tsx";
import { NameLink } from "../../ui/name-link.tsx";
import { Ago } from "../../ui/time.tsx";
import { Running } from "./running.tsx";
import { TransactionStateBadge } from "./state-badge.tsx";

export function transactionColumns(href: Href): readonly Column<TransactionRow>[] {
  return [
    {
      id: "id",
      header: "Transactional id",
      width: "minmax(240px, 1fr)",
      sort: "transactionalId",
      cell: ({ transactionalId }) => (
        <NameLink isInGrid href={href("transactions", transactionalId)}>
          {transactionalId}
        </NameLink>
      ),
      text: ({ transactionalId }) => transactionalId,
    },
    {
      id: "state",
      header: "State",
      width: "120px",
      sort: "state",
      cell: ({ state }) => <TransactionStateBadge state={state} />,
      text: ({ state }) => state,
    },
    {
      id: "running",
      header: "Open for",
      width: "110px",
      align: "right",
      sort: "runningMs",
      cell: (row) => <Running of={row} />,
      text: ({ runningMs }) => String(runningMs ?? ""),
    },
    {
      id: "timeout",
      header: "Timeout",
      width: "100px",
      align: "right",
      cell: ({ timeoutMs }) => <span className="text-muted">{formatSpan(timeoutMs)}</span>,
      text: ({ timeoutMs }) => String(timeoutMs),
    },
    {
      id: "partitions",
      header: "Partitions",
      width: "100px",
      align: "right",
      sort: "partitionCount",
      cell: ({ partitionCount }) => formatCount(partitionCount),
      text: ({ partitionCount }) => String(partitionCount),
    },
    {
      id: "producer",
      header: "Producer id",
      width: "130px",
      align: "right",
      cell: ({ producerId }) => producerId,
      text: ({ producerId }) => producerId,
    },
    {
      id: "epoch",
      header: "Epoch",
      width: "80px",
      align: "right",
      cell: ({ producerEpoch }) => formatCount(producerEpoch),
      text: ({ producerEpoch }) => String(producerEpoch),
    },
    {
      id: "updated",
      header: "Last change",
      width: "120px",
      align: "right",
      sort: "updatedAt",
      cell: ({ updatedAt }) => <Ago at={updatedAt} />,
      text: ({ updatedAt }) => formatIso(updatedAt),
    },
  ];
}
