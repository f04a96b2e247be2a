/** A search as a state machine: what its stream has said so far. */

import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import type { EventStreamMessage } from "@runnel/contracts/events.ts";

export type Progress = Extract<EventStreamMessage, { event: "progress" }>["data"];
export type Done = Extract<EventStreamMessage, { event: "done" }>["data"];
export type Phase = Extract<EventStreamMessage, { event: "phase" }>["data"];

/** Rows in memory; a search that finds more is stopped, and goes on with those behind them. */
export const ROWS_MAX = 5_000;

export interface Search {
  /** `idle`: nothing is asked for. */
  readonly status: "idle" | "running" | "stopped" | "done" | "failed";
  readonly rows: readonly DecodedRecord[];
  readonly phase: Phase | null;
  /** Of the request that runs or ran last. */
  readonly progress: Progress | null;
  readonly done: Done | null;
  readonly error: unknown;
  /** Times of what comes next, by partition, of those that have something left. */
  readonly heads: ReadonlyMap<number, number>;
  /** Looked at by the requests before: a continued search sums up. */
  readonly before: { readonly records: number; readonly bytes: number };
  /** Goes on behind the first `coveredCount` rows. */
  readonly cursor: string | null;
  readonly coveredCount: number;
}

export const NEW_SEARCH: Search = {
  status: "running",
  rows: [],
  phase: null,
  progress: null,
  done: null,
  error: null,
  heads: new Map(),
  before: { records: 0, bytes: 0 },
  cursor: null,
  coveredCount: 0,
};

export const IDLE_SEARCH: Search = { ...NEW_SEARCH, status: "idle" };

/** The state after some messages; many at once cost one copy of the rows. */
export function advance(search: Search, messages: readonly EventStreamMessage[]): Search {
  const found: DecodedRecord[] = [];
  let next = search;
  const count = (): number => search.rows.length + found.length;
  for (const message of messages) {
    switch (message.event) {
      case "phase":
        next = { ...next, phase: message.data };
        break;
      case "event":
        found.push(message.data);
        break;
      case "progress":
        next = {
          ...next,
          progress: message.data,
          heads: moved(next.heads, message.data),
          ...(message.data.cursor === null
            ? {}
            : { cursor: message.data.cursor, coveredCount: count() }),
        };
        break;
      case "done":
        next = {
          ...next,
          status: "done",
          done: message.data,
          cursor: message.data.cursor,
          coveredCount: count(),
        };
        break;
    }
  }
  return found.length === 0 ? next : { ...next, rows: [...next.rows, ...found] };
}

function moved(
  heads: ReadonlyMap<number, number>,
  { partitions }: Progress,
): ReadonlyMap<number, number> {
  const next = new Map(heads);
  for (const { partition, timestamp } of partitions) {
    if (timestamp === null) next.delete(partition);
    else next.set(partition, timestamp);
  }
  return next;
}

export type Order = "newest" | "oldest";

/**
 * Up to which time everything was looked at: partitions are merged by time, so it is where the next one
 * goes on, and no further than the last event found. Null where that is not known, and at the end.
 */
export function reachedAt({ heads, rows, done }: Search, order: Order): number | null {
  if (done?.reason === "end") return null;
  const times = [...heads.values()];
  const next = times.length === 0 ? null : bestOf(times, order);
  const last = rows.at(-1)?.timestamp ?? null;
  if (done?.reason === "results") return last ?? next;
  return next === null || last === null ? (next ?? last) : farthestOf([next, last], order);
}

const bestOf = (times: readonly number[], order: Order): number =>
  times.reduce((a, b) => (order === "newest" ? Math.max(a, b) : Math.min(a, b)));

const farthestOf = (times: readonly number[], order: Order): number =>
  bestOf(times, order === "newest" ? "oldest" : "newest");

/** True where there is more, and no room for it beside these rows. */
export function isFull({ status, rows, cursor }: Search): boolean {
  return status !== "running" && rows.length >= ROWS_MAX && cursor !== null;
}

/**
 * The state in which the same search goes on where it stopped. Rows that the cursor does not cover come
 * again; where there are as many as a page holds, the next ones take their place.
 */
export function continued(search: Search): Search {
  const counts = search.done ?? search.progress;
  const rows = isFull(search) ? [] : search.rows.slice(0, search.coveredCount);
  return {
    ...NEW_SEARCH,
    rows,
    coveredCount: rows.length,
    cursor: search.cursor,
    before: {
      records: search.before.records + (counts?.records ?? 0),
      bytes: search.before.bytes + (counts?.bytes ?? 0),
    },
  };
}

/** Everything that was looked at, earlier requests included. */
export function lookedAt({ before, done, progress }: Search): {
  readonly records: number;
  readonly bytes: number;
} {
  const counts = done ?? progress;
  return {
    records: before.records + (counts?.records ?? 0),
    bytes: before.bytes + (counts?.bytes ?? 0),
  };
}

/** How much of the range was looked at, from 0 to 1; null where that is not known. */
export function shareOf(search: Search): number | null {
  if (search.done?.reason === "end") return 1;
  const counts = search.done ?? search.progress;
  const range = counts?.bytesInRange ?? null;
  if (range === null) return null;
  // The range of a request that goes on is what was left of the whole.
  const whole = range + search.before.bytes;
  return whole === 0
    ? 1
    : Math.min(1, (lookedAt(search).bytes + (counts?.passedBytes ?? 0)) / whole);
}
