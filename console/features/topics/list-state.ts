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

/** All, those that are marked in this browser, those with partitions offline or behind. */
const SHOWN = ["all", "marked", "troubled"] as const;

const PARSERS = {
  q: parseAsString.withDefault(""),
  sort: parseAsStringLiteral(SORTS).withDefault("name"),
  order: parseAsStringLiteral(["asc", "desc"]).withDefault("asc"),
  show: parseAsStringLiteral(SHOWN).withDefault("all"),
  internal: parseAsBoolean.withDefault(false),
  /** Columns that are hidden. */
  hide: parseAsArrayOf(parseAsString).withDefault([...HIDDEN_AT_FIRST]),
};

export type ListState = ReturnType<typeof useListState>[0];

export function useListState() {
  return useQueryStates(PARSERS, { history: "replace" });
}

export function isSort(text: string): text is (typeof SORTS)[number] {
  return SORTS.some((sort) => sort === text);
}

export function asShown(text: string): (typeof SHOWN)[number] {
  return SHOWN.find((one) => one === text) ?? "all";
}

/** `stars`: the topics that are marked; at least one where only they are shown. */
export function paramsOf(
  { q, sort, order, show, internal }: Omit<ListState, "hide">,
  stars: readonly string[],
): TopicsParams {
  return {
    sort,
    order,
    ...(q === "" ? {} : { filter: q }),
    ...(internal ? { internal } : {}),
    ...(show === "troubled" ? { troubled: true } : {}),
    ...(show === "marked" ? { names: [...stars] } : {}),
  };
}
