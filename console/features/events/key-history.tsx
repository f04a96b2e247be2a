/** Every version of one key: when, what, and what was different from the one before. */
"use client";
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import { ArrowLeft } from "lucide-react";
import { type ReactNode, useMemo } from "react";
import { formatBytes, formatSpan } from "../../lib/format.ts";
import { diffJson } from "../../lib/json-diff.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { DiffTable } from "../../ui/diff-table.tsx";
import { type Column, Grid } from "../../ui/grid.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { Split } from "../../ui/split.tsx";
import { Empty, ProblemPanel } from "../../ui/states.tsx";
import { Time } from "../../ui/time.tsx";
import { TimeInput } from "../../ui/time-input.tsx";
import { Preview } from "./event-columns.tsx";
import { printRecord } from "./events-state.ts";
import { useKeysState, versionAt } from "./keys-state.ts";
import { PayloadView } from "./payload-view.tsx";
import { SearchBar, SearchEnd } from "./search-status.tsx";
import { useSearch } from "./use-search.ts";

const FIELD_LENGTH = 256 * 1_024;

interface KeyHistoryProps {
  readonly topic: string;
  /** As the address has it. */
  readonly keyText: string;
}

export function KeyHistory({ topic, keyText }: KeyHistoryProps): ReactNode {
  const [{ r, at }, setState] = useKeysState();
  const query = useMemo(
    () => ({ key: keyText, order: "newest" as const, fieldLength: FIELD_LENGTH, raw: true }),
    [keyText],
  );
  const control = useSearch(topic, query, "readKey");
  const { rows, status, error } = control.search;
  const columns = useMemo(() => versionColumns(rows), [rows]);
  const open =
    rows.find((row) => printRecord(row) === r) ?? (at === null ? null : versionAt(rows, at));
  const before = open === null ? null : (rows[rows.indexOf(open) + 1] ?? null);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-3 px-4 py-2.5">
        <Button onClick={() => void setState({ k: null, r: null, at: null })}>
          <ArrowLeft /> All keys
        </Button>
        <h2 className="mono truncate text-sm font-medium">
          <bdi>{keyText}</bdi>
        </h2>
        <span className="ml-auto flex items-center gap-2 text-xs text-muted">
          What it was at
          <TimeInput
            label="What it was at"
            value={at}
            onChange={(next) => void setState({ at: next, r: null })}
          />
        </span>
      </div>
      <Timeline rows={rows} open={open} onOpen={(row) => void setState({ r: printRecord(row) })} />
      <SearchBar control={control} />
      {status === "failed" && rows.length === 0 ? (
        <ProblemPanel error={error} onRetry={control.restart} />
      ) : rows.length === 0 && status === "running" ? (
        <SkeletonRows count={6} />
      ) : rows.length === 0 ? (
        <>
          <Empty title="No event has this key">
            Keys are compared byte for byte. On a compacted topic versions before the last may be
            gone.
          </Empty>
          <div className="flex justify-center">
            <SearchEnd control={control} />
          </div>
        </>
      ) : (
        <Split
          main={
            <Grid
              label={`Versions of ${keyText}`}
              columns={columns}
              rows={rows}
              keyOf={printRecord}
              onOpen={(row) => void setState({ r: printRecord(row) })}
              {...(open === null
                ? {}
                : { onMove: (row: DecodedRecord) => void setState({ r: printRecord(row) }) })}
              openKey={open === null ? null : printRecord(open)}
              tail={<SearchEnd control={control} />}
            />
          }
          side={
            open === null ? null : (
              <Version
                record={open}
                before={before}
                onClose={() => void setState({ r: null, at: null })}
              />
            )
          }
        />
      )}
    </div>
  );
}

function versionColumns(rows: readonly DecodedRecord[]): readonly Column<DecodedRecord>[] {
  return [
    {
      id: "time",
      header: "Time",
      width: "184px",
      cell: ({ timestamp }) =>
        timestamp === null ? "none" : <Time at={timestamp} className="mono text-xs" />,
    },
    { id: "gap", header: "After", width: "100px", align: "right", cell: (row) => gapOf(rows, row) },
    {
      id: "kind",
      header: "What",
      width: "96px",
      cell: ({ value }) =>
        value.sizeBytes === null ? (
          <Badge tone="warn">deleted</Badge>
        ) : (
          <Badge tone="accent">put</Badge>
        ),
    },
    {
      id: "value",
      header: "Value",
      width: "minmax(240px, 1fr)",
      cell: ({ value }) => <Preview payload={value} />,
    },
    {
      id: "offset",
      header: "Offset",
      width: "104px",
      align: "right",
      cell: ({ offset }) => offset,
    },
    {
      id: "size",
      header: "Size",
      width: "84px",
      align: "right",
      cell: ({ value }) => formatBytes(value.sizeBytes),
    },
  ];
}

/** How long after the version before. */
function gapOf(rows: readonly DecodedRecord[], row: DecodedRecord): string {
  const before = rows[rows.indexOf(row) + 1];
  const from = before?.timestamp ?? null;
  if (from === null || row.timestamp === null) return "–";
  return formatSpan(Math.max(0, row.timestamp - from));
}

interface TimelineProps {
  readonly rows: readonly DecodedRecord[];
  readonly open: DecodedRecord | null;
  readonly onOpen: (row: DecodedRecord) => void;
}

/** A dot for each version, a cross for each deletion; the table below says the same. */
function Timeline({ rows, open, onOpen }: TimelineProps): ReactNode {
  const times = rows.flatMap(({ timestamp }) => (timestamp === null ? [] : [timestamp]));
  const [first, last] = [Math.min(...times), Math.max(...times)];
  if (times.length < 2 || first === last) return null;
  return (
    <div aria-hidden className="relative mx-6 mb-3 h-5 border-b border-line">
      {rows.map((row) =>
        row.timestamp === null ? null : (
          <button
            key={printRecord(row)}
            type="button"
            tabIndex={-1}
            onClick={() => onOpen(row)}
            className={`absolute bottom-[-6px] -ml-1.5 grid size-3 place-items-center text-xs ${row === open ? "scale-150" : ""}`}
            style={{ left: `${((row.timestamp - first) / (last - first)) * 100}%` }}
          >
            {row.value.sizeBytes === null ? (
              <span className="leading-none text-warn">✕</span>
            ) : (
              <span className="size-2 rounded-full bg-chart-1" />
            )}
          </button>
        ),
      )}
    </div>
  );
}

interface VersionProps {
  readonly record: DecodedRecord;
  /** Null for the first that is known. */
  readonly before: DecodedRecord | null;
  readonly onClose: () => void;
}

function Version({ record, before, onClose }: VersionProps): ReactNode {
  return (
    <section
      aria-label={`Version ${printRecord(record)}`}
      className="flex min-h-0 flex-1 flex-col bg-surface"
    >
      <header className="flex h-9 shrink-0 items-center justify-between border-b border-line pr-2 pl-3">
        <h3 className="mono text-xs font-medium">{printRecord(record)}</h3>
        <Button look="ghost" onClick={onClose}>
          Close
        </Button>
      </header>
      <div className="max-h-[45%] overflow-y-auto border-b border-line p-3">
        <h4 className="pb-1 text-sm font-semibold">Different from the version before</h4>
        {before === null ? (
          <p className="text-muted">It is the first that is known.</p>
        ) : (
          <DiffTable
            before={before.value.text}
            after={record.value.text}
            differences={diffJson(before.value.text, record.value.text)}
          />
        )}
      </div>
      <PayloadView key={printRecord(record)} payload={record.value} />
    </section>
  );
}
