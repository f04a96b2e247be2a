/** A chart of the history of metrics: certain series, or the busiest members of a family. */
"use client";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { historyQuery } from "../lib/data/metrics.ts";
import { useTopMembers } from "../lib/data/top-members.ts";
import { useRefreshMs } from "../lib/preferences.ts";
import { resolveRange } from "../lib/time-range.ts";
import type { Unit } from "../lib/units.ts";
import { Chart } from "./chart.tsx";
import type { ChartSeries } from "./chart-props.ts";
import { ProblemPanel } from "./states.tsx";
import { useNow } from "./time.tsx";
import type { RangeState } from "./time-range-control.tsx";

interface MetricChartProps {
  readonly title: string;
  readonly unit: Unit;
  readonly time: RangeState;
  /** Names of series with what they are called here; `statistic: "p99"` by the name. */
  readonly series: readonly (readonly [name: string, title: string])[];
  /** The largest value of each bucket instead of the mean. */
  readonly isPeak?: boolean;
  /** Where a click on a time leads. */
  readonly hrefAt?: (at: number) => string;
}

const STEP_MS = 10_000;

/** Without series while it is not known which. */
export function MetricChart(
  props: Omit<MetricChartProps, "series"> & {
    readonly series: MetricChartProps["series"] | null;
  },
): ReactNode {
  const { title, unit, time, series, isPeak = false, hrefAt } = props;
  const { range, setRange } = time;
  const now = useStep();
  const names = series?.map(([name]) => name) ?? [];
  const refetchInterval = useRefreshMs();
  const { data, error } = useQuery({
    ...historyQuery(now === 0 ? [] : names, resolveRange(range, now, STEP_MS)),
    refetchInterval: typeof range === "string" ? refetchInterval : false,
  });
  if (error !== null && data === undefined) return <ProblemPanel error={error} isInline />;
  const shown: readonly ChartSeries[] =
    data === undefined || series === null
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
      isLoading={series === null || (data === undefined && names.length > 0)}
      series={shown}
      onZoom={setRange}
      {...(hrefAt === undefined ? {} : { hrefAt })}
    />
  );
}

interface FamilyChartProps extends Omit<MetricChartProps, "series"> {
  readonly metric: string;
  readonly statistic: "rate" | "value" | "p50" | "p99";
}

const SHOWN_MAX = 5;

/** The members of the family that had the most of it in this time. */
export function FamilyChart({ metric, statistic, ...props }: FamilyChartProps): ReactNode {
  const now = useStep();
  const range = now === 0 ? null : resolveRange(props.time.range, now, STEP_MS);
  const top = useTopMembers(metric, statistic, range, SHOWN_MAX);
  // By name: whoever overtakes another must not take its colour along.
  const series = top
    ?.toSorted((a, b) => (a.member < b.member ? -1 : 1))
    .map((one) => [one.series, one.member] as const);
  return <MetricChart {...props} series={series ?? null} />;
}

/** The time in steps in which new data comes; 0 before the page has come alive. */
function useStep(): number {
  return Math.floor(useNow() / STEP_MS) * STEP_MS;
}
