"use client";
import type { ProduceResponse } from "@runnel/contracts/records.ts";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api } from "../../lib/api.ts";
import { topicKeys } from "../../lib/data/topics.ts";
import { type EventDraft, toRecords } from "./draft.ts";
import { sendPaced, waitFor } from "./paced.ts";
import type { Produced } from "./produced-list.tsx";

const PRODUCED_MAX = 200;

export interface ProduceControl {
  readonly produced: readonly Produced[];
  /** What the broker said to the check; null where nothing was checked since the last change. */
  readonly checked: ProduceResponse["results"] | null;
  readonly isPending: boolean;
  readonly error: unknown;
  readonly check: () => void;
  readonly send: () => void;
  /** Null where nothing goes on that could be stopped. */
  readonly stop: (() => void) | null;
  readonly reset: () => void;
}

export function useProduce(topic: string, draft: EventDraft): ProduceControl {
  const client = useQueryClient();
  const [produced, setProduced] = useState<readonly Produced[]>([]);
  const abort = useRef<AbortController | null>(null);
  useEffect(() => () => abort.current?.abort(), []);
  const ask = (dryRun: boolean, part?: Parameters<typeof toRecords>[1]): Promise<ProduceResponse> =>
    api.produce({
      params: { topic },
      body: { records: toRecords(draft, part) },
      query: dryRun ? { dryRun } : {},
    });
  const sendPart = async (part?: Parameters<typeof toRecords>[1]): Promise<void> => {
    const { results } = await ask(false, part);
    const made = results.map((result) => ({ ...result, topic, at: Date.now() }));
    setProduced((before) => [...made.toReversed(), ...before].slice(0, PRODUCED_MAX));
  };
  const check = useMutation({ mutationFn: () => ask(true) });
  const send = useMutation({
    mutationFn: async ({ rate }: Pick<EventDraft, "rate">) => {
      if (rate === "") return await sendPart();
      const controller = new AbortController();
      abort.current = controller;
      await sendPaced({
        count: Number(draft.count),
        perSecond: Number(rate),
        send: (first, max) => sendPart({ first, max }),
        signal: controller.signal,
        wait: waitFor,
      });
    },
    onSettled: () => client.invalidateQueries({ queryKey: topicKeys.all }),
  });
  // The rate that it goes on at, whatever the form says by now.
  const isPaced = send.isPending && send.variables.rate !== "";
  return {
    produced,
    checked: check.data?.results ?? null,
    isPending: send.isPending || check.isPending,
    error: send.error ?? check.error,
    check: () => {
      send.reset();
      check.mutate();
    },
    send: () => {
      check.reset();
      send.mutate({ rate: draft.rate });
    },
    stop: isPaced ? () => abort.current?.abort() : null,
    reset: () => {
      check.reset();
      if (!send.isPending) send.reset();
    },
  };
}
