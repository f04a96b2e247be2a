"use client";
import { CircleAlert, CircleCheck, LoaderCircle } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { ApiError } from "../../lib/api.ts";
import { useHref } from "../../lib/cluster.tsx";
import { formatCount } from "../../lib/format.ts";
import { Panel, Stat } from "../../ui/panel.tsx";
import { describe } from "../../ui/states.tsx";
import type { Draft } from "./draft.ts";
import type { DryRun } from "./dry-run.ts";

/** What would come of the draft, from a dry run. */
export function Outcome({
  draft,
  check,
}: {
  readonly draft: Draft;
  readonly check: DryRun;
}): ReactNode {
  const href = useHref();
  if (draft.name === "") {
    return (
      <Panel title="What will be">
        <p className="text-muted">Give it a name, and the broker says here what it would make.</p>
      </Panel>
    );
  }
  if (check.error !== null) {
    const { detail, remedy } = describe(check.error);
    const isTaken = check.error instanceof ApiError && check.error.status === 409;
    return (
      <Panel title="What will be">
        <p className="flex items-start gap-2">
          <CircleAlert className="mt-0.5 size-4 shrink-0 text-bad" />
          <span>
            {detail} {remedy}
          </span>
        </p>
        {isTaken && (
          <Link
            href={href("topics", draft.name)}
            className="mt-2 ml-6 block text-accent hover:underline"
          >
            Open {draft.name}
          </Link>
        )}
      </Panel>
    );
  }
  if (check.data === undefined) {
    return (
      <Panel title="What will be">
        <p className="flex items-center gap-2 text-muted">
          <LoaderCircle className="size-4 animate-spin" /> Asking the broker …
        </p>
      </Panel>
    );
  }
  const { topic } = check.data;
  return (
    <Panel title="What will be">
      <dl className="grid grid-cols-2 gap-3">
        <Stat label="Partitions" value={formatCount(topic.partitionCount)} />
        <Stat label="Copies of each" value={formatCount(topic.replicationFactor)} />
      </dl>
      <p className="mt-3 flex items-center gap-2 text-ok">
        <CircleCheck className="size-4 shrink-0" /> The broker would create it.
      </p>
    </Panel>
  );
}
