/** How many events there are by time, from indexes alone. Marking a stretch searches it. */
"use client";
import { parsePlace } from "@runnel/contracts/event-places.ts";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { RotateCw } from "lucide-react";
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { api } from "../../lib/api.ts";
import { topicQuery } from "../../lib/data/topics.ts";
import { useRefreshMs } from "../../lib/preferences.ts";
import { Button } from "../../ui/button.tsx";
import { describe } from "../../ui/states.tsx";
import { HistogramAxis } from "./histogram-axis.tsx";
import { HistogramBars, type ScanMark } from "./histogram-bars.tsx";
import { layersOf, PARTITIONS_MAX } from "./histogram-layers.ts";
import { limitsOf, type TimeSpan } from "./histogram-range.ts";
import { HistogramTable } from "./histogram-table.tsx";

interface HistogramProps {
  readonly topic: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly partitions: string | null;
  /** How far the search has come; null where there is none. */
  readonly scan: ScanMark | null;
  readonly onRange: (from: string | null, to: string | null) => void;
  readonly onPartitions: (partitions: string | null) => void;
}

const BUCKETS = 120;
/** Between the last turn of the wheel and the question that it asks. */
const WHEEL_SETTLE_MS = 200;

/** Null for other places than times: counts by time know nothing of them. */
function timeOf(text: string | null): number | null {
  const place = text === null ? null : parsePlace(text);
  return place?.kind === "time" ? place.timestamp : null;
}

export function Histogram(props: HistogramProps): ReactNode {
  const { topic, partitions, scan, onRange, onPartitions } = props;
  const [from, to] = [timeOf(props.from), timeOf(props.to)];
  const [isTable, setIsTable] = useState(false);
  const refetchInterval = useRefreshMs();
  const topicAnswer = useQuery(topicQuery(topic));
  const partitionCount = topicAnswer.data?.partitionCount;
  const query = {
    buckets: BUCKETS,
    byPartition: (partitionCount ?? 0) <= PARTITIONS_MAX,
    ...(from === null ? {} : { from: `time:${from}` }),
    ...(to === null ? {} : { to: `time:${to}` }),
    ...(partitions === null ? {} : { partitions }),
  };
  const { data, error, isPlaceholderData, refetch } = useQuery({
    queryKey: ["histogram", topic, query],
    queryFn: ({ signal }) => api.getHistogram({ params: { topic }, query }, { signal }),
    placeholderData: keepPreviousData,
    enabled: partitionCount !== undefined,
    // What has an end does not change any more.
    refetchInterval: to === null ? refetchInterval : false,
    retry: false,
  });
  const layers = useMemo(() => (data === undefined ? [] : layersOf(data)), [data]);
  const whole = useRef<TimeSpan | null>(null);
  const isZoomed = from !== null || to !== null;
  const own =
    data === undefined
      ? null
      : { from: data.fromMs, to: data.fromMs + data.buckets.length * data.widthMs };
  useEffect(() => {
    if (!isZoomed && !isPlaceholderData && own !== null) whole.current = own;
  });
  // Until the answer is there, the old one stands where the new one will be.
  const asked =
    own !== null && isPlaceholderData ? { from: from ?? own.from, to: to ?? own.to } : own;
  /** The end of the limits that the last zoom had: from there on it is the live edge. */
  const edge = useRef(0);
  const { span, zoomTo } = useZoom(asked, isPlaceholderData, (next) => {
    const ends = whole.current;
    const isAll = ends !== null && next.from <= ends.from && next.to >= ends.to;
    if (isAll) onRange(null, null);
    else onRange(`time:${next.from}`, next.to >= edge.current ? null : `time:${next.to}`);
  });
  // Without an event the broker knows of no time to count between.
  const isEmpty =
    data !== undefined && (data.buckets.length === 0 || (data.total === 0 && !isZoomed));
  if (data === undefined || span === null || isEmpty) {
    const isTopicWanting = topicAnswer.data === undefined;
    return (
      <NoBars
        problem={data === undefined ? (isTopicWanting ? topicAnswer.error : error) : null}
        isEmpty={isEmpty}
        onRetry={() => void (isTopicWanting ? topicAnswer.refetch() : refetch())}
      />
    );
  }
  return (
    <div className="px-4 pb-1">
      <HistogramBars
        topic={topic}
        data={data}
        layers={layers}
        span={span}
        scan={scan}
        limits={() => {
          const limits = limitsOf(whole.current, span, Date.now());
          edge.current = limits.to;
          return limits;
        }}
        onZoom={zoomTo}
        onRange={onRange}
      />
      <HistogramAxis
        data={data}
        span={span}
        layers={layers}
        isZoomed={isZoomed}
        isTable={isTable}
        onTable={() => setIsTable(!isTable)}
        onReset={() => onRange(null, null)}
        onPartition={(partition) => onPartitions(String(partition))}
      />
      {isTable && <HistogramTable topic={topic} data={data} layers={layers} />}
    </div>
  );
}

interface NoBarsProps {
  readonly problem: unknown;
  readonly isEmpty: boolean;
  readonly onRetry: () => void;
}

/** As high as the bars: the page does not jump when they come. */
function NoBars({ problem, isEmpty, onRetry }: NoBarsProps): ReactNode {
  const hasWords = problem !== null || isEmpty;
  return (
    <div
      aria-hidden={!hasWords}
      className="mx-4 mb-2 flex h-[74px] items-center justify-center gap-2 rounded bg-raised/40 text-xs text-muted"
    >
      {problem !== null ? (
        <>
          <span role="status" className="truncate">
            Events cannot be counted by time. {describe(problem).detail}
          </span>
          <Button look="ghost" className="h-6 text-xs" onClick={onRetry}>
            <RotateCw /> Try again
          </Button>
        </>
      ) : (
        isEmpty && "No events to count"
      )}
    </div>
  );
}

interface Zoom {
  readonly span: TimeSpan | null;
  readonly zoomTo: (span: TimeSpan) => void;
}

/** Shows at once what the wheel asks for, and asks for it when the wheel rests. */
function useZoom(
  asked: TimeSpan | null,
  isWaiting: boolean,
  onSettle: (span: TimeSpan) => void,
): Zoom {
  const [wanted, setWanted] = useState<TimeSpan | null>(null);
  const [isSettled, setIsSettled] = useState(false);
  const settle = useRef(onSettle);
  useEffect(() => {
    settle.current = onSettle;
  });
  useEffect(() => {
    if (wanted === null || isSettled) return undefined;
    const timer = setTimeout(() => {
      setIsSettled(true);
      settle.current(wanted);
    }, WHEEL_SETTLE_MS);
    return () => clearTimeout(timer);
  }, [wanted, isSettled]);
  const key = asked === null ? "" : `${asked.from} ${asked.to} ${isWaiting}`;
  // Whatever is shown next, be it what was asked for or not, counts.
  useEffect(() => {
    if (key !== "") setWanted((now) => (isSettled ? null : now));
  }, [key, isSettled]);
  return {
    span: wanted ?? asked,
    zoomTo: (span) => {
      setIsSettled(false);
      setWanted(span);
    },
  };
}
