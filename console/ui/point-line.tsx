"use client";
import { type ReactNode, useMemo } from "react";
import {
  CartesianGrid,
  Line,
  LineChart,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import { formatCompact, formatCount, formatTime, timeParts } from "../lib/format.ts";
import { usePreferences } from "../lib/preferences.ts";
import type { ChartPoint } from "./point-props.ts";

interface PointLineProps {
  readonly name: string;
  readonly points: readonly ChartPoint[];
  readonly openAt: number | null;
  readonly onOpen: (index: number) => void;
  readonly height: number;
}

const DAY_MS = 86_400_000;

/** A value counts until the next one, so the line goes in steps. */
export function PointLine({ name, points, openAt, onOpen, height }: PointLineProps): ReactNode {
  const { zone } = usePreferences();
  const data = useMemo(
    () => points.map(({ at, value, text }, index) => ({ at, value, text, index })),
    [points],
  );
  const isLong = (points.at(-1)?.at ?? 0) - (points[0]?.at ?? 0) > DAY_MS;
  const tick = (at: number): string => {
    const parts = timeParts(at, zone);
    if (parts === null) return "";
    return isLong ? `${parts.date.slice(5)} ${parts.clock.slice(0, 5)}` : parts.clock;
  };
  const isFlat = isNarrow(points);
  return (
    <ResponsiveContainer width="100%" height={height}>
      <LineChart
        data={data}
        accessibilityLayer
        title={name}
        margin={{ top: 6, right: 16, bottom: 0, left: 0 }}
        onClick={({ activeTooltipIndex }) => {
          const index = Number(activeTooltipIndex);
          if (Number.isInteger(index)) onOpen(index);
        }}
      >
        <CartesianGrid stroke="var(--color-line)" vertical={false} />
        <XAxis
          dataKey="at"
          type="number"
          domain={["dataMin", "dataMax"]}
          tickFormatter={tick}
          tick={{ fontSize: 10.5, fill: "var(--color-faint)" }}
          stroke="var(--color-line-strong)"
          minTickGap={56}
        />
        <YAxis
          width={isFlat ? 160 : 70}
          domain={["auto", "auto"]}
          tickFormatter={(value: number) => (isFlat ? formatCount(value) : formatCompact(value))}
          tick={{ fontSize: 10.5, fill: "var(--color-faint)" }}
          axisLine={false}
          tickLine={false}
        />
        <Tooltip
          isAnimationActive={false}
          labelFormatter={(label) => formatTime(Number(label), zone)}
          // What was written, and not what the plot made of it
          formatter={(_value, _name, { payload }) => (payload as ChartPoint).text}
          contentStyle={{
            background: "var(--color-surface)",
            border: "1px solid var(--color-line)",
            borderRadius: 8,
            fontSize: 12,
            boxShadow: "var(--shadow-pop)",
          }}
        />
        {openAt !== null && <ReferenceLine x={openAt} stroke="var(--color-accent)" />}
        <Line
          dataKey="value"
          name={name}
          type="stepAfter"
          stroke="var(--color-chart-1)"
          strokeWidth={1.5}
          dot={points.length > 120 ? false : { r: 2, fill: "var(--color-chart-1)", strokeWidth: 0 }}
          isAnimationActive={false}
          connectNulls={false}
        />
      </LineChart>
    </ResponsiveContainer>
  );
}

/** Whether values are so near to each other, for their size, that their first digits are all the same. */
function isNarrow(points: readonly ChartPoint[]): boolean {
  const values = points.flatMap(({ value }) => (value === null ? [] : [Math.abs(value)]));
  const most = Math.max(...values);
  return most >= 10_000 && most - Math.min(...values) < most / 100;
}
