/** A search shows its work: what it does, how far it has come, and in the end why it stopped. */
"use client";
import { Play, RotateCw, Square } from "lucide-react";
import type { ReactNode } from "react";
import { formatBytes, formatCount, formatNumberOf } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Time } from "../../ui/time.tsx";
import {
  type Done,
  isFull,
  lookedAt,
  type Order,
  ROWS_MAX,
  reachedAt,
  type Search,
  shareOf,
} from "./search.ts";
import type { SearchControl } from "./use-search.ts";

const REASONS: Readonly<Record<Done["reason"], string>> = {
  end: "everything there is was looked at",
  results: "the page is full",
  bytes: "it had looked at as many bytes as one search may",
  keys: "it had found as many keys as one search may hold",
  time: "it had taken as long as one search may",
  stalled: "this page read nothing of it for too long",
  deleted: "the topic was deleted",
  failed: "it failed",
};

const CHOSEN: Readonly<Record<NonNullable<Done["coverage"]>["chosenBy"], string>> = {
  all: "",
  query: ", those that you chose",
  key: ", by the key",
  filter: ", by the filter",
};

/** While it runs: the phase, the numbers, Stop. */
export function SearchBar({
  control: { search, stop, restart },
  order = "newest",
}: {
  readonly control: SearchControl;
  readonly order?: Order;
}): ReactNode {
  const { records, bytes } = lookedAt(search);
  const share = shareOf(search);
  const isRunning = search.status === "running";
  const reached = reachedAt(search, order);
  return (
    <div className="relative flex min-h-7 items-center gap-3 border-y border-line bg-canvas px-4 text-xs text-muted">
      {isRunning && (
        <span
          aria-hidden
          className="absolute bottom-[-1px] left-0 h-0.5 bg-accent transition-[width] duration-200"
          style={{ width: `${(share ?? 0.05) * 100}%` }}
        />
      )}
      {/* Numbers that run are for the eyes: to be read aloud they would never end. */}
      {isRunning && <span aria-hidden>{phaseText(search)}</span>}
      <span role="status" className={isRunning ? "sr-only" : ""}>
        {isRunning
          ? phaseName(search)
          : search.status === "idle"
            ? "Nothing is searched"
            : formatNumberOf(search.rows.length, "event")}
      </span>
      {records > 0 && (
        <span className="mono">
          {formatCount(records)} looked at, {formatBytes(bytes)}
          {share !== null && ` · ${Math.floor(share * 100)} %`}
        </span>
      )}
      {isRunning && reached !== null && (
        <span>
          at <Time at={reached} className="mono" />
        </span>
      )}
      {(search.progress?.filterErrors ?? 0) > 0 && (
        <span className="text-warn">
          the filter failed on {formatCount(search.progress?.filterErrors ?? 0)}
        </span>
      )}
      <span className="ml-auto">
        {isRunning ? (
          <Button look="ghost" className="h-6 text-xs" onClick={stop}>
            <Square /> Stop
          </Button>
        ) : search.status === "idle" ? null : (
          <Button
            look="ghost"
            className="h-6 text-xs"
            onClick={restart}
            title="The same from the begin"
          >
            <RotateCw /> Again
          </Button>
        )}
      </span>
    </div>
  );
}

function phaseText({ phase, rows }: Search): string {
  switch (phase?.phase) {
    case "waiting":
      return `Waiting for ${formatCount(phase.waitingBefore ?? 0)} other searches`;
    case "locating":
      return "Looking up where to begin";
    case undefined:
      return "Asking";
    default:
      return `Searching: ${formatCount(rows.length)} found`;
  }
}

/** What it does, in words that stay the same while it goes on. */
function phaseName({ phase }: Search): string {
  if (phase?.phase === "waiting") return "Waiting for other searches";
  return phase?.phase === "locating" ? "Looking up where to begin" : "Searching";
}

/** Behind the last row: why there are no more, how much that covers, and the way on. */
export function SearchEnd({
  control: { search, goOn },
}: {
  readonly control: SearchControl;
}): ReactNode {
  if (search.status === "running" || search.status === "idle") return null;
  const { records, bytes } = lookedAt(search);
  const share = shareOf(search);
  const coverage = search.done?.coverage ?? null;
  const filterError = search.done?.filterError ?? null;
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2.5 text-sm text-muted">
      <p>
        {sentence(search)} Looked at {formatCount(records)} events ({formatBytes(bytes)})
        {share !== null && `, ${share >= 1 ? "all" : `${Math.floor(share * 100)} %`} of the range`}
        {coverage !== null &&
          `, in ${formatCount(coverage.partitions.length)} of ${formatCount(coverage.partitionCount)} partitions${CHOSEN[coverage.chosenBy]}`}
        .
      </p>
      {coverage !== null && coverage.missing.length > 0 && (
        <p className="text-warn">
          Not read: partitions {coverage.missing.map(({ partition }) => partition).join(", ")} (
          {coverage.missing[0]?.error}).
        </p>
      )}
      {(search.done?.skips.count ?? 0) > 0 && (
        <p className="text-warn">
          {formatCount(search.done?.skips.offsets ?? 0)} offsets could not be read (
          {search.done?.skips.listed[0]?.reason}).
        </p>
      )}
      {search.done?.isCursorTooLong === true && (
        <p className="text-warn">
          There is more, but it cannot go on over so many partitions: choose fewer.
        </p>
      )}
      {filterError !== null && (
        <p className="text-warn">
          The filter failed first at {filterError.offset}: {filterError.message}.
        </p>
      )}
      {goOn !== null && (
        <Button onClick={goOn}>
          <Play /> {isFull(search) ? "The next rows, in place of these" : "Continue"}
        </Button>
      )}
    </div>
  );
}

function sentence(search: Search): string {
  const { status, done } = search;
  if (isFull(search)) return `Stopped because ${formatCount(ROWS_MAX)} rows are enough for a page.`;
  if (status === "stopped") return "Stopped, because you said so.";
  if (status === "failed" || done === null) return "Broken off.";
  if (done.reason === "end") return "That is all.";
  return `Stopped because ${REASONS[done.reason]}${done.failure === null ? "" : `: ${done.failure}`}.`;
}
