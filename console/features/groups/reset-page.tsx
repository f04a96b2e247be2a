/** Moves where a group goes on: which partitions, to where, what that means, and only then the change. */
"use client";
import type { OffsetChange } from "@runnel/contracts/groups.ts";
import { useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import {
  parseAsArrayOf,
  parseAsInteger,
  parseAsString,
  parseAsStringLiteral,
  useQueryStates,
} from "nuqs";
import { type ReactNode, useState } from "react";
import { isNotFound } from "../../lib/api.ts";
import { useHref } from "../../lib/cluster.tsx";
import { everyGroupOffsetQuery, groupQuery } from "../../lib/data/groups.ts";
import { formatCount } from "../../lib/format.ts";
import { useRefreshMs } from "../../lib/preferences.ts";
import { Button } from "../../ui/button.tsx";
import { Checkbox } from "../../ui/field.tsx";
import { PageHeader } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { ProblemPanel } from "../../ui/states.tsx";
import type { ResetOutcome } from "./reset-outcome.ts";
import { ResetPreview } from "./reset-preview.tsx";
import { ResetScope } from "./reset-scope.tsx";
import { RESET_KINDS, toResetRequest } from "./reset-state.ts";
import { ResetTarget } from "./reset-target.tsx";
import { countOfPartitions, useReset } from "./use-reset.ts";

const PARSERS = {
  kind: parseAsStringLiteral(RESET_KINDS).withDefault("timestamp"),
  at: parseAsInteger,
  by: parseAsInteger,
  offset: parseAsInteger,
  topic: parseAsString,
  partitions: parseAsArrayOf(parseAsInteger),
};

export function ResetPage({ group }: { readonly group: string }): ReactNode {
  const [state, setState] = useQueryStates(PARSERS, { history: "replace" });
  const href = useHref();
  const router = useRouter();
  const refetchInterval = useRefreshMs();
  const detail = useQuery({ ...groupQuery(group), refetchInterval });
  const offsets = useQuery(everyGroupOffsetQuery(group));
  const request = toResetRequest(state);
  const { changes, previewError, refusedCount, error, partial, isPending, reset } = useReset(
    group,
    request,
    () => router.push(href("groups", group)),
  );
  /** The preview of which somebody said that the rest is to be moved. */
  const [without, setWithout] = useState<readonly OffsetChange[] | null>(null);
  const isWithout = without !== null && without === changes;
  const members = detail.data?.memberCount ?? 0;
  return (
    <>
      <PageHeader
        crumbs={[
          { text: "Groups", href: href("groups") },
          { text: group, href: href("groups", group) },
          { text: "Reset offsets" },
        ]}
        actions={
          <>
            <Button onClick={() => router.push(href("groups", group))}>Cancel</Button>
            <Button
              look="primary"
              disabled={reset === null || members > 0 || (refusedCount > 0 && !isWithout)}
              title={members > 0 ? "Its members must be stopped first" : undefined}
              onClick={() => reset?.()}
            >
              {isPending ? "Resetting …" : "Reset the offsets"}
            </Button>
          </>
        }
      />
      <div className="flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto px-4 pt-1 pb-8">
        {members > 0 && (
          <p role="status" className="rounded-md bg-warn-soft px-3 py-2">
            <strong className="font-semibold">
              {formatCount(members)} {members === 1 ? "member reads" : "members read"} now.
            </strong>{" "}
            They would commit over the reset. Stop them, and this page goes on by itself; the
            preview works meanwhile.
          </p>
        )}
        {error !== null && <ProblemPanel error={error} isInline />}
        {partial !== null && <Partial {...partial} />}
        <div className="grid gap-4 lg:grid-cols-2">
          <Panel title="1  Which partitions">
            {/* A group that is not there yet is made. */}
            {offsets.error !== null && !isNotFound(offsets.error) && (
              <ProblemPanel error={offsets.error} isInline />
            )}
            <ResetScope
              state={state}
              setState={(change) => void setState(change)}
              offsets={offsets.data ?? null}
            />
          </Panel>
          <Panel title="2  Where to">
            <ResetTarget state={state} setState={(change) => void setState(change)} />
          </Panel>
        </div>
        <Panel title="3  What that means" isFlush>
          <ResetPreview
            isComplete={request !== null}
            changes={changes}
            error={request === null ? null : previewError}
          />
          {refusedCount > 0 && refusedCount !== changes?.length && previewError === null && (
            <Checkbox
              label={`Move the others; ${countOfPartitions(refusedCount)} cannot be moved`}
              checked={isWithout}
              onChange={({ target }) => setWithout(target.checked ? (changes ?? null) : null)}
              className="border-t border-line p-3"
            />
          )}
        </Panel>
      </div>
    </>
  );
}

/** What has failed of a reset; the preview below is about that alone. */
function Partial({ movedCount, failed }: ResetOutcome): ReactNode {
  return (
    <div role="alert" className="rounded-md border border-bad/40 bg-bad-soft px-3 py-2">
      <p className="font-semibold">
        {countOfPartitions(movedCount)} moved, {formatCount(failed.length)} did not
      </p>
      <ul className="mt-1 max-h-32 overflow-y-auto text-muted">
        {failed.map(({ topic, partition, error }) => (
          <li key={`${topic}/${partition}`}>
            {topic}, partition {partition}: {error}
          </li>
        ))}
      </ul>
      <p className="mt-1">Below is what is left: reset it again.</p>
    </div>
  );
}
