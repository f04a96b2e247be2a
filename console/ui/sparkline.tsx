"use client";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { cn } from "../lib/cn.ts";
import { type Points, rateQuery } from "../lib/data/rates.ts";
import { formatUnit, type Unit } from "../lib/units.ts";
import { Stat } from "./panel.tsx";

interface SparklineProps {
  readonly series: string;
  readonly unit: Unit;
}

/** The last quarter of an hour in a row's height, and what it is now unless that stands beside it. */
export function Sparkline({
  series,
  unit,
  isLineOnly = false,
}: SparklineProps & { readonly isLineOnly?: boolean }): ReactNode {
  const { data } = useQuery(rateQuery(series));
  const last = lastOf(data);
  if (data === undefined || last === null) return <span className="text-faint">–</span>;
  return (
    <span className="flex items-center justify-end gap-2">
      <Line points={data} unit={unit} className="h-[18px] w-[60px]" />
      {!isLineOnly && (
        <span className="w-[4.75rem] truncate text-right">{formatUnit(last, unit)}</span>
      )}
    </span>
  );
}

/** The same as a headline number. */
export function SparkStat({
  label,
  href,
  series,
  unit,
}: SparklineProps & { readonly label: string; readonly href: string }): ReactNode {
  const { data } = useQuery(rateQuery(series));
  return (
    <Stat
      label={label}
      href={href}
      value={formatUnit(lastOf(data), unit)}
      note={
        data === undefined ? (
          <span className="block h-4" />
        ) : (
          <Line points={data} unit={unit} className="h-4 w-full max-w-40" />
        )
      }
    />
  );
}

function lastOf(points: Points | undefined): number | null {
  return points?.findLast((value) => value !== null) ?? null;
}

function Line({
  points,
  unit,
  className,
}: {
  readonly points: Points;
  readonly unit: Unit;
  readonly className: string;
}): ReactNode {
  const max = Math.max(...points.map((value) => value ?? 0), Number.MIN_VALUE);
  return (
    <svg
      aria-hidden
      viewBox="0 0 60 18"
      preserveAspectRatio="none"
      className={cn("text-chart-1", className)}
    >
      <title>{`At most ${formatUnit(max, unit)} in the last 15 min`}</title>
      <path
        d={pathOf(points, max)}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.25"
        strokeLinejoin="round"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}

/** A line through what is known; gaps stay gaps. */
export function pathOf(values: Points, max: number): string {
  const step = 60 / Math.max(1, values.length - 1);
  let isDrawing = false;
  return values
    .map((value, index) => {
      if (value === null) {
        isDrawing = false;
        return "";
      }
      const command = isDrawing ? "L" : "M";
      isDrawing = true;
      return `${command}${(index * step).toFixed(1)} ${(17 - (value / max) * 16).toFixed(1)}`;
    })
    .join("");
}
