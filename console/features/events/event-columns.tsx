"use client";
import type { DecodedPayload, DecodedRecord } from "@runnel/contracts/decoded.ts";
import { parseFilter } from "@runnel/contracts/filter-parser.ts";
import type { ReactNode } from "react";
import { formatBytes } from "../../lib/format.ts";
import type { JsonPath } from "../../lib/json-tree.ts";
import type { Column } from "../../ui/grid.tsx";
import { Time } from "../../ui/time.tsx";
import { jsonOf, valueAt } from "./fields.ts";

const PREVIEW_CHARS = 600;

/** Columns of events: the fixed ones, and one for each field that somebody wants to see. */
export function eventColumns(fields: readonly string[]): readonly Column<DecodedRecord>[] {
  return [
    {
      id: "time",
      header: "Time",
      width: "184px",
      cell: ({ timestamp }) =>
        timestamp === null ? (
          <span className="text-faint">none</span>
        ) : (
          <Time at={timestamp} className="mono text-xs" />
        ),
    },
    {
      id: "partition",
      header: "Partition",
      width: "78px",
      align: "right",
      cell: ({ partition }) => <span className="text-muted">{partition}</span>,
    },
    {
      id: "offset",
      header: "Offset",
      width: "104px",
      align: "right",
      cell: ({ offset }) => offset,
    },
    {
      id: "key",
      header: "Key",
      width: "minmax(110px, 0.6fr)",
      cell: ({ key }) => <Preview payload={key} />,
    },
    ...fields.map((field) => fieldColumn(field)),
    {
      id: "value",
      header: "Value",
      width: "minmax(260px, 3fr)",
      cell: ({ value }) => <Preview payload={value} />,
    },
    {
      id: "size",
      header: "Size",
      width: "84px",
      align: "right",
      cell: ({ value }) => <span className="text-muted">{formatBytes(value.sizeBytes)}</span>,
    },
  ];
}

function fieldColumn(field: string): Column<DecodedRecord> {
  const path = pathOf(field);
  return {
    id: `field ${field}`,
    header: field.replace(/^value\./, ""),
    width: "minmax(90px, 0.6fr)",
    cell: (record) => <FieldCell record={record} path={path} />,
  };
}

/** The path that the filter's text names; null where that is none without "every element". */
export function pathOf(field: string): JsonPath | null {
  const parsed = parseFilter(`${field}=*`);
  const condition = parsed.kind === "filter" ? parsed.chips[0]?.condition : undefined;
  if (condition?.kind !== "exists" || condition.field.kind !== "value") return null;
  const steps = condition.field.path;
  return steps.every((step) => step !== null) ? (steps as JsonPath) : null;
}

function FieldCell({
  record,
  path,
}: {
  readonly record: DecodedRecord;
  readonly path: JsonPath | null;
}): ReactNode {
  const text = path === null ? null : valueAt(jsonOf(record), path);
  if (text === null) {
    const title = record.value.isTruncated
      ? "The value is too long for a row: open the event"
      : undefined;
    return (
      <span className="text-faint" title={title}>
        {record.value.isTruncated ? "…" : "–"}
      </span>
    );
  }
  return <span className="mono text-xs">{text.slice(0, 200)}</span>;
}

/** A payload on one line. What is not there looks different from what is empty. */
export function Preview({ payload }: { readonly payload: DecodedPayload }): ReactNode {
  const { decoder, text } = payload;
  if (decoder === "null") return <span className="text-faint italic">no key</span>;
  if (decoder === "tombstone") return <span className="text-warn italic">tombstone</span>;
  if (decoder === "empty") return <span className="text-faint italic">empty</span>;
  const isBytes = decoder === "hex" || decoder === "base64";
  return (
    <span className={isBytes ? "mono text-xs text-violet" : "mono text-xs"} dir="ltr">
      <bdi>{text.slice(0, PREVIEW_CHARS).replaceAll(/\s+/g, " ")}</bdi>
    </span>
  );
}
