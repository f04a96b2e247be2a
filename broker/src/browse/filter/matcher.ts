/**
 * What a compiled filter does with records, and what it says about them beforehand.
 *
 * `compileFilter(condition)` makes a `RecordMatcher`; `boundsOf(condition)` says where matches can
 * be at all, so that a scan need not read the rest.
 */
import type { RecordCursor } from "../record.ts";

/** A filter that is ready to run. It belongs to one scan: it counts what goes wrong. */
export interface RecordMatcher {
  /** Never throws: a record on which the filter fails does not match and counts as an error. */
  matches(record: RecordCursor): boolean;
  /** Records on which the filter failed (a type that does not fit, a time budget used up). */
  readonly errorCount: number;
  /** The first failure; null while there is none. */
  readonly firstError: FilterError | null;
}

/** Where and why a filter failed. */
export interface FilterError {
  readonly partition: number;
  readonly offset: number;
  readonly message: string;
}

/**
 * What every match has in common: a necessary condition, never a sufficient one. The
 * matcher must still be asked.
 */
export interface FilterBounds {
  /** Partitions outside of which nothing matches; null for all. */
  readonly partitions: readonly number[] | null;
  /** The key is one of these byte strings; null for any. An empty list: nothing matches. */
  readonly keys: readonly Uint8Array[] | null;
  /** Inclusive. */
  readonly offsetMin: number;
  /** Inclusive; `Infinity` for no bound. */
  readonly offsetMax: number;
  /**
   * Inclusive, ms since 1970; `-Infinity` for no bound. There is no upper one: times may go back, so that
   * behind any record may be an older one.
   */
  readonly timestampMin: number;
}
