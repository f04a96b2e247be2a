/** What the thread of compaction and its broker say to each other, as plain values. */
import type { AbortedTransaction } from "../transaction-index.ts";
import type { ActiveProducer } from "./ports.ts";
import type { SourceSegment } from "./segment-pieces.ts";

/** One pass over one log. */
export interface CompactionTask {
  readonly folder: string;
  /** The closed segments from the log's start up to `endOffset`, oldest first, without a gap. */
  readonly segments: readonly TaskSegment[];
  /** Nothing at or behind it is touched. */
  readonly endOffset: number;
  /** What lies below was compacted before. */
  readonly dirtyOffset: number;
  /** Those with data or a marker in `segments`. */
  readonly aborted: readonly AbortedTransaction[];
  readonly producers: readonly ActiveProducer[];
  readonly nowMs: number;
  readonly seed: number;
  readonly deleteRetentionMs: number;
  readonly segmentBytes: number;
  readonly segmentIndexBytes: number;
  readonly indexIntervalBytes: number;
  readonly dedupeBufferBytes: number;
  readonly dedupeLoadFactor: number;
  readonly readBytes: number;
  /** Infinity for no limit. */
  readonly bytesPerSecondMax: number;
}

export interface TaskSegment extends SourceSegment {
  /** The first offset behind it. */
  readonly endOffset: number;
}

export type ToCompactor =
  | { readonly kind: "start"; readonly task: CompactionTask }
  /** The new segment is in its place: go on. */
  | { readonly kind: "swapped" }
  /** The event loop is late, or appends wait: work less; or need not any more. */
  | { readonly kind: "press"; readonly isPressed: boolean };

/** A new segment, complete and durable under the names of one that is being made. */
export interface NewSegment {
  readonly baseOffset: number;
  readonly size: number;
  readonly maxTimestamp: number;
  readonly offsetOfMaxTimestamp: number;
  readonly firstTimestamp: number;
  readonly offsetEntries: number;
  readonly timeEntries: number;
  /** Base offsets of the segments that it takes the place of. */
  readonly replaces: readonly number[];
  /** Aborted transactions whose marker is in it. */
  readonly aborted: readonly AbortedTransaction[];
}

export interface PassSummary {
  /** All below is compacted now: where the next pass begins. */
  readonly cleanedTo: number;
  /** Bytes of the log's closed segments, before and after. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly keys: number;
  readonly recordsRead: number;
  readonly recordsRemoved: number;
  readonly recordsWithoutKey: number;
  readonly batchesUnread: number;
}

export interface Progress {
  /** "learning": which keys there are; "writing": what is left. */
  readonly phase: "learning" | "writing";
  readonly bytesDone: number;
  readonly bytesTotal: number;
}

export type FromCompactor =
  | { readonly kind: "progress"; readonly progress: Progress }
  | { readonly kind: "segment"; readonly segment: NewSegment }
  | { readonly kind: "done"; readonly summary: PassSummary }
  | {
      readonly kind: "failed";
      readonly code: string;
      readonly message: string;
      /** It may go better later: the disk was full, or the segment was removed meanwhile. */
      readonly mayPass: boolean;
    };
