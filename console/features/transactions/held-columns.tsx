"use client";
import type { HeldPartition } from "@runnel/contracts/transactions.ts";
import { formatCount, formatIso } from "../../lib/format.ts";
import type { Column } from "../../ui/grid.tsx";
import { HolderLink } from "../../ui/holder.tsx";
import { Ago } from "../../ui/time.tsx";

export const HELD_COLUMNS: readonly Column<HeldPartition>[] = [
  {
    id: "topic",
    header: "Topic",
    width: "minmax(180px, 1fr)",
    sort: "topic",
    // The row opens what is open in it; that leads to the topic.
    cell: ({ topic }) => <span className="font-medium">{topic}</span>,
    text: ({ topic }) => topic,
  },
  {
    id: "partition",
    header: "Partition",
    width: "90px",
    align: "right",
    cell: ({ partition }) => partition,
    text: ({ partition }) => String(partition),
  },
  {
    id: "holder",
    header: "Held by",
    width: "minmax(200px, 1fr)",
    cell: ({ topic, partition, holder }) => (
      <HolderLink isInGrid topic={topic} partition={partition} holder={holder} />
    ),
    text: ({ holder }) => holder.transactionalId ?? `producer ${holder.producerId}`,
  },
  {
    id: "held",
    header: "Held back",
    width: "110px",
    align: "right",
    sort: "heldCount",
    cell: ({ heldCount }) => (
      <span
        className={heldCount > 0 ? "text-warn" : ""}
        title="Events that read_committed does not see yet"
      >
        {formatCount(heldCount)}
      </span>
    ),
    text: ({ heldCount }) => String(heldCount),
  },
  {
    id: "stable",
    header: "Last stable",
    width: "120px",
    align: "right",
    cell: ({ lastStableOffset }) => formatCount(lastStableOffset),
    text: ({ lastStableOffset }) => String(lastStableOffset),
  },
  {
    id: "end",
    header: "End",
    width: "120px",
    align: "right",
    cell: ({ highWatermark }) => formatCount(highWatermark),
    text: ({ highWatermark }) => String(highWatermark),
  },
  {
    id: "open",
    header: "Open in it",
    width: "100px",
    align: "right",
    cell: ({ openCount }) => formatCount(openCount),
    text: ({ openCount }) => String(openCount),
  },
  {
    id: "hanging",
    header: "Hang",
    width: "80px",
    align: "right",
    cell: ({ hangingCount }) => (
      <span className={(hangingCount ?? 0) > 0 ? "text-bad" : ""}>{formatCount(hangingCount)}</span>
    ),
    text: ({ hangingCount }) => String(hangingCount ?? ""),
  },
  {
    id: "written",
    header: "Last written",
    width: "120px",
    align: "right",
    sort: "lastWrittenAt",
    cell: ({ holder }) => <Ago at={holder.lastWrittenAt} />,
    text: ({ holder: { lastWrittenAt } }) =>
      lastWrittenAt === null ? "" : formatIso(lastWrittenAt),
  },
];
