/** A number in the versions of a key, over time. */
"use client";
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import { X } from "lucide-react";
import { type ReactNode, useMemo } from "react";
import { formatCount } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Select } from "../../ui/field.tsx";
import { PointChart } from "../../ui/point-chart.tsx";
import { pathOf } from "./event-columns.tsx";
import { printRecord } from "./events-state.ts";
import { numberPoints } from "./key-versions.ts";

interface FieldSelectProps {
  readonly fields: readonly string[];
  readonly value: string | null;
  readonly onChange: (field: string | null) => void;
}

/** Fields of which a number is known. */
export function FieldSelect({ fields, value, onChange }: FieldSelectProps): ReactNode {
  if (fields.length === 0 && value === null) return null;
  return (
    <label className="flex items-center gap-1.5 text-xs text-muted">
      Over time
      <Select
        aria-label="A number over time"
        value={value ?? ""}
        onChange={({ target }) => onChange(target.value === "" ? null : target.value)}
        className="h-7 max-w-52 text-xs"
      >
        <option value="">no number</option>
        {value !== null && !fields.includes(value) && <option value={value}>{value}</option>}
        {fields.map((field) => (
          <option key={field} value={field}>
            {field}
          </option>
        ))}
      </Select>
    </label>
  );
}

interface FieldChartProps {
  readonly rows: readonly DecodedRecord[];
  readonly field: string;
  readonly open: string | null;
  readonly onOpen: (record: string) => void;
  readonly onClose: () => void;
}

export function FieldChart({ rows, field, open, onOpen, onClose }: FieldChartProps): ReactNode {
  const points = useMemo(() => {
    const path = pathOf(field);
    return path === null ? [] : numberPoints(rows, path);
  }, [rows, field]);
  const openAt = rows.find((row) => printRecord(row) === open)?.timestamp ?? null;
  return (
    <PointChart
      name={field}
      title={
        <>
          <span className="mono text-xs">{field}</span> over time
          {points.length < rows.length && (
            <span className="ml-2 text-xs font-normal text-muted">
              {formatCount(points.length)} of {formatCount(rows.length)} versions are drawn, with
              all that stick out
            </span>
          )}
        </>
      }
      points={points}
      openAt={openAt}
      onOpen={(at) => {
        const record = points[at]?.record;
        if (record !== undefined) onOpen(printRecord(record));
      }}
      actions={
        <Button
          look="ghost"
          isIcon
          className="size-6"
          aria-label="Close the chart"
          onClick={onClose}
        >
          <X />
        </Button>
      }
    />
  );
}
