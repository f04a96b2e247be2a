/** A search over the admin API, and when it said what. */
import type { Client } from "@runnel/contracts/client.ts";
import {
  EVENTS_MAX,
  type EventStreamMessage,
  SEARCH_BYTES_MAX,
  SEARCH_MS_MAX,
} from "@runnel/contracts/events.ts";
import type { QueryOf } from "@runnel/contracts/routes.ts";

export type SearchQuery = QueryOf<"readEvents">;
type Done = Extract<EventStreamMessage, { readonly event: "done" }>["data"];

export interface TimedSearch {
  /** Ms until the first event; null where none came. */
  readonly firstMs: number | null;
  readonly totalMs: number;
  readonly events: number;
  /** Messages that said how far it was, before the first event. */
  readonly progressCount: number;
  readonly done: Done;
}

/** The largest that a search may ask for. */
export const NO_LIMITS = {
  limit: EVENTS_MAX,
  maxBytes: SEARCH_BYTES_MAX,
  maxMs: SEARCH_MS_MAX,
} as const;

/** Reads a search to its end. Throws where it failed. */
export async function timeSearch(
  api: Client,
  topic: string,
  query: SearchQuery,
): Promise<TimedSearch> {
  const startedAt = performance.now();
  let firstMs: number | null = null;
  let events = 0;
  let progressCount = 0;
  let done: Done | null = null;
  const input = { params: { topic }, query: { ...NO_LIMITS, ...query } };
  for await (const { event, data } of api.readEvents(input)) {
    if (event === "event") {
      firstMs ??= performance.now() - startedAt;
      events += 1;
    } else if (event === "progress" && firstMs === null) progressCount += 1;
    else if (event === "done") done = data;
  }
  if (done === null || done.reason === "failed") {
    throw new Error(`${topic}: the search failed: ${done?.failure ?? "it has no end"}`);
  }
  return { firstMs, totalMs: performance.now() - startedAt, events, progressCount, done };
}
