"use client";
import type { Histogram } from "@runnel/contracts/events.ts";
import { type KeyboardEvent, memo, type ReactNode, useEffect, useRef, useState } from "react";
import { cn } from "../../lib/cn.ts";
import { formatCount, formatTime } from "../../lib/format.ts";
import { usePreferences } from "../../lib/preferences.ts";
import { type Layer, layerPath } from "./histogram-layers.ts";
import {
  isInside,
  type Marking,
  moveMarking,
  rangeOf,
  type TimeSpan,
  wheelFactor,
  zoomed,
} from "./histogram-range.ts";
import { LAYER_FILLS, REST_FILL } from "./layer-colors.ts";
import type { Order } from "./search.ts";

/** How far a search has come. */
export interface ScanMark {
  /** Time of what comes next. */
  readonly at: number;
  readonly order: Order;
}

interface BarsProps {
  readonly topic: string;
  readonly data: Histogram;
  readonly layers: readonly Layer[];
  /** What is in sight: the bars may reach beyond, or not fill it. */
  readonly span: TimeSpan;
  readonly scan: ScanMark | null;
  /** As far as one may zoom out. */
  readonly limits: () => TimeSpan;
  readonly onZoom: (span: TimeSpan) => void;
  readonly onRange: (from: string, to: string) => void;
}

const HEIGHT = 56;
/** The smallest bar that can be seen, of 100. */
const BAR_MIN = 3;
const KEY_ZOOM = 2;
/** The others open menus, scroll, or go back. */
const MAIN_BUTTON = 0;

export function HistogramBars(props: BarsProps): ReactNode {
  const { topic, data, layers, span, scan, limits, onZoom, onRange } = props;
  const { zone } = usePreferences();
  const box = useRef<SVGSVGElement>(null);
  const [marking, setMarking] = useState<Marking | null>(null);
  const [isDragging, setIsDragging] = useState(false);
  const { buckets, fromMs, widthMs } = data;
  const count = buckets.length;
  const apply = (marked: Marking): void => {
    const range = rangeOf(marked, data);
    onRange(`time:${range.from}`, `time:${range.to}`);
    setMarking(null);
  };
  const timeAt = (clientX: number): number => {
    const rect = box.current?.getBoundingClientRect();
    const share = rect === undefined ? 0 : (clientX - rect.left) / rect.width;
    return span.from + share * (span.to - span.from);
  };
  const bucketAt = (clientX: number): number =>
    Math.max(0, Math.min(count - 1, Math.floor((timeAt(clientX) - fromMs) / widthMs)));
  const zoomBy = (factor: number, at: number): void => onZoom(zoomed(span, factor, at, limits()));
  useWheel(box, (event) => zoomBy(wheelFactor(event), timeAt(event.clientX)));
  const onKeyDown = (event: KeyboardEvent): void => {
    const moved = moveMarking(marking, event, count);
    const middle = (span.from + span.to) / 2;
    if (moved !== null) setMarking(moved);
    else if (event.key === "Enter" && marking !== null) apply(marking);
    else if (event.key === "Escape" && marking !== null) setMarking(null);
    else if (event.key === "-") zoomBy(KEY_ZOOM, middle);
    else if (event.key === "+")
      zoomBy(1 / KEY_ZOOM, marking === null ? middle : fromMs + (marking.cursor + 0.5) * widthMs);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const marked = marking === null ? null : rangeOf(marking, data);
  const cursor = marking === null ? undefined : buckets[marking.cursor];
  const left = (span.from - fromMs) / widthMs;
  const width = Math.max(0.01, (span.to - span.from) / widthMs);
  return (
    <div className="relative">
      <svg
        ref={box}
        role="slider"
        aria-label={`Events of ${topic} by time: arrows move, Shift and arrows mark, Enter searches, + and - zoom`}
        aria-valuemin={0}
        aria-valuemax={count - 1}
        aria-valuenow={marking?.cursor ?? 0}
        aria-valuetext={
          cursor === undefined || marked === null
            ? `${formatCount(data.total)} events in all`
            : `${formatCount(cursor.count)} events from ${formatTime(marked.from, zone)} to ${formatTime(marked.to, zone)}`
        }
        tabIndex={0}
        viewBox={`${left} 0 ${width} 100`}
        preserveAspectRatio="none"
        className="block w-full cursor-crosshair touch-none"
        style={{ height: HEIGHT }}
        onKeyDown={onKeyDown}
        onBlur={() => setMarking(null)}
        onPointerDown={(event) => {
          if (event.button !== MAIN_BUTTON) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          const at = bucketAt(event.clientX);
          setIsDragging(true);
          setMarking({ anchor: at, cursor: at });
        }}
        onPointerMove={(event) => {
          const at = bucketAt(event.clientX);
          setMarking({ anchor: isDragging && marking !== null ? marking.anchor : at, cursor: at });
        }}
        onPointerUp={() => {
          if (isDragging && marking !== null) apply(marking);
          setIsDragging(false);
        }}
        onPointerCancel={() => {
          setIsDragging(false);
          setMarking(null);
        }}
        onPointerLeave={() => {
          if (!isDragging) setMarking(null);
        }}
      >
        <Shapes data={data} layers={layers} />
        {marking !== null && (
          <rect
            x={Math.min(marking.anchor, marking.cursor)}
            width={Math.abs(marking.cursor - marking.anchor) + 1}
            y={0}
            height={100}
            className="pointer-events-none fill-accent opacity-25"
          />
        )}
      </svg>
      {scan !== null && <Scan scan={scan} span={span} />}
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

/** React listens to wheels passively, and the page would scroll as well. */
function useWheel(
  box: { readonly current: SVGSVGElement | null },
  onWheel: (event: WheelEvent) => void,
): void {
  const latest = useRef(onWheel);
  useEffect(() => {
    latest.current = onWheel;
  });
  useEffect(() => {
    const element = box.current;
    const listener = (event: WheelEvent): void => {
      // Sideways, and with Ctrl, it is not for us.
      if (event.ctrlKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) return;
      event.preventDefault();
      latest.current(event);
    };
    element?.addEventListener("wheel", listener, { passive: false });
    return () => element?.removeEventListener("wheel", listener);
  }, [box]);
}

/** A path for each layer: drawn once, however the mouse moves over them. */
const Shapes = memo(function Shapes({
  data: { buckets },
  layers,
}: {
  readonly data: Histogram;
  readonly layers: readonly Layer[];
}): ReactNode {
  const max = Math.max(1, ...buckets.map(({ count }) => count));
  return layers.flatMap(({ partition }, at) => {
    const isRest = partition === null && layers.length > 1;
    const fill = isRest ? REST_FILL : LAYER_FILLS[at];
    return [true, false].map((isExact) => (
      <path
        key={`${at} ${isExact}`}
        d={layerPath(layers, at, max, BAR_MIN, (bucket) => buckets[bucket]?.isExact === isExact)}
        className={cn(fill, !isExact && "opacity-75")}
      />
    ));
  });
});

/** What was searched, as a line on the ground, up to where the search is. */
function Scan({
  scan: { at, order },
  span,
}: {
  readonly scan: ScanMark;
  readonly span: TimeSpan;
}): ReactNode {
  const share = Math.min(1, Math.max(0, (at - span.from) / (span.to - span.from)));
  const side = order === "newest" ? "right" : "left";
  const width = order === "newest" ? 1 - share : share;
  return (
    <div
      aria-hidden
      title="Searched up to here"
      className={cn(
        "pointer-events-none absolute inset-y-0 border-b-2 border-accent bg-accent/8",
        order === "newest" ? "border-l" : "border-r",
      )}
      style={{ [side]: 0, width: `${width * 100}%` }}
    />
  );
}

function sumOf({ buckets }: Histogram, marking: Marking | null): number {
  return buckets.reduce(
    (sum, { count }, index) => (isInside(marking, index) ? sum + count : sum),
    0,
  );
}
