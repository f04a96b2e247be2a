"use client";
import Link from "next/link";
import type { ReactNode } from "react";
import { useHref } from "../../lib/cluster.tsx";
import { formatCount } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Meter } from "../../ui/meter.tsx";
import { Panel } from "../../ui/panel.tsx";
import { ProblemPanel } from "../../ui/states.tsx";
import type { ImportSummary } from "./import-file.ts";
import { heldPlace, type ImportRun } from "./import-run.ts";
import type { ImportControl } from "./use-import.ts";

interface ImportProgressProps {
  readonly topic: string;
  readonly summary: ImportSummary;
  readonly run: ImportRun;
  readonly control: ImportControl;
}

/** To be full is good here. */
const NEVER = [2, 2] as const;

/** How far the check or the production came, what was refused, and the ways on. */
export function ImportProgress({ topic, summary, run, control }: ImportProgressProps): ReactNode {
  const { isDryRun, status, at, refused, refusedCount, held, spans } = run;
  const unit = summary.unit === "line" ? "Line" : "Record";
  const place = held === null ? null : heldPlace(held);
  return (
    <Panel title={isDryRun ? "The check" : "What is produced"}>
      <Meter label="Events" value={at} max={summary.count} thresholds={NEVER} />
      <p role="status" className="py-2">
        {sentence(run, summary.count)}
      </p>
      <div className="flex flex-wrap gap-2 pb-1 empty:hidden">
        {status === "running" && <Button onClick={control.stop}>Stop after this request</Button>}
        {status === "stopped" && <Button onClick={control.goOn}>Go on</Button>}
        {status === "held" && (
          <>
            <Button look="primary" onClick={control.goOn}>
              Send it again
            </Button>
            <Button onClick={control.skip}>Leave these out and go on</Button>
          </>
        )}
        {(status === "stopped" || status === "held") && (
          <Button look="ghost" onClick={control.reset}>
            End it here
          </Button>
        )}
      </div>
      {held !== null && (
        <div className="py-1">
          <p className="pb-1">
            {place === null
              ? `The request with ${unit.toLowerCase()} ${formatCount(held.batch.places[0] ?? 0)} to ${formatCount(held.batch.places.at(-1) ?? 0)} failed:`
              : `${unit} ${formatCount(place.place)}: ${place.message}`}
          </p>
          <ProblemPanel error={held.error} isInline />
        </div>
      )}
      {refusedCount > 0 && (
        <ul aria-label="Refused" className="max-h-48 overflow-y-auto pt-1 text-bad">
          {refused.map(({ place: one, message }) => (
            <li key={one}>
              <span className="mono text-xs">
                {unit} {formatCount(one)}:
              </span>{" "}
              {message}
            </li>
          ))}
          {refusedCount > refused.length && (
            <li className="text-muted">and {formatCount(refusedCount - refused.length)} more</li>
          )}
        </ul>
      )}
      {!isDryRun && <Places topic={topic} spans={spans} />}
    </Panel>
  );
}

function sentence({ isDryRun, status, taken, refusedCount }: ImportRun, count: number): string {
  const took = isDryRun
    ? `The broker would take ${formatCount(taken)} of ${formatCount(count)}`
    : `${formatCount(taken)} of ${formatCount(count)} are produced`;
  const refused =
    refusedCount === 0
      ? ""
      : isDryRun
        ? `, and refuse ${formatCount(refusedCount)}`
        : `, ${formatCount(refusedCount)} ${refusedCount === 1 ? "was" : "were"} refused`;
  const end = {
    running: " so far …",
    done: ".",
    stopped: "; it stands still because you stopped it.",
    held: "; it waits, because a request failed.",
  }[status];
  return `${took}${refused}${end}`;
}

/** Where the events went; each place opens the first of them. */
function Places({
  topic,
  spans,
}: {
  readonly topic: string;
  readonly spans: ImportRun["spans"];
}): ReactNode {
  const href = useHref();
  return (
    <ul aria-label="Where they are" className="max-h-48 overflow-y-auto pt-1">
      {spans.map(({ partition, firstOffset, count }) => (
        <li key={partition}>
          <Link
            href={`${href("topics", topic, "events")}?mode=oldest&partitions=${partition}&from=offset:${firstOffset}&r=${partition}@${firstOffset}`}
            className="mono text-xs text-accent hover:underline"
          >
            {topic}/{partition}@{firstOffset}
          </Link>{" "}
          and on: {formatCount(count)} events
        </li>
      ))}
    </ul>
  );
}
