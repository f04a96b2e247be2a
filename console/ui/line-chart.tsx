"use client";
import { type ReactNode, useMemo, useState } from "react";
import {
  CartesianGrid,
  Legend,
  Line,
  LineChart,
  ReferenceArea,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import { formatTime, timeParts } from "../lib/format.ts";
import { usePreferences } from "../lib/preferences.ts";
import { formatUnit } from "../lib/units.ts";
import type { ChartProps } from "./chart-props.ts";

export const CHART_COLORS = [
  "var(--color-chart-1)",
  "var(--color-chart-2)",
  "var(--color-chart-3)",
  "var(--color-chart-4)",
  "var(--color-chart-5)",
  "var(--color-faint)",
] as const;

interface Marked {
  readonly start: number;
  readonly end: number;
}

const DAY_MS = 86_400_000;

/** Drag marks a stretch to look at; all charts of a page share their cursor. */
export function TimeLineChart(props: ChartProps & { readonly height: number }): ReactNode {
  const { unit, from, stepMs, series, onZoom, height } = props;
  const { zone } = usePreferences();
  const [marked, setMarked] = useState<Marked | null>(null);
  const data = useMemo(() => toRows(props), [props]);
  const isLong = data.length * stepMs > DAY_MS;
  const tick = (at: number): string => {
    const parts = timeParts(at, zone);
    if (parts === null) return "";
    return isLong ? `${parts.date.slice(5)} ${parts.clock.slice(0, 5)}` : parts.clock.slice(0, 5);
  };
  const finish = (): void => {
    if (marked !== null && marked.start !== marked.end) {
      const [low, high] = [Math.min(marked.start, marked.end), Math.max(marked.start, marked.end)];
      onZoom?.({ from: low, to: high + stepMs });
    }
    setMarked(null);
  };
  const at = (label: unknown): number | null => (label === undefined ? null : Number(label));
  return (
    <ResponsiveContainer width="100%" height={height}>
      <LineChart
        data={data}
        syncId="time"
        accessibilityLayer
        margin={{ top: 4, right: 12, bottom: 0, left: 0 }}
        onMouseDown={({ activeLabel }) => {
          const start = at(activeLabel);
          if (onZoom !== undefined && start !== null) setMarked({ start, end: start });
        }}
        onMouseMove={({ activeLabel }) => {
          const end = at(activeLabel);
          if (marked !== null && end !== null) setMarked({ ...marked, end });
        }}
        onMouseUp={finish}
        onMouseLeave={() => setMarked(null)}
      >
        <CartesianGrid stroke="var(--color-line)" vertical={false} />
        <XAxis
          dataKey="at"
          type="number"
          domain={[from, from + data.length * stepMs]}
          tickFormatter={tick}
          tick={{ fontSize: 10.5, fill: "var(--color-faint)" }}
          stroke="var(--color-line-strong)"
          minTickGap={48}
        />
        <YAxis
          width={70}
          tickFormatter={(value: number) => formatUnit(value, unit)}
          tick={{ fontSize: 10.5, fill: "var(--color-faint)" }}
          axisLine={false}
          tickLine={false}
        />
        <Tooltip
          isAnimationActive={false}
          labelFormatter={(label) => formatTime(Number(label), zone).slice(0, 19)}
          formatter={(value) => formatUnit(typeof value === "number" ? value : null, unit)}
          contentStyle={{
            background: "var(--color-surface)",
            border: "1px solid var(--color-line)",
            borderRadius: 8,
            fontSize: 12,
            boxShadow: "var(--shadow-pop)",
          }}
        />
        {series.length > 1 && (
          <Legend
            iconType="plainline"
            verticalAlign="top"
            height={22}
            wrapperStyle={{ fontSize: 11.5 }}
          />
        )}
        {series.map(({ name }, index) => (
          <Line
            key={name}
            dataKey={`v${index}`}
            name={name}
            stroke={CHART_COLORS[index % CHART_COLORS.length] ?? "var(--color-chart-1)"}
            strokeWidth={1.5}
            dot={false}
            isAnimationActive={false}
            connectNulls={false}
            type="linear"
          />
        ))}
        {marked !== null && marked.start !== marked.end && (
          <ReferenceArea
            x1={marked.start}
            x2={marked.end}
            fill="var(--color-accent)"
            fillOpacity={0.15}
          />
        )}
      </LineChart>
    </ResponsiveContainer>
  );
}

function toRows({
  from,
  stepMs,
  series,
}: ChartProps): readonly Readonly<Record<string, number | null>>[] {
  const count = series[0]?.values.length ?? 0;
  return Array.from({ length: count }, (_, index) => {
    const row: Record<string, number | null> = { at: from + index * stepMs };
    for (const [place, { values }] of series.entries()) row[`v${place}`] = values[index] ?? null;
    return row;
  });
}
