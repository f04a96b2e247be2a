"use client";
import { useRouter } from "next/navigation";
import { type MouseEvent, type ReactNode, useMemo, useState } from "react";
import {
  CartesianGrid,
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
import { timeTicks, valueTicks } from "../lib/ticks.ts";
import { formatUnit } from "../lib/units.ts";
import { type ChartProps, chartColor } from "./chart-props.ts";

interface Marked {
  readonly start: number;
  readonly end: number;
}

const DAY_MS = 86_400_000;
const AXIS_PX = 70;
const MARGIN_PX = 12;

/**
 * Drag marks a stretch to look at, a click leads to what happened then; all charts of a page share
 * their cursor.
 */
export function TimeLineChart(props: ChartProps & { readonly height: number }): ReactNode {
  const { unit, from, stepMs, series, onZoom, hrefAt, height } = props;
  const router = useRouter();
  const { zone } = usePreferences();
  const [marked, setMarked] = useState<Marked | null>(null);
  const data = useMemo(() => toRows(props), [props]);
  const isLong = data.length * stepMs > DAY_MS;
  const tick = (at: number): string => {
    const parts = timeParts(at, zone);
    if (parts === null) return "";
    return isLong ? `${parts.date.slice(5)} ${parts.clock.slice(0, 5)}` : parts.clock.slice(0, 5);
  };
  const to = from + data.length * stepMs;
  const ticks = useMemo(() => timeTicks(from, to, zone), [from, to, zone]);
  const marks = useMemo(() => {
    const values = series.flatMap((one) => one.values.filter((value) => value !== null));
    return valueTicks(Math.max(0, ...values), unit);
  }, [series, unit]);
  const finish = (): void => {
    setMarked(null);
    if (marked === null) return;
    const [low, high] = [Math.min(marked.start, marked.end), Math.max(marked.start, marked.end)];
    if (low !== high) onZoom?.({ from: low, to: high + stepMs });
    else if (hrefAt !== undefined) router.push(hrefAt(low));
  };
  /** The bucket under the mouse; what the chart itself says lags behind a quick click. */
  const at = ({ clientX, currentTarget }: MouseEvent<HTMLElement | SVGElement>): number => {
    const { left, width } = currentTarget.getBoundingClientRect();
    const share = (clientX - left - AXIS_PX) / (width - AXIS_PX - MARGIN_PX);
    const bucket = Math.floor(Math.max(0, Math.min(1, share)) * data.length);
    return from + Math.min(data.length - 1, bucket) * stepMs;
  };
  return (
    <ResponsiveContainer width="100%" height={height}>
      <LineChart
        data={data}
        syncId="time"
        syncMethod={nearest}
        accessibilityLayer
        margin={{ top: 6, right: MARGIN_PX, bottom: 0, left: 0 }}
        onMouseDown={(_, event) => {
          const start = at(event);
          setMarked({ start, end: start });
        }}
        onMouseMove={(_, event) => {
          if (marked !== null) setMarked({ ...marked, end: at(event) });
        }}
        onMouseUp={finish}
        onMouseLeave={() => setMarked(null)}
      >
        <CartesianGrid stroke="var(--color-line)" vertical={false} />
        <XAxis
          dataKey="at"
          type="number"
          domain={[from, to]}
          ticks={ticks}
          height={20}
          tickFormatter={tick}
          tick={{ fontSize: 10.5, fill: "var(--color-faint)" }}
          stroke="var(--color-line-strong)"
          minTickGap={32}
        />
        <YAxis
          width={AXIS_PX}
          domain={[0, marks.at(-1) ?? 1]}
          ticks={marks}
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
        {series.map(({ name }, index) => (
          <Line
            key={name}
            dataKey={`v${index}`}
            name={name}
            stroke={chartColor(index)}
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

/** Charts whose buckets differ move their cursors to the same time. */
function nearest(
  ticks: readonly { readonly value: unknown }[],
  { activeLabel }: { readonly activeLabel?: string | number | undefined },
): number {
  const at = Number(activeLabel);
  let best = 0;
  for (const [index, { value }] of ticks.entries()) {
    const distance = Math.abs(Number(value) - at);
    if (distance < Math.abs(Number(ticks[best]?.value) - at)) best = index;
  }
  return best;
}
