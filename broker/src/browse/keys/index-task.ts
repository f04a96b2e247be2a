/** What indexing is told to do, and what it says, as plain values that go to and from its thread. */
import type { PartitionSnapshot } from "../source/snapshot.ts";

export interface IndexTask {
  readonly kind: "index";
  readonly snapshot: PartitionSnapshot;
  /** How many of its segments take no more batches: the first ones. */
  readonly closedCount: number;
}

/** Whether to go on: appends come first. */
export interface IndexNews {
  readonly isPaused: boolean;
}

/** How far the index of one segment has come. */
export interface IndexSaid {
  readonly baseOffset: number;
  /** Bytes of the log in front of it are looked up, but for what cannot be read. */
  readonly coveredTo: number;
  /** Of these, how many were not before. */
  readonly indexedBytes: number;
  /** Nothing more is to be done for it. */
  readonly isDone: boolean;
}
