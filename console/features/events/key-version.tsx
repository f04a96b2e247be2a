/** One version of a key: what it is, and what is different from another one. */
"use client";
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { ArrowLeft, ArrowRight, ArrowUpRight, X } from "lucide-react";
import Link from "next/link";
import { type KeyboardEvent, type ReactNode, useState } from "react";
import { useHref } from "../../lib/cluster.tsx";
import { formatTime } from "../../lib/format.ts";
import { usePreferences } from "../../lib/preferences.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { Segmented, Select } from "../../ui/field.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { Empty, ProblemPanel } from "../../ui/states.tsx";
import { parseRecord, printRecord } from "./events-state.ts";
import { isDeleted } from "./key-versions.ts";
import { PayloadView } from "./payload-view.tsx";
import { FactsDiff, IgnoredField, ValueDiff } from "./record-diff.tsx";
import { recordQuery } from "./record-query.ts";
import { versionBeforeQuery } from "./version-query.ts";

interface KeyVersionProps {
  readonly topic: string;
  readonly keyText: string;
  /** All that were read, the newest first. */
  readonly rows: readonly DecodedRecord[];
  /** Whether the last of them is the first of all. */
  readonly hasFirst: boolean;
  /** `partition@offset` of the version. */
  readonly open: string;
  /** Of the one it is held against; null for the version before. */
  readonly compared: string | null;
  readonly onOpen: (record: string) => void;
  readonly onCompare: (record: string | null) => void;
  readonly onClose: () => void;
}

type Show = "value" | "changes" | "both";

export function KeyVersion(props: KeyVersionProps): ReactNode {
  const { topic, keyText, rows, hasFirst, open, compared, onOpen, onCompare, onClose } = props;
  const href = useHref();
  const [show, setShow] = useState<Show>("both");
  const index = rows.findIndex((row) => printRecord(row) === open);
  const listed = index < 0 ? undefined : rows[index + 1];
  const isListed = listed !== undefined || (hasFirst && index >= 0);
  const asked = useQuery({
    ...versionBeforeQuery(topic, keyText, `offset:${parseRecord(open)?.offset ?? 0}`),
    enabled: !isListed,
  });
  const older = isListed ? (listed ?? null) : asked.data;
  const newer = rows[index - 1];
  const other = compared ?? (older ? printRecord(older) : older);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.stopPropagation();
    onClose();
  };
  return (
    <section
      aria-label={`Version ${open}`}
      onKeyDown={onKeyDown}
      className="flex min-h-0 flex-1 flex-col bg-surface"
    >
      <header className="flex h-9 shrink-0 items-center gap-1 border-b border-line pr-2 pl-3">
        <h3 className="mono truncate text-xs font-medium">{open}</h3>
        <Link
          href={`${href("topics", topic, "events")}?r=${open}`}
          className={buttonClass("ghost", true)}
          aria-label="Open it among the events"
          title="Open it among the events"
        >
          <ArrowUpRight />
        </Link>
        <span className="ml-auto" />
        <Button
          look="ghost"
          isIcon
          aria-label="The version before"
          title="The version before  ←"
          disabled={!older}
          onClick={() => older && onOpen(printRecord(older))}
        >
          <ArrowLeft />
        </Button>
        <Button
          look="ghost"
          isIcon
          aria-label="The version behind"
          title="The version behind  →"
          disabled={newer === undefined}
          onClick={() => newer !== undefined && onOpen(printRecord(newer))}
        >
          <ArrowRight />
        </Button>
        <Button
          look="ghost"
          isIcon
          aria-label="Close the version"
          title="Close  Esc"
          onClick={onClose}
        >
          <X />
        </Button>
      </header>
      <div className="flex flex-wrap items-center gap-2 border-b border-line px-3 py-1.5">
        <span className="flex min-w-0 items-center gap-1.5 text-sm text-muted">
          Compared with
          <ComparedSelect rows={rows} index={index} compared={compared} onCompare={onCompare} />
        </span>
        <span className="ml-auto">
          <Segmented<Show>
            label="What is shown"
            value={show}
            onChange={setShow}
            options={[
              ["both", "Both"],
              ["changes", "Changes"],
              ["value", "Value"],
            ]}
          />
        </span>
      </div>
      <Loaded
        topic={topic}
        open={open}
        other={other}
        lookup={compared === null && !isListed ? asked : null}
        isBefore={compared === null}
        show={show}
      />
    </section>
  );
}

/** A list of all of many thousand would be no list to choose from: those around, and the ends. */
const AROUND = 50;

function ComparedSelect({
  rows,
  index,
  compared,
  onCompare,
}: Pick<KeyVersionProps, "rows" | "compared" | "onCompare"> & {
  readonly index: number;
}): ReactNode {
  const { zone } = usePreferences();
  const offered = new Map<string, string>();
  const offer = (at: number): void => {
    const row = rows[at];
    if (row === undefined || at === index) return;
    const time = row.timestamp === null ? "" : `, ${formatTime(row.timestamp, zone)}`;
    offered.set(
      printRecord(row),
      `${rows.length - at}: ${printRecord(row)}${time}${isDeleted(row) ? ", deleted" : ""}`,
    );
  };
  offer(0);
  for (let at = Math.max(0, index - AROUND); at <= index + AROUND; at += 1) offer(at);
  offer(rows.length - 1);
  const far = compared === null || offered.has(compared) ? null : compared;
  return (
    <Select
      aria-label="Compared with"
      value={compared ?? ""}
      onChange={({ target }) => onCompare(target.value === "" ? null : target.value)}
      className="max-w-44 min-w-0 text-xs"
    >
      <option value="">the version before</option>
      {far !== null && <option value={far}>{far}</option>}
      {[...offered].map(([record, text]) => (
        <option key={record} value={record}>
          {text}
        </option>
      ))}
    </Select>
  );
}

interface LoadedProps {
  readonly topic: string;
  readonly open: string;
  /** Null where there is none; undefined while it is being looked up. */
  readonly other: string | null | undefined;
  /** How the other one is found; null where it is known. */
  readonly lookup: Pick<UseQueryResult, "error" | "refetch"> | null;
  /** Whether the other one is the version before. */
  readonly isBefore: boolean;
  readonly show: Show;
}

function Loaded({ topic, open, other, lookup, isBefore, show }: LoadedProps): ReactNode {
  const [wholeOf, setWholeOf] = useState<string | null>(null);
  const isWhole = wholeOf === open;
  const after = useVersion(topic, open, isWhole);
  const before = useVersion(topic, other ?? null, isWhole);
  const failed = [after, before, ...(lookup === null ? [] : [lookup])].filter(
    ({ error }) => error !== null,
  );
  if (failed[0] !== undefined) {
    const retry = (): void => {
      for (const { refetch } of failed) void refetch();
    };
    return (
      <div className="p-3">
        <ProblemPanel error={failed[0].error} isInline onRetry={retry} />
      </div>
    );
  }
  if (after.data === undefined) {
    return (
      <div className="p-3" role="status" aria-label="Loading">
        <Skeleton className="h-24" />
      </div>
    );
  }
  if (after.data === null) {
    return (
      <Empty title="This version is not there any more">
        It was deleted, or its offset never held an event.
      </Empty>
    );
  }
  return (
    <>
      {show !== "value" && (
        <div
          role="region"
          aria-label="Changes"
          tabIndex={0}
          className={`flex flex-col gap-3 overflow-y-auto p-3 ${show === "both" ? "max-h-[50%] border-b border-line" : "min-h-0 flex-1"}`}
        >
          {other === null ? (
            <p className="text-muted">It is the first that is known: there is none before it.</p>
          ) : before.data === undefined ? (
            <Skeleton className="h-16" />
          ) : before.data === null ? (
            <p className="text-muted">{other} is not there any more.</p>
          ) : (
            <>
              <h4 className="text-sm font-semibold">
                Different from {isBefore ? "the version before" : other}
              </h4>
              <ValueDiff before={before.data} after={after.data} />
              {show === "changes" && (
                <>
                  <IgnoredField />
                  <FactsDiff before={before.data} after={after.data} />
                </>
              )}
            </>
          )}
        </div>
      )}
      {show !== "changes" && (
        <PayloadView
          key={open}
          payload={after.data.value}
          {...(isWhole ? {} : { onWhole: () => setWholeOf(open) })}
        />
      )}
    </>
  );
}

function useVersion(topic: string, record: string | null, isWhole: boolean) {
  const place = parseRecord(record);
  return useQuery({
    ...recordQuery({
      topic,
      partition: place?.partition ?? 0,
      offset: place?.offset ?? 0,
      keyDecoder: "auto",
      valueDecoder: "auto",
      isWhole,
    }),
    enabled: place !== null,
  });
}
