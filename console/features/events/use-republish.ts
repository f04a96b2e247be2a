/** Producing events again: read once, looked at by the broker for each target, and then written. */
"use client";
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../lib/api.ts";
import { topicKeys } from "../../lib/data/topics.ts";
import { useDebounced } from "../../lib/debounced.ts";
import { formatCount } from "../../lib/format.ts";
import { toastDone } from "../../ui/toast.tsx";
import { printRecord } from "./events-state.ts";
import {
  type Outcome,
  produceAgain,
  type RepublishOptions,
  readForRepublish,
} from "./republish.ts";

/** A target is asked about once it is typed. */
const TYPED_MS = 250;
const NONE: ReadonlySet<string> = new Set();

interface RepublishInput {
  readonly topic: string;
  /** In the order in which they are written. */
  readonly records: readonly DecodedRecord[];
  readonly target: string;
  readonly options: RepublishOptions;
  readonly onDone: () => void;
}

export interface RepublishControl {
  /** Events that are not written yet. */
  readonly leftCount: number;
  /** What the broker would do with them; undefined while that is not known. */
  readonly outcomes: readonly Outcome[] | undefined;
  /** Of the outcomes. */
  readonly refusedCount: number;
  /** Why the broker cannot be asked. */
  readonly error: unknown;
  /** Why the last attempt wrote nothing. */
  readonly attemptError: unknown;
  /** What became of the last attempt, where some were not written. */
  readonly lastAttempt: {
    readonly writtenCount: number;
    readonly failed: readonly Outcome[];
  } | null;
  readonly isPending: boolean;
  /** Writes those that the broker would take; null while it cannot be said which. */
  readonly produce: (() => void) | null;
  /** Forgets how the last attempt ended. */
  readonly reset: () => void;
}

export function useRepublish(input: RepublishInput): RepublishControl {
  const { topic, records, options, onDone } = input;
  const target = useDebounced(input.target, TYPED_MS);
  const [written, setWritten] = useState(NONE);
  const client = useQueryClient();
  const read = useQuery({
    queryKey: ["republish-read", topic, records.map(printRecord)],
    queryFn: ({ signal }) => readForRepublish(api, topic, records, signal),
    retry: false,
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const left = read.data?.filter((record) => !written.has(printRecord(record)));
  const check = useQuery({
    queryKey: ["republish-check", topic, target, left?.map(printRecord), options],
    queryFn: ({ signal }) =>
      produceAgain({ client: api, target, records: left ?? [], options, isDryRun: true, signal }),
    enabled: target !== "" && left !== undefined && left.length > 0,
    retry: false,
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const taken = check.data?.filter(({ error }) => error === null).map(({ place }) => place);
  const attempt = useMutation({
    mutationFn: (places: readonly string[]) => {
      const wanted = new Set(places);
      const again = left?.filter((record) => wanted.has(printRecord(record))) ?? [];
      return produceAgain({ client: api, target, records: again, options, isDryRun: false });
    },
    onSuccess: (outcomes) => {
      const failed = outcomes.filter(({ error }) => error !== null);
      const done = outcomes.filter(({ error }) => error === null).map(({ place }) => place);
      if (failed.length === 0) {
        const count = written.size + done.length;
        const rest = records.length - count;
        toastDone(
          `${countOfEvents(count)} produced to ${target}${rest > 0 ? `, ${formatCount(rest)} left out` : ""}`,
        );
        onDone();
      } else setWritten(new Set([...written, ...done]));
    },
    onSettled: () => client.invalidateQueries({ queryKey: topicKeys.all }),
  });
  const isSettled = target === input.target;
  const error = read.error ?? check.error;
  const canProduce = isSettled && error === null && !attempt.isPending && taken?.length;
  return {
    leftCount: records.length - written.size,
    outcomes: isSettled ? check.data : undefined,
    refusedCount: (check.data?.length ?? 0) - (taken?.length ?? 0),
    error: isSettled ? error : null,
    attemptError: attempt.error,
    lastAttempt: attemptOf(attempt.data),
    isPending: attempt.isPending,
    produce: canProduce ? () => attempt.mutate(taken) : null,
    reset: attempt.reset,
  };
}

export function countOfEvents(count: number): string {
  return count === 1 ? "1 event is" : `${formatCount(count)} events are`;
}

function attemptOf(outcomes: readonly Outcome[] | undefined): RepublishControl["lastAttempt"] {
  const failed = outcomes?.filter(({ error }) => error !== null) ?? [];
  if (outcomes === undefined || failed.length === 0) return null;
  return { writtenCount: outcomes.length - failed.length, failed };
}
