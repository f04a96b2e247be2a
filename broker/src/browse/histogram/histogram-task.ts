/** What a histogram is told to count, and what it says, as plain values that go to and from its thread. */
import type { PartitionSnapshot } from "../source/snapshot.ts";

export interface HistogramTask {
  readonly kind: "histogram";
  readonly snapshots: readonly PartitionSnapshot[];
  /** From the first event where it is null; included. */
  readonly fromMs: number | null;
  /** To the last event where it is null; not included. */
  readonly toMs: number | null;
  readonly bucketsMax: number;
}

/** How many events lie between two times, bucket by bucket, from `fromMs` on. */
export interface Histogram {
  readonly kind: "histogram";
  readonly fromMs: number;
  /** Of every bucket, the last one too. */
  readonly widthMs: number;
  readonly bucketCount: number;
  /** In the order of the snapshots, bucket by bucket. */
  readonly partitions: readonly PartitionCounts[];
}

export interface PartitionCounts {
  readonly partition: number;
  readonly counts: readonly number[];
  /** Whether each count is exact. */
  readonly areExact: readonly boolean[];
  /** Whether their sum is: what one bucket has too much, its neighbour lacks. */
  readonly isTotalExact: boolean;
}
