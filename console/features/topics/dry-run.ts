"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api } from "../../lib/api.ts";
import { type Draft, toRequest } from "./draft.ts";

const DEBOUNCE_MS = 250;

/** What the broker would say, a moment after the last key. */
export function useDryRun(draft: Draft) {
  const [settled, setSettled] = useState(draft);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(draft), DEBOUNCE_MS);
    return () => clearTimeout(timer);
  }, [draft]);
  const request = toRequest(settled);
  return useQuery({
    queryKey: ["topic-create-check", request],
    queryFn: ({ signal }) =>
      api.createTopic({ body: request, query: { dryRun: true } }, { signal }),
    enabled: settled.name !== "",
    placeholderData: keepPreviousData,
    gcTime: 0,
  });
}

export type DryRun = ReturnType<typeof useDryRun>;
