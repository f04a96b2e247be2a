/**
 * Named caps of the transaction coordinator: what a client may make a broker remember (bad-input rows P14
 * and P16). They are per broker until there are principals to count them by.
 */
import { TRANSACTION_STATES, type TransactionState } from "./model.ts";

/** Bytes of a transactional id as UTF-8; longer ones are INVALID_REQUEST. */
export const TRANSACTIONAL_ID_BYTES_MAX = 1024;

/** Transactional ids that a broker keeps; one more is POLICY_VIOLATION. */
export const TRANSACTIONAL_IDS_MAX = 100_000;

/** Partitions of one transaction; more are POLICY_VIOLATION. */
export const PARTITIONS_PER_TRANSACTION_MAX = 10_000;

/** Partitions of all transactions of a broker that are not complete. */
export const PARTITIONS_MAX = 500_000;

/** Bytes that the partitions of one transaction take in its record; stays under `message.max.bytes`. */
export const PARTITIONS_BYTES_MAX = 900_000;

/** Requests that wait for the transaction before theirs to be complete; others are told to try again. */
export const COMPLETION_WAITS_MAX = 10_000;

/** How long they wait before they are told to try again. */
export const COMPLETION_WAIT_MS = 1_000;

/** Ids of one DescribeTransactions, or of transactions in one AddPartitionsToTxn. */
export const IDS_PER_REQUEST_MAX = 10_000;

/** What the caps are measured against, and what is counted: one for all shards of a broker. */
export interface TransactionUsage {
  readonly byState: Record<TransactionState, number>;
  transactionalIds: number;
  partitions: number;
  /** Requests that wait for the transaction before theirs to be complete. */
  waiting: number;
  /** Outcomes that were decided since the start. */
  commits: number;
  aborts: number;
  /** Of the aborts, those of transactions that ran for too long. */
  timeouts: number;
}

export function emptyTransactionUsage(): TransactionUsage {
  const byState = Object.fromEntries(TRANSACTION_STATES.map((state) => [state, 0]));
  return {
    byState: byState as Record<TransactionState, number>,
    transactionalIds: 0,
    partitions: 0,
    waiting: 0,
    commits: 0,
    aborts: 0,
    timeouts: 0,
  };
}
