/** Every version of one key: when, what, and what was different from the one before, or any other. */
"use client";
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import { ArrowLeft, GitCompareArrows } from "lucide-react";
import { type ReactNode, useCallback, useMemo } from "react";
import { useCommands } from "../../lib/commands.ts";
import { formatBytes, formatSpan } from "../../lib/format.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import { type Column, Grid } from "../../ui/grid.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { Split } from "../../ui/split.tsx";
import { Empty, ProblemPanel } from "../../ui/states.tsx";
import { Time } from "../../ui/time.tsx";
import { TimeInput } from "../../ui/time-input.tsx";
import { Preview } from "./event-columns.tsx";
import { parseRecord, printRecord } from "./events-state.ts";
import { KeyAt } from "./key-at.tsx";
import { FieldChart, FieldSelect } from "./key-field-chart.tsx";
import { KeyNote } from "./key-note.tsx";
import { KeyTimeline } from "./key-timeline.tsx";
import { KeyVersion } from "./key-version.tsx";
import { isDeleted, numberFields } from "./key-versions.ts";
import { NO_KEY, useKeysState } from "./keys-state.ts";
import { isFull, ROWS_MAX } from "./search.ts";
import { SearchBar, SearchEnd } from "./search-status.tsx";
import { type SearchControl, useSearch } from "./use-search.ts";

/** Characters of a value in the list; a version that is opened is read in full. */
const FIELD_LENGTH = 8_192;

interface KeyHistoryProps {
  readonly topic: string;
  /** As the address has it. */
  readonly keyText: string;
}

export function KeyHistory({ topic, keyText }: KeyHistoryProps): ReactNode {
  const [{ r, c, at, chart, older }, setState] = useKeysState();
  const query = useMemo(
    () => ({
      key: keyText,
      order: "newest" as const,
      fieldLength: FIELD_LENGTH,
      limit: ROWS_MAX,
      ...(older === null ? {} : { to: `offset:${older}` }),
    }),
    [keyText, older],
  );
  const control = useSearch(topic, query, "readKey");
  const { rows, status, done } = control.search;
  const open = parseRecord(r) === null ? null : r;
  const compared = parseRecord(c) === null ? null : c;
  const fields = useMemo(() => numberFields(rows), [rows]);
  const setOpen = useCallback((record: string) => void setState({ r: record }), [setState]);
  const setCompared = useCallback(
    (record: string | null) => void setState({ c: record }),
    [setState],
  );
  const index = useMemo(() => rows.findIndex((row) => printRecord(row) === open), [rows, open]);
  const step = (by: number): void => {
    const row = rows[index < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, index + by))];
    if (row !== undefined) setOpen(printRecord(row));
  };
  useVersionKeys({
    step,
    onPin: () => setCompared(compared === null && open !== null ? open : null),
    onAll: () => void setState(NO_KEY),
  });
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5 px-4 py-2.5">
        <Button title="u" onClick={() => void setState(NO_KEY)}>
          <ArrowLeft /> All keys
        </Button>
        <KeyName keyText={keyText} record={rows[0]} />
        <span className="ml-auto flex flex-wrap items-center gap-x-4 gap-y-1.5 text-xs text-muted">
          <FieldSelect
            fields={fields}
            value={chart}
            onChange={(next) => void setState({ chart: next })}
          />
          <span className="flex items-center gap-1.5">
            What it was at
            <TimeInput
              label="What it was at"
              value={at}
              onChange={(next) => void setState({ at: next })}
            />
          </span>
        </span>
      </div>
      {at !== null && (
        <KeyAt
          topic={topic}
          keyText={keyText}
          at={at}
          rows={rows}
          hasNewest={older === null && rows.length > 0}
          hasFirst={done?.reason === "end"}
          onOpen={setOpen}
        />
      )}
      <KeyNote topic={topic} />
      <KeyTimeline
        rows={rows}
        isWhole={older === null && done?.reason === "end"}
        open={index}
        compared={compared === null ? -1 : rows.findIndex((row) => printRecord(row) === compared)}
        onOpen={(next) => {
          const row = rows[next];
          if (row !== undefined) setOpen(printRecord(row));
        }}
      />
      {chart !== null && (
        <FieldChart
          rows={rows}
          field={chart}
          open={open}
          onOpen={setOpen}
          onClose={() => void setState({ chart: null })}
        />
      )}
      <SearchBar control={control} />
      {rows.length > 0 || open !== null ? (
        <Split
          main={
            rows.length === 0 ? (
              <NoRows control={control} />
            ) : (
              <Versions
                control={control}
                keyText={keyText}
                open={open}
                compared={compared}
                onOpen={setOpen}
                onCompare={setCompared}
                onOlder={(offset) => void setState({ older: offset, r: null })}
                onNewest={older === null ? null : () => void setState({ older: null, r: null })}
              />
            )
          }
          side={
            open === null ? null : (
              <KeyVersion
                topic={topic}
                keyText={keyText}
                rows={rows}
                hasFirst={done?.reason === "end"}
                open={open}
                compared={compared}
                onOpen={setOpen}
                onCompare={setCompared}
                onClose={() => void setState({ r: null, c: null })}
              />
            )
          }
        />
      ) : status === "running" ? (
        <SkeletonRows count={6} />
      ) : (
        <NoRows control={control} />
      )}
    </div>
  );
}

interface VersionKeys {
  /** Towards older ones. */
  readonly step: (by: number) => void;
  readonly onPin: () => void;
  readonly onAll: () => void;
}

function useVersionKeys({ step, onPin, onAll }: VersionKeys): void {
  const group = "This page";
  useCommands([
    { id: "key-older", title: "The version before", group, keys: "ArrowLeft", run: () => step(1) },
    {
      id: "key-newer",
      title: "The version behind",
      group,
      keys: "ArrowRight",
      run: () => step(-1),
    },
    { id: "key-pin", title: "Compare other versions with this one", group, keys: "c", run: onPin },
    { id: "key-all", title: "All keys", group, keys: "u", run: onAll },
  ]);
}

/** The key as it reads; bytes that are no text also as the address has them. */
function KeyName({
  keyText,
  record,
}: {
  readonly keyText: string;
  readonly record: DecodedRecord | undefined;
}): ReactNode {
  const isBytes = keyText.startsWith("b:");
  return (
    <span className="flex min-w-0 items-center gap-2">
      <h2 className="mono min-w-0 truncate text-sm font-medium" title={keyText}>
        {record !== undefined ? (
          <Preview payload={record.key} />
        ) : keyText === "" ? (
          <span className="text-faint italic">empty</span>
        ) : (
          <bdi>{keyText}</bdi>
        )}
      </h2>
      {isBytes && record !== undefined && (
        <Badge tone="violet" title={record.key.reason}>
          {record.key.decoder}
        </Badge>
      )}
      <CopyButton text={keyText} label="Copy the key" className="size-6">
        <span className="sr-only">key</span>
      </CopyButton>
    </span>
  );
}

function NoRows({ control }: { readonly control: SearchControl }): ReactNode {
  const { status, error } = control.search;
  if (status === "failed") return <ProblemPanel error={error} onRetry={control.restart} />;
  if (status === "running") return <SkeletonRows count={6} />;
  return (
    <>
      <Empty title="No event has this key">
        Keys are compared byte for byte, and looked for in the partition that clients choose for
        them. A key that is bytes is written b: and base64url.
      </Empty>
      <div className="flex justify-center">
        <SearchEnd control={control} />
      </div>
    </>
  );
}

interface VersionsProps {
  readonly control: SearchControl;
  readonly keyText: string;
  readonly open: string | null;
  readonly compared: string | null;
  readonly onOpen: (record: string) => void;
  readonly onCompare: (record: string | null) => void;
  /** Shows those before an offset. */
  readonly onOlder: (offset: number) => void;
  /** Back to the newest; null where these are. */
  readonly onNewest: (() => void) | null;
}

function Versions(props: VersionsProps): ReactNode {
  const { control, keyText, open, compared, onOpen, onCompare, onOlder, onNewest } = props;
  const { rows } = control.search;
  const columns = useMemo(
    () => versionColumns(rows, compared, onCompare),
    [rows, compared, onCompare],
  );
  const last = rows.at(-1);
  const hasOlder = isFull(control.search);
  return (
    <Grid
      label={`Versions of ${keyText}`}
      columns={columns}
      rows={rows}
      keyOf={printRecord}
      onOpen={(row) => onOpen(printRecord(row))}
      {...(open === null ? {} : { onMove: (row: DecodedRecord) => onOpen(printRecord(row)) })}
      openKey={open}
      tail={
        <div className="flex flex-wrap items-center">
          {/* The address says which versions these are, so that a link shows them, too. */}
          <SearchEnd control={hasOlder ? { ...control, goOn: null } : control} />
          {hasOlder && last !== undefined && (
            <Button onClick={() => onOlder(last.offset)}>Show those before</Button>
          )}
          {onNewest !== null && (
            <Button look="ghost" onClick={onNewest}>
              Back to the newest
            </Button>
          )}
        </div>
      }
    />
  );
}

function versionColumns(
  rows: readonly DecodedRecord[],
  compared: string | null,
  onCompare: (record: string | null) => void,
): readonly Column<DecodedRecord>[] {
  const places = new Map(rows.map((row, index) => [row, index]));
  const before = (row: DecodedRecord): DecodedRecord | undefined =>
    rows[(places.get(row) ?? rows.length) + 1];
  return [
    {
      id: "time",
      header: "Time",
      width: "200px",
      cell: ({ timestamp }) =>
        timestamp === null ? "none" : <Time at={timestamp} className="mono text-xs" />,
    },
    {
      id: "gap",
      header: "After",
      width: "106px",
      align: "right",
      cell: (row) => gapOf(before(row), row),
    },
    {
      id: "kind",
      header: "What",
      width: "78px",
      cell: (row) =>
        isDeleted(row) ? <Badge tone="warn">deleted</Badge> : <Badge tone="accent">put</Badge>,
    },
    {
      id: "value",
      header: "Value",
      width: "minmax(130px, 1fr)",
      cell: ({ value }) => <Preview payload={value} />,
    },
    {
      id: "offset",
      header: "Offset",
      width: "84px",
      align: "right",
      cell: ({ offset }) => offset,
    },
    {
      id: "size",
      header: "Size",
      width: "76px",
      align: "right",
      cell: ({ value }) => formatBytes(value.sizeBytes),
    },
    {
      id: "compare",
      header: "",
      width: "48px",
      cell: (row) => {
        const name = printRecord(row);
        const isCompared = compared === name;
        return (
          <Button
            look={isCompared ? "plain" : "ghost"}
            isIcon
            tabIndex={-1}
            className="size-6"
            aria-pressed={isCompared}
            aria-label={`Compare others with ${name}`}
            title="Compare others with this version"
            onClick={() => onCompare(isCompared ? null : name)}
          >
            <GitCompareArrows />
          </Button>
        );
      },
    },
  ];
}

/** How long after the version before. */
function gapOf(before: DecodedRecord | undefined, { timestamp }: DecodedRecord): string {
  const from = before?.timestamp ?? null;
  if (from === null || timestamp === null) return "–";
  return formatSpan(Math.max(0, timestamp - from));
}
