import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "../api.ts";
import type { TimeRange } from "../time-range.ts";

/** Enough for the width of a screen, and no more than a chart can take. */
export const CHART_POINTS = 240;

export const seriesQuery = (metric: string) =>
  queryOptions({
    queryKey: ["metrics", "series", metric],
    queryFn: ({ signal }) => api.listMetricSeries({ query: { metric } }, { signal }),
    staleTime: 30_000,
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
