/**
 * What the runtime runs: a state machine per shard, fed with events, changed by committed records.
 *
 * `E` events, `R` records, `A` answers to requests.
 */
import type { ErrorCode } from "@runnel/protocol/errors.ts";
import type { TransactionMarker } from "#log/transaction-marker.ts";
import type {
  CoordinatorRecord,
  LoadedRecord,
  ProducerIdentity,
  TransactionEnd,
} from "../ports.ts";

/** One moment by both clocks. */
export interface Moment {
  /** Monotonic ms. */
  readonly nowMs: number;
  readonly wallMs: number;
}

export interface Answer {
  /** Of the request that is answered. */
  readonly ticket: number;
}

/**
 * What the shell must do, in this order: commit `records`, then `marker`, replay them, send `replies`.
 * Where the log refuses the producer's, nothing of it is replayed and those who wait are told why.
 */
export interface Step<R, A extends Answer> {
  readonly records: readonly R[];
  /** In whose transaction the records are written; left out for none. */
  readonly producer?: ProducerIdentity;
  /** The end of a transaction, to be written. */
  readonly marker?: TransactionMarker;
  readonly replies: readonly A[];
  /** Monotonic ms before which the event's key needs no tick; null for none. */
  readonly deadlineMs: number | null;
}

export interface ShardMachine<E, R, A extends Answer> {
  /** What the event reads and changes; null for all keys of the shard. */
  keyOf(event: E): string | null;
  /**
   * Whether the event neither reads nor changes what other such events of its key write: they may be
   * decided one after the other and committed together. One without a key may join others; nothing but
   * its like joins behind it.
   */
  isMergeable(event: E): boolean;
  /** `isLate`: the deadline passed long ago, while the broker stood still. */
  tick(key: string, isLate: boolean): E;
  step(event: E, moment: Moment): Step<R, A>;
  /** Applies a committed record; `offset` is its place in the log. */
  replay(record: R, offset: number): void;
  /** Applies the end of a transaction; left out by a machine that has no part in any. */
  replayEnd?(end: TransactionEnd): void;
  encode(record: R): CoordinatorRecord;
  /** Null for a record that the machine has no use for. Throws `DecodeError`. */
  decode(record: LoadedRecord): R | null;
  /** All records are replayed; gives the first deadlines. */
  begin(moment: Moment): Iterable<readonly [key: string, deadlineMs: number]>;
  keys(): readonly string[];
  /** Gives back what it counted against broker-wide caps. */
  close(): void;
}

/** Somebody who waits for the answer to an event. Exactly one of both is called, once. */
export interface Call<A extends Answer> {
  readonly ticket: number;
  answer(answer: A): void;
  /** The shard could not say: it loads, stopped, or failed to write. */
  fail(errorCode: ErrorCode): void;
}
