"use client";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { type Points, rateQuery } from "../lib/data/rates.ts";
import { formatUnit, type Unit } from "../lib/units.ts";

interface SparklineProps {
  readonly series: string;
  readonly unit: Unit;
}

/** The last quarter of an hour in a row's height, and what it is now. */
export function Sparkline({ series, unit }: SparklineProps): ReactNode {
  const { data } = useQuery(rateQuery(series));
  const last = data?.findLast((value) => value !== null) ?? null;
  if (data === undefined || last === null) return <span className="text-faint">–</span>;
  const max = Math.max(...data.map((value) => value ?? 0), Number.MIN_VALUE);
  return (
    <span
      className="flex items-center justify-end gap-2"
      title={`Now ${formatUnit(last, unit)}, at most ${formatUnit(max, unit)}`}
    >
      <svg aria-hidden viewBox="0 0 60 18" className="h-[18px] w-[60px] text-chart-1">
        <path
          d={pathOf(data, max)}
          fill="none"
          stroke="currentColor"
          strokeWidth="1.25"
          strokeLinejoin="round"
        />
      </svg>
      <span className="w-14 truncate text-right">{formatUnit(last, unit)}</span>
    </span>
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
