/** A reset: what it would do, doing it, and going on with what failed of it. */
"use client";
import type { OffsetChange, ResetRequest } from "@runnel/contracts/groups.ts";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../lib/api.ts";
import { groupKeys } from "../../lib/data/groups.ts";
import { formatCount } from "../../lib/format.ts";
import { toastDone } from "../../ui/toast.tsx";
import { outcomeOf, type ResetOutcome, refusedOf, restOf } from "./reset-outcome.ts";

export interface ResetControl {
  /** Before → After of what is asked for, or of what is left of it; undefined while it is not known. */
  readonly changes: readonly OffsetChange[] | undefined;
  /** Why there is no preview. */
  readonly previewError: unknown;
  /** Partitions of the preview that would stay where they are, against what is asked for. */
  readonly refusedCount: number;
  /** Why this reset was refused as a whole. */
  readonly error: unknown;
  /** Of the last attempt, where it failed for some partitions; the preview is about these then. */
  readonly partial: ResetOutcome | null;
  readonly isPending: boolean;
  /** Null while it is not known what it would do. */
  readonly reset: (() => void) | null;
}

interface Attempt {
  readonly request: ResetRequest;
  readonly preview: readonly OffsetChange[];
  readonly etag: string;
}

interface Rest {
  /** Of which request, as JSON. */
  readonly of: string;
  readonly request: ResetRequest;
  readonly outcome: ResetOutcome;
}

/** `asked` is null while something is missing. */
export function useReset(
  group: string,
  asked: ResetRequest | null,
  onDone: () => void,
): ResetControl {
  const client = useQueryClient();
  const [known, setRest] = useState<Rest | null>(null);
  const key = JSON.stringify(asked);
  const rest = known?.of === key ? known : null;
  const request = rest?.request ?? asked;
  const wanted = JSON.stringify(request);
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
  const attempt = useMutation({
    mutationFn: ({ request: body, etag }: Attempt) =>
      api.resetOffsets({ params: { group }, body }, { ifMatch: etag }),
    onSuccess: ({ changes }, tried) => {
      const outcome = outcomeOf(changes, tried.preview);
      if (outcome.failed.length === 0) {
        toastDone(textOf(group, outcome));
        onDone();
        return;
      }
      setRest({ of: key, request: restOf(tried.request, outcome.failed), outcome });
    },
    onError: () => client.invalidateQueries({ queryKey: ["reset-preview", group] }),
    onSettled: () => client.invalidateQueries({ queryKey: groupKeys.all }),
  });
  const shown = request === null ? undefined : preview.data;
  const isReady = shown !== undefined && !preview.isPlaceholderData && preview.error === null;
  return {
    changes: shown?.changes,
    previewError: request === null ? null : preview.error,
    refusedCount: shown === undefined ? 0 : refusedOf(shown.changes).length,
    error: JSON.stringify(attempt.variables?.request) === wanted ? attempt.error : null,
    partial: rest?.outcome ?? null,
    isPending: attempt.isPending,
    reset:
      request === null || !isReady || attempt.isPending
        ? null
        : () => attempt.mutate({ request, preview: shown.changes, etag: shown.etag }),
  };
}

function textOf(group: string, { movedCount, keptCount }: ResetOutcome): string {
  if (movedCount === 0) return `${group} goes on where it was`;
  const kept = keptCount === 0 ? "" : `, and where it was in ${formatCount(keptCount)}`;
  return `${group} goes on elsewhere in ${countOfPartitions(movedCount)}${kept}`;
}

export function countOfPartitions(count: number): string {
  return `${formatCount(count)} ${count === 1 ? "partition" : "partitions"}`;
}
