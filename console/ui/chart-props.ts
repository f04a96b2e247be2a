/** What charts are made of. */
import type { TimeRange } from "../lib/time-range.ts";
import type { Unit } from "../lib/units.ts";

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
  /** The part that was marked by dragging. */
  readonly onZoom?: (range: TimeRange) => void;
}
