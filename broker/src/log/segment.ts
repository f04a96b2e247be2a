/**
 * One segment of a log: a `.log` file of batches and its two indexes.
 *
 * `size` runs ahead of the file: it counts what was appended in memory. The indexes of the active
 * segment are always loaded; those of a closed one are read when a lookup needs them.
 */
import { fileName } from "./names.ts";
import { OFFSET_ENTRY_SIZE, OffsetIndex, TimeIndex } from "./sparse-index.ts";

/** Offsets in a segment are kept relative to its base, in an int32. */
export const RELATIVE_OFFSET_MAX = 0x7fffffff;

export interface SegmentIndexes {
  readonly offsets: OffsetIndex;
  readonly times: TimeIndex;
}

/** What a batch adds to the bookkeeping of its segment. */
export interface BatchPlace {
  readonly lastOffset: number;
  readonly position: number;
  readonly size: number;
  readonly maxTimestamp: number;
}

export class Segment {
  readonly baseOffset: number;
  readonly folder: string;
  /** Wall ms at which it was made or loaded. */
  readonly createdAt: number;
  size = 0;
  /** Bytes that are in the file: what readers may ask for. */
  writtenSize = 0;
  /** Largest timestamp in it; −1 without any. */
  maxTimestamp = -1;
  /** Last offset of the batch that has `maxTimestamp`. */
  offsetOfMaxTimestamp = -1;
  /** Largest timestamp of the first batch: the time by which `segment.ms` rolls. −1 when unknown. */
  firstTimestamp = -1;
  indexes: SegmentIndexes | null = { offsets: new OffsetIndex(), times: new TimeIndex() };
  /** Entries of each index that are in the files. */
  savedOffsetEntries = 0;
  savedTimeEntries = 0;
  #bytesSinceEntry = 0;

  constructor(folder: string, baseOffset: number, createdAt: number) {
    this.folder = folder;
    this.baseOffset = baseOffset;
    this.createdAt = createdAt;
  }

  path(suffix: ".log" | ".index" | ".timeindex"): string {
    return `${this.folder}/${fileName(this.baseOffset, suffix)}`;
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

  /** Closes the time index with the segment's largest timestamp, as a closed segment must have it. */
  finishTimes(): void {
    if (this.indexes !== null) this.#indexTime(this.indexes);
  }

  /** Whether an index of `indexBytes` has no room for another entry. */
  isIndexFull(indexBytes: number): boolean {
    const entries = this.indexes === null ? 0 : this.indexes.offsets.count;
    return (entries + 1) * OFFSET_ENTRY_SIZE > indexBytes;
  }

  #indexTime(indexes: SegmentIndexes): void {
    if (this.maxTimestamp < 0) return;
    indexes.times.add(this.maxTimestamp, this.offsetOfMaxTimestamp - this.baseOffset);
  }
}
