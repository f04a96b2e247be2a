"use client";
import type { ReactNode } from "react";
import { type RangeState, TimeRangeControl, useTimeRange } from "./time-range-control.tsx";

/** Charts of one stretch of time, with the control of it over them. */
export function TimedCharts({
  children,
}: {
  readonly children: (time: RangeState) => ReactNode;
}): ReactNode {
  const time = useTimeRange();
  return (
    <>
      <div className="flex justify-end">
        <TimeRangeControl state={time} />
      </div>
      <div className="grid gap-4 lg:grid-cols-2">{children(time)}</div>
    </>
  );
}
