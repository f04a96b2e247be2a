/** What an event has beside its key and value. */
"use client";
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import type { ReactNode } from "react";
import { formatBytes, formatCount } from "../../lib/format.ts";
import { Badge } from "../../ui/badge.tsx";
import { Table, Td, Th, Tr } from "../../ui/table.tsx";
import { Ago, Time } from "../../ui/time.tsx";
import { Preview } from "./event-columns.tsx";

export function RecordHeaders({
  record: { headers },
}: {
  readonly record: DecodedRecord;
}): ReactNode {
  if (headers.length === 0) return <p className="p-3 text-muted">It has none.</p>;
  return (
    <Table
      label="Headers"
      className="overflow-y-auto"
      head={
        <>
          <Th>Name</Th>
          <Th>Value</Th>
          <Th>Read as</Th>
        </>
      }
    >
      {headers.map(({ name, value }, index) => (
        <Tr key={`${index}${name}`}>
          <Td isMono className="font-medium">
            <bdi>{name}</bdi>
          </Td>
          <Td className="max-w-96 truncate" title={value.text.slice(0, 2_000)}>
            <Preview payload={value} />
          </Td>
          <Td>
            <Badge title={value.reason}>{value.decoder}</Badge>
          </Td>
        </Tr>
      ))}
    </Table>
  );
}

export function RecordMetadata({ record }: { readonly record: DecodedRecord }): ReactNode {
  const { partition, offset, timestamp, timestampType, headersBytes, batch, key, value } = record;
  const facts: readonly (readonly [string, ReactNode])[] = [
    ["Partition", partition],
    ["Offset", formatCount(offset)],
    [
      "Timestamp",
      timestamp === null ? (
        "none"
      ) : (
        <>
          <Time at={timestamp} /> (<Ago at={timestamp} />)
        </>
      ),
    ],
    ["Whose clock", timestampType === "createTime" ? "the producer's" : "the broker's"],
    ["Key", key.sizeBytes === null ? "none" : formatBytes(key.sizeBytes)],
    ["Value", value.sizeBytes === null ? "none" : formatBytes(value.sizeBytes)],
    ["Headers", formatBytes(headersBytes)],
    ["Compression of its batch", batch.compression],
    [
      "Producer",
      batch.producerId === null
        ? "not idempotent"
        : `${batch.producerId}, epoch ${batch.producerEpoch}`,
    ],
    [
      "First sequence of its batch",
      batch.producerId === null ? "–" : formatCount(batch.baseSequence),
    ],
    ["In a transaction", batch.isTransactional ? "yes" : "no"],
    ["Leader epoch", formatCount(batch.leaderEpoch)],
  ];
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-1.5 overflow-y-auto p-3 text-sm">
      {facts.map(([name, fact]) => (
        <div key={name} className="contents">
          <dt className="text-muted">{name}</dt>
          <dd className="mono text-xs leading-5">{fact}</dd>
        </div>
      ))}
    </dl>
  );
}
