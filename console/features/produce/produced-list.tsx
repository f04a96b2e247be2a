"use client";
import Link from "next/link";
import type { ReactNode } from "react";
import { useHref } from "../../lib/cluster.tsx";
import { formatCount } from "../../lib/format.ts";
import { StatusDot } from "../../ui/badge.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Ago } from "../../ui/time.tsx";

export interface Produced {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number | null;
  readonly error: string | null;
  readonly at: number;
}

/** What was produced since the page was opened, the last first; each leads to its event. */
export function ProducedList({ produced }: { readonly produced: readonly Produced[] }): ReactNode {
  const href = useHref();
  return (
    <Panel
      isFlush
      title={
        produced.length === 0 ? "Produced here" : `Produced here (${formatCount(produced.length)})`
      }
    >
      {produced.length === 0 ? (
        <p className="p-3 text-muted">
          What you produce is listed here, with its place. A link opens the event.
        </p>
      ) : (
        <ul className="max-h-72 overflow-y-auto" aria-live="polite">
          {produced.map(({ topic, partition, offset, error, at }, index) => (
            <li
              key={`${produced.length - index}`}
              className="flex min-h-[30px] items-center gap-2 border-b border-line px-3 py-1 text-sm last:border-0"
            >
              <StatusDot tone={error === null ? "ok" : "bad"} />
              {error !== null || offset === null ? (
                <span className="text-bad">{error ?? "not written"}</span>
              ) : (
                <Link
                  href={`${href("topics", topic, "events")}?r=${partition}@${offset}`}
                  className="mono truncate text-xs text-accent hover:underline"
                >
                  {topic}/{partition}@{offset}
                </Link>
              )}
              <span className="ml-auto text-xs text-faint">
                <Ago at={at} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
