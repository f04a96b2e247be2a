"use client";
import type { Histogram } from "@runnel/contracts/events.ts";
import type { ReactNode } from "react";
import { formatCount } from "../../lib/format.ts";
import { Table, Td, Th, Tr } from "../../ui/table.tsx";
import { Time } from "../../ui/time.tsx";
import type { Layer } from "./histogram-layers.ts";

interface HistogramTableProps {
  readonly topic: string;
  readonly data: Histogram;
  readonly layers: readonly Layer[];
}

/** The numbers behind the bars, the newest first; buckets without events are left out. */
export function HistogramTable({ topic, data, layers }: HistogramTableProps): ReactNode {
  const { buckets, fromMs, widthMs } = data;
  const filled = [...buckets.keys()].filter((bucket) => (buckets[bucket]?.count ?? 0) > 0);
  const isSplit = layers.length > 1;
  return (
    <Table
      label={`Events of ${topic} by time`}
      className="max-h-52 overflow-y-auto"
      head={
        <>
          <Th>From</Th>
          <Th isRight>Events</Th>
          {isSplit &&
            layers.map(({ partition, size }) => (
              <Th key={partition ?? "rest"} isRight>
                {partition === null ? `${formatCount(size)} others` : `Partition ${partition}`}
              </Th>
            ))}
        </>
      }
    >
      {filled.toReversed().map((bucket) => (
        <Tr key={bucket}>
          <Td isMono>
            <Time at={fromMs + bucket * widthMs} />
          </Td>
          <Td isRight>
            {buckets[bucket]?.isExact === false && "≈ "}
            {formatCount(buckets[bucket]?.count ?? 0)}
          </Td>
          {isSplit &&
            layers.map(({ partition, counts }) => (
              <Td key={partition ?? "rest"} isRight>
                {formatCount(counts[bucket] ?? 0)}
              </Td>
            ))}
        </Tr>
      ))}
    </Table>
  );
}
