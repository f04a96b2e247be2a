"use client";
import type { Broker } from "@runnel/contracts/cluster.ts";
import type { ReactNode } from "react";
import { useHref } from "../lib/cluster.tsx";
import { formatBytes, formatCount, formatSpan } from "../lib/format.ts";
import { Badge } from "./badge.tsx";
import { Meter } from "./meter.tsx";
import { NameLink } from "./name-link.tsx";
import { Table, Td, Th, Tr } from "./table.tsx";
import { useNow } from "./time.tsx";

/** The live brokers, each with its share of the work and of its disk. */
export function BrokerTable({ brokers }: { readonly brokers: readonly Broker[] }): ReactNode {
  const href = useHref();
  const now = useNow();
  return (
    <Table
      label="Brokers"
      head={
        <>
          <Th>Broker</Th>
          <Th>Address</Th>
          <Th>Rack</Th>
          <Th isRight>Up for</Th>
          <Th isRight>Partitions</Th>
          <Th isRight>Leads</Th>
          <Th isRight>Skew</Th>
          <Th isRight>Events on disk</Th>
          <Th className="w-56">Disk</Th>
          <Th>Version</Th>
        </>
      }
    >
      {brokers.map((broker) => (
        <Tr key={broker.id}>
          <Td>
            <span className="flex items-center gap-1.5">
              <NameLink href={href("brokers", String(broker.id))}>Broker {broker.id}</NameLink>
              {broker.isController && <Badge tone="accent">controller</Badge>}
            </span>
          </Td>
          <Td isMono>{broker.listeners.map(({ host, port }) => `${host}:${port}`).join(", ")}</Td>
          <Td>{broker.rack ?? <span className="text-faint">–</span>}</Td>
          <Td isRight>
            {broker.startedAt === null || now === 0 ? "–" : formatSpan(now - broker.startedAt)}
          </Td>
          <Td isRight>{formatCount(broker.partitionCount)}</Td>
          <Td isRight>{formatCount(broker.leaderCount)}</Td>
          <Td isRight>{formatSkew(broker.leaderSkew)}</Td>
          <Td isRight>{formatBytes(broker.sizeBytes)}</Td>
          <Td>
            <Disk broker={broker} />
          </Td>
          <Td isMono className="text-muted">
            {broker.version ?? "–"}
          </Td>
        </Tr>
      ))}
    </Table>
  );
}

export function formatSkew(skew: number): string {
  const percent = Math.round(skew * 100);
  return percent === 0 ? "even" : `${percent > 0 ? "+" : "−"}${Math.abs(percent)} %`;
}

function Disk({ broker }: { readonly broker: Broker }): ReactNode {
  const { diskTotalBytes: total, diskFreeBytes: free } = broker;
  if (total === null || free === null) return <span className="text-faint">not known</span>;
  return (
    <span className="flex items-center gap-2">
      <Meter
        label={`Disk of broker ${broker.id}`}
        value={total - free}
        max={total}
        className="w-20"
      />
      <span className="mono text-xs text-muted">{formatBytes(free)} free</span>
    </span>
  );
}
