/**
 * A transactional id in memory: what its last committed record says, when its transaction is overdue, and
 * who waits for it to be complete.
 *
 * The value is replaced as a whole by `replay`, so the state is the last record.
 */
import type { WaitingEvent } from "./events.ts";
import type { TransactionValue } from "./model.ts";

export interface Transaction {
  readonly transactionalId: string;
  /** Null for an id that is not known. Set by `replay` alone. */
  value: TransactionValue | null;
  /**
   * Monotonic ms at which an ongoing transaction is overdue, or the first who waits has waited for long
   * enough; Infinity for neither.
   */
  deadlineMs: number;
  /** Requests for the next transaction, held while the markers of this one are written. */
  readonly waiting: Waiting[];
}

export interface Waiting {
  readonly event: WaitingEvent;
  /** Monotonic ms. */
  readonly untilMs: number;
}

export function createTransaction(transactionalId: string): Transaction {
  return { transactionalId, value: null, deadlineMs: Number.POSITIVE_INFINITY, waiting: [] };
}
