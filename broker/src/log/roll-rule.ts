/** When a log goes on in a new segment. */
import { crc32c } from "@runnel/kit/crc32c.ts";
import type { LogConfig } from "./ports.ts";
import { RELATIVE_OFFSET_MAX, type Segment } from "./segment.ts";

/** Aborted transactions with their markers in one segment: they are in memory while it is the active one. */
export const ABORTED_PER_SEGMENT_MAX = 100_000;

/** The batch that comes next. */
export interface NextBatch {
  readonly size: number;
  readonly lastOffset: number;
  readonly maxTimestamp: number;
}

/** Whether `batch` begins a segment of its own rather than goes into `active`. */
export function mustRoll(
  active: Segment,
  config: LogConfig,
  { size, lastOffset, maxTimestamp }: NextBatch,
  clock: { nowMs(): number },
): boolean {
  if (active.size === 0) return false;
  const { segmentBytes, segmentIndexBytes } = config;
  return (
    active.size + size > segmentBytes ||
    lastOffset - active.baseOffset > RELATIVE_OFFSET_MAX ||
    active.isIndexFull(segmentIndexBytes) ||
    active.abortedCount >= ABORTED_PER_SEGMENT_MAX ||
    (active.firstTimestamp >= 0 && maxTimestamp >= 0
      ? maxTimestamp - active.firstTimestamp > lifeMs(active, config)
      : clock.nowMs() - active.createdAt > lifeMs(active, config))
  );
}

/** How old a segment may become: `segment.ms`, less its own part of `segment.jitter.ms`. */
function lifeMs(segment: Segment, { segmentMs, segmentJitterMs }: LogConfig): number {
  if (segmentJitterMs === 0) return segmentMs;
  return segmentMs - Math.floor(shareOf(segment) * Math.min(segmentJitterMs, segmentMs));
}

/** From 0 to below 1, even over segments, and the same for one segment whenever it is asked. */
function shareOf(segment: Segment): number {
  return crc32c(new TextEncoder().encode(segment.path(".log"))) / 2 ** 32;
}
