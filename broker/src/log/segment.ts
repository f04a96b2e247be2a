/**
 * One segment of a log: a `.log` file of batches and its two indexes.
 *
 * `size` runs ahead of the file: it counts what was appended in memory. The indexes of the active
 * segment are always loaded; those of a closed one are read when a lookup needs them.
 */
import { assert } from "@runnel/kit/assert.ts";
import type { BatchHeader } from "@runnel/protocol/records/batch.ts";
import { fileName, type INDEX_SUFFIXES } from "./names.ts";
import { OFFSET_ENTRY_SIZE, OffsetIndex, TIME_ENTRY_SIZE, TimeIndex } from "./sparse-index.ts";
import type { AbortedTransaction } from "./transaction-index.ts";

/** Offsets in a segment are kept relative to its base, in an int32. */
export const RELATIVE_OFFSET_MAX = 0x7fffffff;

export interface SegmentIndexes {
  readonly offsets: OffsetIndex;
  readonly times: TimeIndex;
}

/** Where to begin: a position, and what is known of the batch there. */
export interface StartPlace {
  readonly position: number;
  /** Its last offset, where an index says so; −1 where only its first offset is known. */
  readonly lastOffset: number;
  /** Its first offset; −1 where it is not known. */
  readonly baseOffset: number;
}

/** What a batch adds to the bookkeeping of its segment. */
export interface BatchPlace {
  readonly lastOffset: number;
  readonly position: number;
  readonly size: number;
  readonly maxTimestamp: number;
}

/** The largest timestamp of the records that are still in a batch; −1 where compaction left none. */
export function newestOf({ recordCount, maxTimestamp }: NewestParts): number {
  return recordCount > 0 ? maxTimestamp : -1;
}

type NewestParts = Pick<BatchHeader, "recordCount" | "maxTimestamp">;

export class Segment {
  readonly baseOffset: number;
  readonly folder: string;
  /** Behind the names of its files, while it is being made or has left the log; else "". */
  suffix = "";
  /** Wall ms at which it was made or loaded. */
  readonly createdAt: number;
  size = 0;
  /** Bytes that are in the file: what readers may ask for. */
  writtenSize = 0;
  /** Bytes of the file that are known to survive a power cut. */
  syncedSize = 0;
  /** Records written since it was made or loaded, and those of them that are synced. */
  writtenRecords = 0;
  syncedRecords = 0;
  /** Largest timestamp in it; −1 without any. */
  maxTimestamp = -1;
  /** Last offset of the batch that has `maxTimestamp`. */
  offsetOfMaxTimestamp = -1;
  /** Largest timestamp of the first batch: the time by which `segment.ms` rolls. −1 when unknown. */
  firstTimestamp = -1;
  /** False where `maxTimestamp` was taken from an index file and no batch has confirmed it. */
  isNewestKnown = true;
  indexes: SegmentIndexes | null = { offsets: new OffsetIndex(), times: new TimeIndex() };
  /**
   * Transactions whose abort markers are in it, in their order; null where they are in the file of a
   * closed segment alone.
   */
  aborted: AbortedTransaction[] | null = [];
  #abortedCount = 0;
  /** Entries of each index that are in the files. */
  savedOffsetEntries = 0;
  savedTimeEntries = 0;
  #bytesSinceEntry = 0;

  constructor(folder: string, baseOffset: number, createdAt: number) {
    this.folder = folder;
    this.baseOffset = baseOffset;
    this.createdAt = createdAt;
  }

  get abortedCount(): number {
    return this.aborted?.length ?? this.#abortedCount;
  }

  /** Leaves the aborted transactions to their file, which has `count`. */
  forgetAborted(count = this.abortedCount): void {
    this.#abortedCount = count;
    this.aborted = null;
  }

  path(suffix: ".log" | (typeof INDEX_SUFFIXES)[number]): string {
    return `${this.folder}/${fileName(this.baseOffset, suffix)}${this.suffix}`;
  }

  /** Books a batch that goes to the end of the segment, and indexes it where it is due. */
  book(place: BatchPlace, indexIntervalBytes: number): void {
    if (this.size === 0) this.firstTimestamp = place.maxTimestamp;
    if (place.maxTimestamp > this.maxTimestamp) {
      this.maxTimestamp = place.maxTimestamp;
      this.offsetOfMaxTimestamp = place.lastOffset;
    }
    const indexes = this.indexes as SegmentIndexes;
    if (this.#bytesSinceEntry > indexIntervalBytes) {
      indexes.offsets.add(place.lastOffset - this.baseOffset, place.position);
      this.#indexTime(indexes);
      this.#bytesSinceEntry = 0;
    }
    this.#bytesSinceEntry += place.size;
    this.size = place.position + place.size;
  }

  /** Where to begin reading for `offset`: the last indexed batch that ends at or before it. */
  placeOf(indexes: SegmentIndexes, offset: number): StartPlace {
    const entry = indexes.offsets.find(offset - this.baseOffset);
    if (entry < 0) return this.start;
    return {
      position: indexes.offsets.positionAt(entry),
      lastOffset: this.baseOffset + indexes.offsets.relativeOffsetAt(entry),
      baseOffset: -1,
    };
  }

  get start(): StartPlace {
    return { position: 0, lastOffset: -1, baseOffset: this.baseOffset };
  }

  /** Drops the index entry for `place`, where no such batch was found; its file is written again. */
  dropPlace(indexes: SegmentIndexes, place: StartPlace): void {
    const entry = indexes.offsets.find(place.lastOffset - this.baseOffset);
    if (entry < 0 || indexes.offsets.positionAt(entry) !== place.position) return;
    indexes.offsets.remove(entry);
    this.savedOffsetEntries = Math.min(this.savedOffsetEntries, entry);
  }

  /** Closes the time index with the segment's largest timestamp, as a closed segment must have it. */
  finishTimes(): void {
    if (this.indexes !== null) this.#indexTime(this.indexes);
  }

  /** Whether one of the indexes has no room in `indexBytes` for another entry. */
  isIndexFull(indexBytes: number): boolean {
    const offsets = this.indexes?.offsets.count ?? 0;
    // Closing the segment adds one more time.
    const times = (this.indexes?.times.count ?? 0) + 1;
    return (
      (offsets + 1) * OFFSET_ENTRY_SIZE > indexBytes || (times + 1) * TIME_ENTRY_SIZE > indexBytes
    );
  }

  #indexTime(indexes: SegmentIndexes): void {
    if (this.maxTimestamp < 0) return;
    indexes.times.add(this.maxTimestamp, this.offsetOfMaxTimestamp - this.baseOffset);
  }
}

/** How many of the oldest segments lie entirely below `offset`; the active one never does. */
export function countBelow(segments: readonly Segment[], offset: number): number {
  const count = segments.findIndex(
    (_, index) => (segments[index + 1]?.baseOffset ?? Infinity) > offset,
  );
  return Math.max(0, count);
}

/** Where the segments of `run` stand in `segments`, one behind the other; −1 where they do not. */
export function runAt(segments: readonly Segment[], run: readonly Segment[]): number {
  const at = segments.indexOf(run[0] as Segment);
  return at >= 0 && run.every((segment, index) => segments[at + index] === segment) ? at : -1;
}

/** Puts `segment` in the place of `run`, which is there; returns the offset behind it. */
export function replaceRun(segments: Segment[], run: readonly Segment[], segment: Segment): number {
  const at = runAt(segments, run);
  assert(at >= 0, `${segment.path(".log")}: what it replaces is not in the log`);
  segments.splice(at, run.length, segment);
  return segments[at + 1]?.baseOffset ?? segment.baseOffset;
}
