/** What the address of the event browser says. */
"use client";
import { DECODER_CHOICES } from "@runnel/contracts/decoder-choices.ts";
import { parsePlace } from "@runnel/contracts/event-places.ts";
import {
  type inferParserType,
  parseAsArrayOf,
  parseAsString,
  parseAsStringLiteral,
  useQueryStates,
} from "nuqs";
import { useCallback } from "react";
import type { api } from "../../lib/api.ts";

export const MODES = ["newest", "oldest", "live"] as const;
export type Mode = (typeof MODES)[number];

const PARSERS = {
  mode: parseAsStringLiteral(MODES).withDefault("newest"),
  /** As the API writes places: `time:…`, `offset:…`, `group:…`. Null: the start, or the end. */
  from: parseAsString,
  to: parseAsString,
  partitions: parseAsString,
  f: parseAsString.withDefault(""),
  /** Fields that are columns, as the filter writes them. */
  cols: parseAsArrayOf(parseAsString).withDefault([]),
  kd: parseAsStringLiteral(DECODER_CHOICES).withDefault("auto"),
  vd: parseAsStringLiteral(DECODER_CHOICES).withDefault("auto"),
  /** The event that is open: `partition@offset`. */
  r: parseAsString,
};

export type EventsState = inferParserType<typeof PARSERS>;

export type SetEventsState = (change: Partial<EventsState>) => unknown;

/** What Back brings back. How events are shown, and which is open, goes with it. */
const QUESTION = ["mode", "from", "to", "partitions", "f"] as const;

export function useEventsState(): readonly [EventsState, SetEventsState] {
  const [state, setState] = useQueryStates(PARSERS, { history: "replace" });
  const set: SetEventsState = useCallback(
    (change) => setState(change, { history: isQuestion(change, state) ? "push" : "replace" }),
    [state, setState],
  );
  return [state, set];
}

function isQuestion(change: Partial<EventsState>, state: EventsState): boolean {
  return QUESTION.some((name) => change[name] !== undefined && change[name] !== state[name]);
}

export interface Place {
  readonly partition: number;
  readonly offset: number;
}

/** Null for what names no event. */
export function parseRecord(text: string | null): Place | null {
  const [, partition, offset] = /^(\d{1,10})@(\d{1,16})$/.exec(text ?? "") ?? [];
  const place = { partition: Number(partition), offset: Number(offset) };
  return partition !== undefined && Number.isSafeInteger(place.offset) ? place : null;
}

export function printRecord({ partition, offset }: Place): string {
  return `${partition}@${offset}`;
}

export type Query = NonNullable<Parameters<typeof api.readEvents>[0]["query"]>;

/** Characters of a field in a row; an event that is opened brings all. */
const ROW_FIELD_LENGTH = 4_096;
const PARTITIONS = /^(all|\d{1,10}(-\d{1,10})?(,\d{1,10}(-\d{1,10})?)*)$/;

/** The question that the address asks; what it says wrongly is as if it did not. */
export function queryOf(
  state: Pick<EventsState, "mode" | "from" | "to" | "partitions" | "f" | "kd" | "vd">,
): Query {
  const { mode, from, to, partitions, f, kd, vd } = state;
  const isLive = mode === "live";
  return {
    fieldLength: ROW_FIELD_LENGTH,
    ...(isLive ? { live: true } : { order: mode }),
    ...(!isLive && from !== null && parsePlace(from) !== null ? { from } : {}),
    ...(!isLive && to !== null && parsePlace(to) !== null ? { to } : {}),
    ...(partitions !== null && PARTITIONS.test(partitions) ? { partitions } : {}),
    ...(f.trim() === "" ? {} : { filter: f }),
    ...(kd === "auto" ? {} : { keyDecoder: kd }),
    ...(vd === "auto" ? {} : { valueDecoder: vd }),
  };
}
