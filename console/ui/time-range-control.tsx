"use client";
import { CalendarRange, Undo2 } from "lucide-react";
import { parseAsString, useQueryState } from "nuqs";
import type { ReactNode } from "react";
import { formatTime } from "../lib/format.ts";
import { usePreferences } from "../lib/preferences.ts";
import {
  parseRange,
  printRange,
  SPAN_NAMES,
  type Span,
  type TimeRange,
} from "../lib/time-range.ts";
import { Button } from "./button.tsx";
import { Segmented } from "./field.tsx";

const DEFAULT: Span = "1h";

export interface RangeState {
  readonly range: Span | TimeRange;
  readonly setRange: (range: Span | TimeRange) => void;
}

/** The stretch of time that this page looks at, in its address. */
export function useTimeRange(): RangeState {
  const [text, setText] = useQueryState("range", parseAsString.withDefault(DEFAULT));
  return {
    range: parseRange(text) ?? DEFAULT,
    setRange: (next) => void setText(printRange(next)),
  };
}

export function TimeRangeControl({
  state: { range, setRange },
}: {
  readonly state: RangeState;
}): ReactNode {
  const { zone } = usePreferences();
  if (typeof range !== "string") {
    return (
      <span className="flex items-center gap-1.5">
        <span className="mono flex items-center gap-1.5 text-xs">
          <CalendarRange className="size-3.5 text-faint" />
          {formatTime(range.from, zone).slice(0, 19)} – {formatTime(range.to, zone).slice(0, 19)}
        </span>
        <Button onClick={() => setRange(DEFAULT)}>
          <Undo2 /> Back to the last hour
        </Button>
      </span>
    );
  }
  return (
    <Segmented<Span>
      label="Time range"
      value={range}
      onChange={setRange}
      options={SPAN_NAMES.map((span) => [span, span])}
    />
  );
}
