/**
 * A partition at one moment, as values that can go to a thread: which segments it has, how much of them
 * may be read, and what of their indexes is not in files yet.
 */
import type { PartitionLog } from "#log/partition-log.ts";
import type { Segment } from "#log/segment.ts";
import { OFFSET_ENTRY_SIZE, TIME_ENTRY_SIZE } from "#log/sparse-index.ts";

/** Index entries of one segment that may go along, the newest; without others the reader walks. */
const UNSAVED_ENTRIES_MAX = 32_768;

/** Numbers a segment in `PartitionSnapshot.segments`, in this order. */
const COLUMNS = ["baseOffset", "size", "maxTimestamp", "offsetOfMaxTimestamp", "isNewestKnown"];
const WIDTH = COLUMNS.length;

/** What may be read of a partition. Plain values; `segments` is one buffer, as there may be thousands. */
export interface PartitionSnapshot {
  readonly partition: number;
  readonly folder: string;
  /** Records below it are deleted. */
  readonly logStartOffset: number;
  /** Readers stop here: the high watermark. */
  readonly endOffset: number;
  /** Its topic is compacted: there may be fewer records than offsets. */
  readonly hasGaps: boolean;
  readonly segments: Float64Array<ArrayBuffer>;
  readonly unsaved: readonly UnsavedEntries[];
}

/** Index entries that are in memory alone, in the form of the files. */
export interface UnsavedEntries {
  /** Number of the segment. */
  readonly segment: number;
  readonly offsets: Uint8Array;
  readonly times: Uint8Array;
}

/** One segment of a snapshot. */
export interface SegmentView {
  readonly baseOffset: number;
  /** Bytes of the file that may be read. */
  readonly size: number;
  /** −1 without any. */
  readonly maxTimestamp: number;
  readonly offsetOfMaxTimestamp: number;
  /** False where `maxTimestamp` comes from an index that no batch has confirmed. */
  readonly isNewestKnown: boolean;
  /** The first offset behind it. */
  readonly endOffset: number;
  /** It takes no more batches: its file does not grow. */
  readonly isClosed: boolean;
}

/** The log as it is now, from the segment that holds `fromOffset` on, below `endOffset`. */
export function snapshotOf(
  log: PartitionLog,
  options: {
    readonly partition: number;
    readonly endOffset: number;
    readonly fromOffset?: number;
  },
): PartitionSnapshot {
  const { partition, endOffset, fromOffset = 0 } = options;
  const first = log.segments.findLastIndex(({ baseOffset }) => baseOffset <= fromOffset);
  const segments = log.segments
    .slice(Math.max(0, first))
    .filter(({ baseOffset, writtenSize }) => baseOffset < endOffset && writtenSize > 0);
  const numbers = new Float64Array(segments.length * WIDTH);
  const unsaved: UnsavedEntries[] = [];
  for (const [index, segment] of segments.entries()) {
    const { baseOffset, writtenSize, maxTimestamp, offsetOfMaxTimestamp, isNewestKnown } = segment;
    const known = isNewestKnown ? 1 : 0;
    const row = [baseOffset, writtenSize, maxTimestamp, offsetOfMaxTimestamp, known];
    numbers.set(row, index * WIDTH);
    const entries = unsavedOf(segment);
    if (entries !== null) unsaved.push({ segment: index, ...entries });
  }
  const { folder, logStartOffset } = log;
  const hasGaps = log.config.cleanupPolicy.includes("compact");
  return { partition, folder, logStartOffset, endOffset, hasGaps, segments: numbers, unsaved };
}

function unsavedOf(segment: Segment): Omit<UnsavedEntries, "segment"> | null {
  if (segment.indexes === null) return null;
  const { offsets, times } = segment.indexes;
  const { savedOffsetEntries, savedTimeEntries } = segment;
  if (offsets.count <= savedOffsetEntries && times.count <= savedTimeEntries) return null;
  const from = (saved: number, count: number): number =>
    Math.min(count, Math.max(saved, count - UNSAVED_ENTRIES_MAX));
  return {
    offsets: offsets.encode(from(savedOffsetEntries, offsets.count)),
    times: times.encode(from(savedTimeEntries, times.count)),
  };
}

/** The segments of a snapshot, oldest first. */
export function segmentsOf({ segments, endOffset }: PartitionSnapshot): SegmentView[] {
  const views: SegmentView[] = [];
  for (let at = 0; at < segments.length; at += WIDTH) {
    const next = segments[at + WIDTH];
    views.push({
      baseOffset: segments[at] as number,
      size: segments[at + 1] as number,
      maxTimestamp: segments[at + 2] as number,
      offsetOfMaxTimestamp: segments[at + 3] as number,
      isNewestKnown: segments[at + 4] === 1,
      endOffset: next ?? endOffset,
      isClosed: next !== undefined,
    });
  }
  return views;
}

/** Buffers of `snapshot` that can move to a thread instead of being copied. */
export function movableOf({ segments, unsaved }: PartitionSnapshot): ArrayBuffer[] {
  return [
    segments.buffer,
    ...unsaved.flatMap(({ offsets, times }) => [offsets.buffer, times.buffer] as ArrayBuffer[]),
  ];
}

/** Bytes of an entry of each index. */
export const ENTRY_SIZES = { ".index": OFFSET_ENTRY_SIZE, ".timeindex": TIME_ENTRY_SIZE } as const;
