/** The members of a family of metrics that had the most of it. */
"use client";
import type { MetricStatistic } from "@runnel/contracts/metrics.ts";
import { useQueries, useQuery } from "@tanstack/react-query";
import type { TimeRange } from "../time-range.ts";
import { batchesOf, historyQuery, seriesQuery } from "./metrics.ts";

export interface TopMember {
  /** Of the series. */
  readonly series: string;
  /** A topic, a group, an API. */
  readonly member: string;
}

/** The broker keeps a history of those that do most; of them these are looked at. */
const RANKED_MAX = 500;
const RANKING_POINTS = 20;

/**
 * The first `count` of them within `range`, the one that had most of it first; null: not known yet.
 * Nothing is asked for without a range.
 */
export function useTopMembers(
  metric: string,
  statistic: MetricStatistic,
  range: TimeRange | null,
  count: number,
): readonly TopMember[] | null {
  const { data } = useQuery(seriesQuery(metric));
  const members = (data?.items ?? [])
    .flatMap(({ name, member, ...item }) =>
      item.statistic === statistic && member !== null ? [{ series: name, member }] : [],
    )
    .slice(0, RANKED_MAX);
  const batches = range === null ? [] : batchesOf(members.map(({ series }) => series));
  const rankings = useQueries({
    queries: batches.map((names) =>
      historyQuery(names, range ?? { from: 0, to: 1 }, RANKING_POINTS),
    ),
  });
  if (data === undefined || range === null || rankings.some((one) => one.isPending)) return null;
  const weights = new Map(
    rankings.flatMap(
      (ranking) =>
        ranking.data?.series.map(
          ({ name, avg }) =>
            [name, avg.reduce<number>((sum, value) => sum + (value ?? 0), 0)] as const,
        ) ?? [],
    ),
  );
  return members
    .toSorted((a, b) => (weights.get(b.series) ?? 0) - (weights.get(a.series) ?? 0))
    .slice(0, count);
}
