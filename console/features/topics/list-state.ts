/** What the address of the list of topics says. */
"use client";
import {
  parseAsArrayOf,
  parseAsBoolean,
  parseAsString,
  parseAsStringLiteral,
  useQueryStates,
} from "nuqs";
import type { TopicsParams } from "../../lib/data/topics.ts";
import { HIDDEN_AT_FIRST } from "./columns.tsx";

const SORTS = [
  "name",
  "partitionCount",
  "eventCount",
  "sizeBytes",
  "lastEventAt",
  "maxLag",
] as const;

const PARSERS = {
  q: parseAsString.withDefault(""),
  sort: parseAsStringLiteral(SORTS).withDefault("name"),
  order: parseAsStringLiteral(["asc", "desc"]).withDefault("asc"),
  internal: parseAsBoolean.withDefault(false),
  /** Columns that are hidden. */
  hide: parseAsArrayOf(parseAsString).withDefault([...HIDDEN_AT_FIRST]),
};

const PAGE_ROWS = 500;

export type ListState = ReturnType<typeof useListState>[0];

export function useListState() {
  return useQueryStates(PARSERS, { history: "replace" });
}

export function isSort(text: string): text is (typeof SORTS)[number] {
  return SORTS.some((sort) => sort === text);
}

export function paramsOf({ q, sort, order, internal }: ListState): TopicsParams {
  return {
    limit: PAGE_ROWS,
    sort,
    order,
    ...(q === "" ? {} : { filter: q }),
    ...(internal ? { internal } : {}),
  };
}
