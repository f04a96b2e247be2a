/** What charts are made of. */
import type { TimeRange } from "../lib/time-range.ts";
import type { Unit } from "../lib/units.ts";

export const CHART_COLORS = [
  "var(--color-chart-1)",
  "var(--color-chart-2)",
  "var(--color-chart-3)",
  "var(--color-chart-4)",
  "var(--color-chart-5)",
] as const;

export function chartColor(index: number): string {
  return CHART_COLORS[index % CHART_COLORS.length] ?? CHART_COLORS[0];
}

export interface ChartSeries {
  readonly name: string;
  /** One for each bucket; null where nothing is known. */
  readonly values: readonly (number | null)[];
}

export interface ChartProps {
  readonly title: string;
  readonly unit: Unit;
  readonly from: number;
  readonly stepMs: number;
  readonly series: readonly ChartSeries[];
  /** Nothing has come yet, which is not the same as that there is nothing. */
  readonly isLoading?: boolean;
  /** The part that was marked by dragging. */
  readonly onZoom?: (range: TimeRange) => void;
  /** Where a click on a time leads: to what happened then. */
  readonly hrefAt?: (at: number) => string;
}
