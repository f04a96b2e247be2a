import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "../api.ts";
import type { TimeRange } from "../time-range.ts";

/** Enough for the width of a screen, and no more than a chart can take. */
export const CHART_POINTS = 240;
const SERIES_REFRESH_MS = 30_000;

export const seriesQuery = (metric: string) =>
  queryOptions({
    queryKey: ["metrics", "series", metric],
    queryFn: ({ signal }) => api.listMetricSeries({ query: { metric } }, { signal }),
    staleTime: SERIES_REFRESH_MS,
    refetchInterval: SERIES_REFRESH_MS,
  });

export const historyQuery = (
  series: readonly string[],
  { from, to }: TimeRange,
  points = CHART_POINTS,
) =>
  queryOptions({
    queryKey: ["metrics", "history", series, from, to, points],
    queryFn: ({ signal }) =>
      api.getMetricHistory({ query: { series: [...series], from, to, points } }, { signal }),
    enabled: series.length > 0,
    placeholderData: keepPreviousData,
  });

/** As many series as one request may name, in an address that no server finds too long. */
const BATCH_MAX = 100;
const BATCH_CHARS_MAX = 6_000;

/** Lists of names of which each fits into one request. */
export function batchesOf(names: readonly string[]): readonly (readonly string[])[] {
  const batches: string[][] = [];
  let chars = 0;
  for (const name of names) {
    const last = batches.at(-1);
    const own = encodeURIComponent(name).length;
    if (last === undefined || last.length >= BATCH_MAX || chars + own > BATCH_CHARS_MAX) {
      batches.push([name]);
      chars = own;
    } else {
      last.push(name);
      chars += own;
    }
  }
  return batches;
}
