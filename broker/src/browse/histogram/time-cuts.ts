/**
 * Where times cut through a partition, found in its indexes and in the headers of a few batches.
 *
 * A cut is the offset of the first record that is as late as a time: what was appended late lies behind the
 * cut of the time at which it was appended, not of its own.
 */
import { IoError } from "@runnel/kit/errors.ts";
import {
  type BatchHeader,
  hasDeleteHorizon,
  timestampType,
} from "@runnel/protocol/records/batch.ts";
import { newestOf } from "#log/segment.ts";
import { SegmentSource, type SourceWorld } from "../source/segment-source.ts";
import { type PartitionSnapshot, segmentsOf } from "../source/snapshot.ts";

export interface Cut {
  readonly offset: number;
  /** False where it lies within a batch, or between two entries of an index: then it is a guess. */
  readonly isExact: boolean;
}

/** Batches that a guess is made better by. */
const HEADERS_MAX = 256;

export class TimeCuts {
  readonly #start: number;
  readonly #end: number;
  readonly #sources: readonly SegmentSource[];

  constructor(world: SourceWorld, snapshot: PartitionSnapshot) {
    const { folder, logStartOffset, endOffset } = snapshot;
    this.#start = logStartOffset;
    this.#end = endOffset;
    this.#sources = segmentsOf(snapshot).flatMap((segment, index) => {
      if (segment.endOffset <= logStartOffset) return [];
      const unsaved = snapshot.unsaved.find((one) => one.segment === index) ?? null;
      return [new SegmentSource(world, { folder, segment, unsaved, onSkip: () => {} })];
    });
  }

  /** The largest timestamp of the partition; −1 without any. */
  get newest(): number {
    return this.#sources.reduce((most, { segment }) => Math.max(most, segment.maxTimestamp), -1);
  }

  /** The timestamp of its first record; null where there is none to be seen. */
  async oldest(): Promise<number | null> {
    const [source] = this.#sources;
    if (source === undefined) return null;
    let found: number | null = null;
    const look = ({ baseOffset, lastOffsetDelta, ...header }: BatchHeader): boolean => {
      if (baseOffset + lastOffsetDelta < this.#start || header.recordCount === 0) return true;
      found = hasFirstTime(header) ? header.baseTimestamp : header.maxTimestamp;
      return false;
    };
    try {
      await source.walkHeaders(await source.placeOf(this.#start), look);
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
    }
    return found;
  }

  /** The cut of `timestamp`; where an index leaves it open, headers are read if `mayRefine` says so. */
  async cut(timestamp: number, mayRefine: () => boolean): Promise<Cut> {
    const source = this.#sources.find(({ segment }) => segment.maxTimestamp >= timestamp);
    if (source === undefined) return { offset: this.#end, isExact: true };
    try {
      const { offset, isExact } = await cutIn(source, timestamp, mayRefine);
      return { offset: Math.min(Math.max(offset, this.#start), this.#end), isExact };
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      return { offset: Math.max(source.segment.baseOffset, this.#start), isExact: false };
    }
  }
}

async function cutIn(
  source: SegmentSource,
  timestamp: number,
  mayRefine: () => boolean,
): Promise<Cut> {
  const { segment } = source;
  const { olderTo, newerBy } = await source.timesAround(timestamp);
  const low = (olderTo ?? segment.baseOffset - 1) + 1;
  const high = newerBy ?? segment.endOffset;
  if (low >= high) return { offset: low, isExact: true };
  const guess = { offset: Math.floor((low + high) / 2), isExact: false };
  if (!mayRefine()) return guess;
  let cut: Cut | null = null;
  let count = 0;
  await source.walkHeaders(await source.placeOf(low), (header) => {
    count += 1;
    if (newestOf(header) < timestamp || header.baseOffset + header.lastOffsetDelta < low) {
      return count < HEADERS_MAX;
    }
    cut = within(header, timestamp);
    return false;
  });
  return cut ?? guess;
}

/** Whether a batch says when its first record was made, or did before compaction took that one. */
function hasFirstTime({ attributes }: Pick<BatchHeader, "attributes">): boolean {
  return timestampType(attributes) === "createTime" && !hasDeleteHorizon(attributes);
}

/** The cut in a batch that has a record as late as `timestamp`. */
function within(header: BatchHeader, timestamp: number): Cut {
  const { baseOffset, lastOffsetDelta, baseTimestamp, maxTimestamp } = header;
  const isAppendTime = timestampType(header.attributes) === "logAppendTime";
  if (isAppendTime) return { offset: baseOffset, isExact: true };
  if (!hasFirstTime(header)) return { offset: baseOffset, isExact: false };
  if (baseTimestamp >= timestamp) return { offset: baseOffset, isExact: true };
  const share = (timestamp - baseTimestamp) / Math.max(1, maxTimestamp - baseTimestamp);
  return { offset: baseOffset + Math.ceil(share * lastOffsetDelta), isExact: false };
}
