/** How many events there are by time, from indexes alone. Marking a stretch searches it. */
"use client";
import type { Histogram as HistogramData } from "@runnel/contracts/events.ts";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Undo2 } from "lucide-react";
import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef, useState } from "react";
import { api } from "../../lib/api.ts";
import { cn } from "../../lib/cn.ts";
import { formatCount, formatTime } from "../../lib/format.ts";
import { usePreferences, useRefreshMs } from "../../lib/preferences.ts";
import { Button } from "../../ui/button.tsx";
import { type Marking, moveMarking, rangeOf, zoomed } from "./histogram-range.ts";

interface HistogramProps {
  readonly topic: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly partitions: string | null;
  readonly onRange: (from: string | null, to: string | null) => void;
}

const BUCKETS = 120;
const HEIGHT = 56;
/** The smallest bar that can be seen, of 100. */
const BAR_MIN = 3;

const timeOnly = (place: string | null): string | undefined =>
  place?.startsWith("time:") === true ? place : undefined;

export function Histogram(props: HistogramProps): ReactNode {
  const { topic, partitions, onRange } = props;
  const [from, to] = [timeOnly(props.from), timeOnly(props.to)];
  const refetchInterval = useRefreshMs();
  const query = {
    buckets: BUCKETS,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(partitions === null ? {} : { partitions }),
  };
  const { data } = useQuery({
    queryKey: ["histogram", topic, query],
    queryFn: ({ signal }) => api.getHistogram({ params: { topic }, query }, { signal }),
    placeholderData: keepPreviousData,
    // What has an end does not change any more.
    refetchInterval: to === undefined ? refetchInterval : false,
    retry: false,
  });
  if (data === undefined || data.buckets.length === 0) {
    return <div aria-hidden className="mx-4 mb-2 h-[74px] rounded bg-raised/40" />;
  }
  return (
    <div className="px-4 pb-1">
      <Bars {...props} data={data} />
      <Axis
        data={data}
        isZoomed={from !== undefined || to !== undefined}
        onReset={() => onRange(null, null)}
      />
    </div>
  );
}

interface BarsProps extends HistogramProps {
  readonly data: HistogramData;
}

function Bars({ topic, data, onRange }: BarsProps): ReactNode {
  const { zone } = usePreferences();
  const box = useRef<SVGSVGElement>(null);
  const [marking, setMarking] = useState<Marking | null>(null);
  const [isDragging, setIsDragging] = useState(false);
  const { buckets, fromMs, widthMs } = data;
  const count = buckets.length;
  const max = Math.max(1, ...buckets.map((bucket) => bucket.count));
  const apply = (marked: Marking): void => {
    const range = rangeOf(marked, data);
    onRange(`time:${range.from}`, `time:${range.to}`);
    setMarking(null);
  };
  const bucketAt = (event: PointerEvent | WheelEvent): number => {
    const rect = box.current?.getBoundingClientRect();
    if (rect === undefined) return 0;
    return Math.max(
      0,
      Math.min(count - 1, Math.floor(((event.clientX - rect.left) / rect.width) * count)),
    );
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const moved = moveMarking(marking, event, count);
    if (moved !== null) setMarking(moved);
    else if (event.key === "Enter" && marking !== null) apply(marking);
    else if (event.key === "Escape" && marking !== null) setMarking(null);
    else if (event.key === "-") zoomBy(2, count / 2);
    else if (event.key === "+") zoomBy(0.5, marking?.cursor ?? count / 2);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const zoomBy = (factor: number, at: number): void => {
    const whole = { from: fromMs, to: fromMs + count * widthMs };
    const range = zoomed(whole, factor, fromMs + at * widthMs);
    onRange(`time:${range.from}`, `time:${range.to}`);
  };
  const marked = marking === null ? null : rangeOf(marking, data);
  const cursor = marking === null ? undefined : buckets[marking.cursor];
  return (
    <div className="relative">
      <svg
        ref={box}
        role="slider"
        aria-label={`Events of ${topic} by time: arrows move, Shift and arrows mark, Enter searches`}
        aria-valuemin={0}
        aria-valuemax={count - 1}
        aria-valuenow={marking?.cursor ?? 0}
        aria-valuetext={
          cursor === undefined || marked === null
            ? `${formatCount(data.total)} events in all`
            : `${formatCount(cursor.count)} events from ${formatTime(marked.from, zone)} to ${formatTime(marked.to, zone)}`
        }
        tabIndex={0}
        viewBox={`0 0 ${count} 100`}
        preserveAspectRatio="none"
        className="block w-full cursor-crosshair touch-none"
        style={{ height: HEIGHT }}
        onKeyDown={onKeyDown}
        onBlur={() => setMarking(null)}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          const at = bucketAt(event);
          setIsDragging(true);
          setMarking({ anchor: at, cursor: at });
        }}
        onPointerMove={(event) => {
          const at = bucketAt(event);
          setMarking({ anchor: isDragging && marking !== null ? marking.anchor : at, cursor: at });
        }}
        onPointerUp={() => {
          if (isDragging && marking !== null) apply(marking);
          setIsDragging(false);
        }}
        onPointerLeave={() => {
          if (!isDragging) setMarking(null);
        }}
      >
        {buckets.map(({ count: events, isExact }, index) => (
          <rect
            key={index}
            x={index + 0.1}
            width={0.8}
            y={events === 0 ? 100 : 100 - Math.max(BAR_MIN, (events / max) * 100)}
            height={events === 0 ? 0 : Math.max(BAR_MIN, (events / max) * 100)}
            className={cn(
              isInside(marking, index) ? "fill-accent" : "fill-chart-1",
              !isExact && "opacity-75",
            )}
          />
        ))}
        {marking !== null && (
          <rect
            x={Math.min(marking.anchor, marking.cursor)}
            width={Math.abs(marking.cursor - marking.anchor) + 1}
            y={0}
            height={100}
            className="pointer-events-none fill-accent opacity-15"
          />
        )}
      </svg>
      {marked !== null && cursor !== undefined && (
        <p className="mono pointer-events-none absolute top-0 right-0 rounded bg-surface/90 px-1.5 text-2xs text-muted">
          {cursor.isExact ? "" : "≈ "}
          {formatCount(sumOf(data, marking))} events, {formatTime(marked.from, zone).slice(0, 19)} –{" "}
          {formatTime(marked.to, zone).slice(11, 19)}
        </p>
      )}
    </div>
  );
}

function isInside(marking: Marking | null, index: number): boolean {
  if (marking === null) return false;
  const [low, high] = [
    Math.min(marking.anchor, marking.cursor),
    Math.max(marking.anchor, marking.cursor),
  ];
  return index >= low && index <= high;
}

function sumOf({ buckets }: HistogramData, marking: Marking | null): number {
  return buckets.reduce(
    (sum, { count }, index) => (isInside(marking, index) ? sum + count : sum),
    0,
  );
}

interface AxisProps {
  readonly data: HistogramData;
  readonly isZoomed: boolean;
  readonly onReset: () => void;
}

function Axis({ data, isZoomed, onReset }: AxisProps): ReactNode {
  const { zone } = usePreferences();
  const { fromMs, widthMs, buckets, total, isExact } = data;
  return (
    <div className="mono flex h-[18px] items-center justify-between border-t border-line text-2xs text-faint">
      <span suppressHydrationWarning>{formatTime(fromMs, zone).slice(0, 19)}</span>
      <span className="flex items-center gap-2">
        {isExact ? "" : "≈ "}
        {formatCount(total)} events
        {isZoomed && (
          <Button look="ghost" className="h-[18px] px-1 text-2xs" onClick={onReset}>
            <Undo2 /> All of it
          </Button>
        )}
      </span>
      <span suppressHydrationWarning>
        {formatTime(fromMs + buckets.length * widthMs, zone).slice(0, 19)}
      </span>
    </div>
  );
}
