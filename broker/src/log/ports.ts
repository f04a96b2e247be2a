/** What the storage engine asks of the settings and tells the parts above it. */
import type { ErrorCode } from "@runnel/protocol/errors.ts";

/** The settings of one topic that its logs obey; `TopicConfig` has them all. */
export interface LogConfig {
  /** Without "delete" nothing goes by age or size; with "compact" the newest record of each key stays. */
  readonly cleanupPolicy: readonly string[];
  readonly segmentBytes: number;
  readonly segmentMs: number;
  /** Up to this much of `segmentMs` is taken off, another part for every segment. */
  readonly segmentJitterMs: number;
  /** Room of an index file in bytes; a full index rolls the segment. */
  readonly segmentIndexBytes: number;
  readonly indexIntervalBytes: number;
  /** Records after which a write is followed by a sync before it counts; 1 = every write. */
  readonly flushMessages: number;
  readonly flushMs: number;
  /** −1 for no limit. */
  readonly retentionMs: number;
  readonly retentionBytes: number;
  readonly fileDeleteDelayMs: number;
  /** How long compaction keeps the mark that a key was deleted. */
  readonly deleteRetentionMs: number;
  readonly minCompactionLagMs: number;
  readonly maxCompactionLagMs: number;
  /** The share of what is not compacted from which on the log is. */
  readonly minCleanableDirtyRatio: number;
}

/** Told by a log, never inside a call to it. */
export interface LogListener {
  /** The log end moved: what lies below it is as durable as the topic asks. */
  onEndMoved(): void;
  /** Appends that were not yet acknowledged are gone; `isFenced`: no more will be taken. */
  onFailure(isFenced: boolean): void;
}

/** What became of a batch that was to be appended. */
export type Append =
  | { readonly kind: "appended"; readonly baseOffset: number; readonly endOffset: number }
  /** Stored before, with this largest timestamp; `endOffset` may not be durable yet. */
  | {
      readonly kind: "duplicate";
      readonly baseOffset: number;
      readonly endOffset: number;
      readonly timestamp: number;
    }
  | { readonly kind: "refused"; readonly errorCode: ErrorCode; readonly message: string };
