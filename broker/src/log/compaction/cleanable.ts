/** What of a log can be compacted now, and how much it is due. */
import { ABORTED_MAX } from "./limits.ts";

export interface SegmentFacts {
  readonly baseOffset: number;
  readonly size: number;
  /** Largest timestamp of a record, or when its file was made where none has one; ms. */
  readonly newestAt: number;
  /** Aborted transactions whose markers are in it. */
  readonly abortedCount: number;
}

export interface LogFacts {
  /** Oldest first, the active one last. */
  readonly segments: readonly SegmentFacts[];
  readonly logStartOffset: number;
  readonly nextOffset: number;
  /** The last stable offset: nothing at or behind it is touched. */
  readonly stableOffset: number;
  /** What lies below was compacted, by the checkpoint; null where there is none. */
  readonly cleanedTo: number | null;
  readonly minCompactionLagMs: number;
  readonly nowMs: number;
}

export interface CleanableRange {
  /** What lies below was compacted before. */
  readonly dirtyOffset: number;
  /** Behind the last segment that can be compacted. */
  readonly endOffset: number;
  /** The first so many segments of the log lie below `endOffset`. */
  readonly segmentCount: number;
  /** The first of them that is not compacted entirely; `segmentCount` where all are. */
  readonly firstDirty: number;
  /** Bytes that were compacted before, and that can be now. */
  readonly cleanBytes: number;
  readonly cleanableBytes: number;
}

/** Finds the closed segments that lie entirely below the last stable offset and are old enough. */
export function cleanableRange(facts: LogFacts): CleanableRange {
  const { segments, logStartOffset, nextOffset, stableOffset, nowMs } = facts;
  const dirtyOffset = dirtyOffsetOf(facts);
  let endOffset = segments[0]?.baseOffset ?? logStartOffset;
  let [segmentCount, firstDirty, cleanBytes, cleanableBytes, abortedCount] = [0, 0, 0, 0, 0];
  for (const [index, segment] of segments.entries()) {
    const end = segments[index + 1]?.baseOffset;
    if (end === undefined || end > Math.min(stableOffset, nextOffset)) break;
    const isClean = end <= dirtyOffset;
    const isYoung = segment.newestAt > nowMs - facts.minCompactionLagMs;
    if (!isClean && facts.minCompactionLagMs > 0 && isYoung) break;
    abortedCount += segment.abortedCount;
    // A pass holds all of them in memory: it goes only as far as they are few enough.
    if (!isClean && cleanableBytes > 0 && abortedCount > ABORTED_MAX) break;
    segmentCount = index + 1;
    endOffset = end;
    if (isClean) {
      firstDirty = segmentCount;
      cleanBytes += segment.size;
    } else cleanableBytes += segment.size;
  }
  return { dirtyOffset, endOffset, segmentCount, firstDirty, cleanBytes, cleanableBytes };
}

/** A checkpoint outside of the log says nothing of it. */
function dirtyOffsetOf({ cleanedTo, logStartOffset, nextOffset }: LogFacts): number {
  if (cleanedTo === null || cleanedTo > nextOffset) return logStartOffset;
  return Math.max(cleanedTo, logStartOffset);
}

/** The share of what can be compacted that was not yet, 0 … 1. */
export function dirtyRatio({ cleanBytes, cleanableBytes }: CleanableRange): number {
  const bytes = cleanBytes + cleanableBytes;
  return bytes === 0 ? 0 : cleanableBytes / bytes;
}
