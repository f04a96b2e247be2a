/** A chart of the history of metrics: certain series, or the busiest members of a family. */
"use client";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { historyQuery, seriesQuery } from "../lib/data/metrics.ts";
import { useRefreshMs } from "../lib/preferences.ts";
import { resolveRange, type Span, type TimeRange } from "../lib/time-range.ts";
import type { Unit } from "../lib/units.ts";
import { Chart } from "./chart.tsx";
import type { ChartSeries } from "./chart-props.ts";
import { ProblemPanel } from "./states.tsx";
import { useNow } from "./time.tsx";

interface MetricChartProps {
  readonly title: string;
  readonly unit: Unit;
  readonly range: Span | TimeRange;
  readonly onZoom?: (range: TimeRange) => void;
  /** Names of series with what they are called here; `statistic: "p99"` by the name. */
  readonly series: readonly (readonly [name: string, title: string])[];
  /** The largest value of each bucket instead of the mean. */
  readonly isPeak?: boolean;
}

const STEP_MS = 10_000;

export function MetricChart(props: MetricChartProps): ReactNode {
  const { title, unit, range, onZoom, series, isPeak = false } = props;
  // New data comes every 10 s; before the page is alive there is no time.
  const now = Math.floor(useNow() / STEP_MS) * STEP_MS;
  const names = series.map(([name]) => name);
  const refetchInterval = useRefreshMs();
  const { data, error } = useQuery({
    ...historyQuery(now === 0 ? [] : names, resolveRange(range, now, STEP_MS)),
    refetchInterval: typeof range === "string" ? refetchInterval : false,
  });
  if (error !== null && data === undefined) return <ProblemPanel error={error} isInline />;
  const shown: readonly ChartSeries[] =
    data === undefined
      ? []
      : series.map(([name, text]) => {
          const points = data.series.find((one) => one.name === name);
          return { name: text, values: (isPeak ? points?.max : points?.avg) ?? [] };
        });
  return (
    <Chart
      title={title}
      unit={unit}
      from={data?.from ?? 0}
      stepMs={data?.stepMs ?? STEP_MS}
      series={shown}
      {...(onZoom === undefined ? {} : { onZoom })}
    />
  );
}

interface FamilyChartProps extends Omit<MetricChartProps, "series"> {
  readonly metric: string;
  readonly statistic: "rate" | "value" | "p50" | "p99";
}

const FAMILY_MAX = 100;
const SHOWN_MAX = 5;

/** The members of the family that had the most of it, and all others as one where that can be summed. */
export function FamilyChart({ metric, statistic, ...props }: FamilyChartProps): ReactNode {
  const now = Math.floor(useNow() / STEP_MS) * STEP_MS;
  const { data } = useQuery(seriesQuery(metric));
  const members = (data?.items ?? []).filter(
    (item) => item.statistic === statistic && item.member !== null,
  );
  const names = members.slice(0, FAMILY_MAX).map(({ name }) => name);
  const ranking = useQuery(
    historyQuery(now === 0 ? [] : names, resolveRange(props.range, now, STEP_MS), 20),
  );
  const weights = new Map(
    (ranking.data?.series ?? []).map(({ name, avg }) => [
      name,
      avg.reduce<number>((sum, value) => sum + (value ?? 0), 0),
    ]),
  );
  const top = members
    .toSorted((a, b) => (weights.get(b.name) ?? 0) - (weights.get(a.name) ?? 0))
    .slice(0, SHOWN_MAX);
  return <MetricChart {...props} series={top.map(({ name, member }) => [name, member ?? name])} />;
}
