"use client";
import type { EventStreamMessage } from "@runnel/contracts/events.ts";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { api } from "../../lib/api.ts";
import { useOnRefresh } from "../../lib/refresh.ts";
import type { Query } from "./events-state.ts";
import { advance, continued, IDLE_SEARCH, NEW_SEARCH, type Search } from "./search.ts";

/** What a stream says is shown this often: a row at a time would cost more than the rows. */
const SHOW_MS = 80;
const PAGE_ROWS = 200;
const ENDED_EARLY = "The broker ended its answer before it was done";

export interface SearchControl {
  readonly search: Search;
  readonly stop: () => void;
  /** The same again, from the begin. */
  readonly restart: () => void;
  /** On from where it stopped; null where nothing is left. */
  readonly goOn: (() => void) | null;
}

/** Of any of the sources; each takes what it knows. */
export type SearchQuery = Query & {
  readonly at?: string | undefined;
  readonly tombstones?: boolean | undefined;
};

function open(
  source: Source,
  topic: string,
  query: SearchQuery,
  signal: AbortSignal,
): AsyncGenerator<EventStreamMessage, void> {
  const params = { topic };
  switch (source) {
    case "readKey":
      return api.readKey({ params, query: { ...query, key: query.key ?? "" } }, { signal });
    case "readLatest":
      return api.readLatest({ params, query }, { signal });
    case "readEvents":
      return api.readEvents({ params, query }, { signal });
  }
}

interface Run {
  readonly query: SearchQuery;
  readonly start: Search;
}

/** What is read: events of a range, all of one key, or the latest of every key. */
export type Source = "readEvents" | "readKey" | "readLatest";

/** Runs the search that `query` asks for, anew whenever it changes; null for none. */
export function useSearch(
  topic: string,
  query: SearchQuery | null,
  source: Source = "readEvents",
): SearchControl {
  const key = query === null ? null : JSON.stringify(query);
  const first = useMemo<Run | null>(
    () => (key === null ? null : { query: JSON.parse(key) as SearchQuery, start: NEW_SEARCH }),
    [key],
  );
  const [next, setNext] = useState<{ readonly of: Run | null; readonly run: Run } | null>(null);
  const run = next !== null && next.of === first ? next.run : first;
  const [shown, setShown] = useState<{ readonly run: Run | null; readonly search: Search }>({
    run: null,
    search: IDLE_SEARCH,
  });
  const abort = useRef<AbortController | null>(null);
  useEffect(() => {
    if (run === null) return undefined;
    const controller = new AbortController();
    abort.current = controller;
    let search = run.start;
    let waiting: EventStreamMessage[] = [];
    const show = (change: Partial<Search> = {}): void => {
      search = { ...advance(search, waiting), ...change };
      waiting = [];
      setShown({ run, search });
    };
    const timer = setInterval(() => {
      if (waiting.length > 0) show();
    }, SHOW_MS);
    const { cursor } = run.start;
    const limited = { limit: PAGE_ROWS, ...run.query, ...(cursor === null ? {} : { cursor }) };
    void (async () => {
      try {
        const stream = open(source, topic, limited, controller.signal);
        for await (const message of stream) waiting.push(message);
        show();
        // Without its last word nobody knows whether that was all.
        if (search.status === "running") throw new Error(ENDED_EARLY);
      } catch (error) {
        show(controller.signal.aborted ? { status: "stopped" } : { status: "failed", error });
      } finally {
        clearInterval(timer);
      }
    })();
    return () => {
      clearInterval(timer);
      controller.abort();
    };
  }, [topic, run, source]);
  const search = run === null ? IDLE_SEARCH : shown.run === run ? shown.search : run.start;
  const stop = useCallback(() => abort.current?.abort(), []);
  const restart = useCallback(() => {
    if (first !== null) setNext({ of: first, run: { ...first } });
  }, [first]);
  useOnRefresh(restart);
  const canGoOn = search.status !== "running" && search.cursor !== null;
  return {
    search,
    stop,
    restart,
    goOn:
      canGoOn && run !== null
        ? () => setNext({ of: first, run: { query: run.query, start: continued(search) } })
        : null,
  };
}
