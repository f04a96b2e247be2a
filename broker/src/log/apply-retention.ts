/** Retention of one log: finds out how old its segments are, and deletes those that need not be kept. */
import type { PartitionLog } from "./partition-log.ts";
import { expiredCount } from "./retention.ts";
import type { Segment } from "./segment.ts";
import { confirmNewest } from "./segment-files.ts";

export interface RetentionLimits {
  /** Nothing at or above is deleted. */
  readonly highWatermark: number;
  /** Wall ms by which records are old. */
  readonly nowMs: number;
}

/** Deletes what `log` no longer has to keep. Returns how many segments went. */
export async function applyRetention(log: PartitionLog, limits: RetentionLimits): Promise<number> {
  if (log.state !== "open") return 0;
  const newestAt = await learnAges(log, limits);
  const count = log.state === "open" ? expired(log, limits, newestAt) : 0;
  if (count === 0) {
    await dropSegments(log);
    return 0;
  }
  if (count === log.segments.length) log.rollIfFilled();
  log.advanceStart(log.segments[count]?.baseOffset ?? log.nextOffset);
  return (await dropSegments(log)) ? count : 0;
}

/**
 * Removes the segments below the log's start. Who wrote them is known from a snapshot alone then, and a
 * restart trusts none behind the recovery point: they stay until that is behind them. Says whether none
 * had to.
 */
export async function dropSegments(log: PartitionLog): Promise<boolean> {
  const [, second] = log.segments;
  const { logStartOffset: start, environment, folder } = log;
  const hasAny = second !== undefined && second.baseOffset <= start;
  if (hasAny && !(await environment.checkpointAt(folder, start))) return false;
  await log.dropSegments();
  return true;
}

/** Says when the newest record of a segment was made, wall ms. */
type AgeOf = (segment: Segment) => number;

/**
 * Looks at the segments that may have to go, if all that is not known of them speaks for it. What the
 * result says of a segment was seen in its batches or, where they have no time, is when its file was
 * last written; of one that was not looked at it says that it is young.
 */
async function learnAges(log: PartitionLog, limits: RetentionLimits): Promise<AgeOf> {
  const { disk } = log.environment;
  const fileTimes = new Map<Segment, number>();
  const atMost = expired(log, limits, ({ maxTimestamp }) => maxTimestamp);
  for (const segment of log.segments.slice(0, atMost)) {
    await confirm(log, segment);
    if (segment.maxTimestamp >= 0) continue;
    const stat = await disk.stat(segment.path(".log"));
    if (stat !== null) fileTimes.set(segment, stat.modifiedAt);
  }
  return (segment) => {
    const { maxTimestamp, isNewestKnown } = segment;
    const time = maxTimestamp >= 0 && isNewestKnown ? maxTimestamp : fileTimes.get(segment);
    return time ?? Number.POSITIVE_INFINITY;
  };
}

function expired(log: PartitionLog, limits: RetentionLimits, newestAt: AgeOf): number {
  const { segments, nextOffset } = log;
  const { cleanupPolicy, retentionMs, retentionBytes } = log.config;
  if (!cleanupPolicy.includes("delete")) return 0;
  const ages = segments.map((segment) => ({
    baseOffset: segment.baseOffset,
    size: segment.size,
    newestAt: newestAt(segment),
  }));
  return expiredCount(ages, { ...limits, retentionMs, retentionBytes, endOffset: nextOffset });
}

/** Makes sure that a closed segment is as old as its index says, before it goes because of that. */
async function confirm(log: PartitionLog, segment: Segment): Promise<void> {
  if (segment.isNewestKnown) return;
  const { indexCache } = log.environment;
  const indexes = await indexCache.indexesOf(log.io, segment, log.config.indexIntervalBytes);
  await confirmNewest(log.io, segment, indexes);
}
