/** Moves where a group goes on: which partitions, to where, what that means, and only then the change. */
"use client";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import {
  parseAsArrayOf,
  parseAsInteger,
  parseAsString,
  parseAsStringLiteral,
  useQueryStates,
} from "nuqs";
import type { ReactNode } from "react";
import { api } from "../../lib/api.ts";
import { useHref } from "../../lib/cluster.tsx";
import { everyGroupOffsetQuery, groupKeys, groupQuery } from "../../lib/data/groups.ts";
import { formatCount } from "../../lib/format.ts";
import { useRefreshMs } from "../../lib/preferences.ts";
import { Button } from "../../ui/button.tsx";
import { PageHeader } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { ProblemPanel } from "../../ui/states.tsx";
import { toastDone } from "../../ui/toast.tsx";
import { ResetPreview } from "./reset-preview.tsx";
import { ResetScope } from "./reset-scope.tsx";
import { RESET_KINDS, toResetRequest } from "./reset-state.ts";
import { ResetTarget } from "./reset-target.tsx";

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
  const client = useQueryClient();
  const refetchInterval = useRefreshMs();
  const detail = useQuery({ ...groupQuery(group), refetchInterval });
  const offsets = useQuery(everyGroupOffsetQuery(group));
  const request = toResetRequest(state);
  const preview = useQuery({
    queryKey: ["reset-preview", group, request],
    queryFn: ({ signal }) =>
      api.resetOffsets(
        {
          params: { group },
          body: request as NonNullable<typeof request>,
          query: { dryRun: true },
        },
        { signal },
      ),
    enabled: request !== null,
    placeholderData: keepPreviousData,
    gcTime: 0,
  });
  const reset = useMutation({
    mutationFn: ({ body, etag }: { body: NonNullable<typeof request>; etag: string }) =>
      api.resetOffsets({ params: { group }, body }, { ifMatch: etag }),
    onSuccess: ({ changes }) => {
      toastDone(`${group} goes on elsewhere in ${formatCount(changes.length)} partitions`);
      router.push(href("groups", group));
    },
    onSettled: () => client.invalidateQueries({ queryKey: groupKeys.all }),
  });
  const members = detail.data?.memberCount ?? 0;
  const shown = request === null ? undefined : preview.data;
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
              disabled={
                request === null ||
                shown === undefined ||
                preview.isPlaceholderData ||
                members > 0 ||
                reset.isPending
              }
              title={members > 0 ? "Its members must be stopped first" : undefined}
              onClick={() => {
                if (request !== null && shown !== undefined) {
                  reset.mutate({ body: request, etag: shown.etag });
                }
              }}
            >
              {reset.isPending ? "Resetting …" : "Reset the offsets"}
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
        {reset.error !== null && <ProblemPanel error={reset.error} isInline />}
        <div className="grid gap-4 lg:grid-cols-2">
          <Panel title="1  Which partitions">
            {offsets.error !== null && <ProblemPanel error={offsets.error} isInline />}
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
            changes={shown?.changes}
            error={request === null ? null : preview.error}
          />
        </Panel>
      </div>
    </>
  );
}
