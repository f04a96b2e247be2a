/** Which part of a topic an answer is about, so that it can say how complete it is. */
import type { ChosenBy } from "./query.ts";

/** A partition that should be read and cannot be. */
export interface MissingPartition {
  readonly partition: number;
  /** Kafka's. */
  readonly errorCode: number;
}

export interface Coverage {
  /** Those that were read. */
  readonly partitions: readonly number[];
  /** Of how many. */
  readonly partitionCount: number;
  readonly chosenBy: ChosenBy;
  /** Those that should have been read and could not. */
  readonly missing: readonly MissingPartition[];
}
