"use client";
import type { AuditEntry } from "@runnel/contracts/audit.ts";
import { X } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { OPERATIONS, OUTCOMES } from "../../lib/audit-words.ts";
import { useHref } from "../../lib/cluster.tsx";
import { diffJson } from "../../lib/json-diff.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { DiffTable } from "../../ui/diff-table.tsx";
import { Time } from "../../ui/time.tsx";

/** Nothing is shown as an empty one of what stands on the other side, so that each field has a line. */
function sideOf(state: AuditEntry["before"], other: AuditEntry["before"]): string {
  const isMissing = state === null && typeof other === "object" && other !== null;
  return JSON.stringify(isMissing ? (Array.isArray(other) ? [] : {}) : state, null, 2);
}

interface EntryFrameProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** What is beside the list while a change is open. */
export function EntryFrame({ title, onClose, children }: EntryFrameProps): ReactNode {
  return (
    <section aria-label="The change" className="flex min-h-0 flex-1 flex-col bg-surface">
      <header className="flex h-9 items-center justify-between border-b border-line pr-2 pl-3">
        <h2 className="truncate text-sm font-semibold">{title}</h2>
        <Button look="ghost" isIcon aria-label="Close the change" onClick={onClose}>
          <X />
        </Button>
      </header>
      {children}
    </section>
  );
}

/** One change: who, from where, and every field before and after. */
export function Entry({
  entry,
  onClose,
}: {
  readonly entry: AuditEntry;
  readonly onClose: () => void;
}): ReactNode {
  const href = useHref();
  const { operation, resource, actor, at, asked, before, after, result } = entry;
  const [tone, text] = OUTCOMES[result.outcome];
  const hasPage = resource.kind !== "other" && resource.name !== "default";
  const [from, to] = [sideOf(before, after), sideOf(after, before)];
  return (
    <EntryFrame title={OPERATIONS[operation]} onClose={onClose}>
      <div className="flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto p-3">
        <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-sm">
          <dt className="text-muted">Of</dt>
          <dd>
            {hasPage ? (
              <Link
                href={href(`${resource.kind}s`, resource.name)}
                className="text-accent underline"
              >
                {resource.kind} {resource.name}
              </Link>
            ) : (
              `${resource.kind} ${resource.name}`
            )}
          </dd>
          <dt className="text-muted">When</dt>
          <dd>
            <Time at={at} className="mono text-xs" />
          </dd>
          <dt className="text-muted">Who</dt>
          <dd>
            {actor.principal} from {actor.host}
            {actor.forwardedFor === undefined ? "" : `, which says for ${actor.forwardedFor}`}, by{" "}
            {actor.client === "" ? "an unnamed client" : actor.client}
          </dd>
          <dt className="text-muted">Through</dt>
          <dd>
            {actor.via === "admin" ? "the admin API" : `Kafka, listener ${actor.listener}`}, port{" "}
            {actor.port}
          </dd>
          <dt className="text-muted">Result</dt>
          <dd>
            <Badge tone={tone}>{text}</Badge> {result.message}
          </dd>
        </dl>
        <div>
          <h3 className="pb-1 text-sm font-semibold">Before and after</h3>
          <DiffTable before={from} after={to} differences={diffJson(from, to)} />
        </div>
        <details>
          <summary className="text-sm font-semibold">What was asked</summary>
          <pre className="mono mt-1 overflow-x-auto rounded bg-raised p-2 text-xs">
            {JSON.stringify(asked, null, 2)}
          </pre>
        </details>
      </div>
    </EntryFrame>
  );
}
