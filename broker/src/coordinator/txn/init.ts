/** InitProducerId: a producer begins, or begins again, to work under a transactional id. */
import { assert } from "@runnel/kit/assert.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { IdentityResult, InitEvent, Turn } from "./events.ts";
import { TRANSACTIONAL_IDS_MAX } from "./limits.ts";
import type { Transaction } from "./live.ts";
import {
  FENCING_EPOCH_MAX,
  isPredecessor,
  isPrepared,
  isSameIdentity,
  NO_ID,
  type ProducerIdentity,
  type TransactionValue,
} from "./model.ts";
import { identified, NEEDS_PRODUCER_ID, refusedIdentity } from "./replies.ts";
import { created, emptied, preparedWithBump, successorOf } from "./transitions.ts";

export function stepInit(transaction: Transaction, event: InitEvent, turn: Turn): void {
  const result = decide(transaction, event, turn);
  turn.replies.push({ kind: "init", ticket: event.ticket, result });
}

function decide(transaction: Transaction, event: InitEvent, turn: Turn): IdentityResult {
  const { timeoutMs, expected } = event;
  if (timeoutMs <= 0 || timeoutMs > turn.config.timeoutMsMax) {
    return refusedIdentity(ErrorCode.INVALID_TRANSACTION_TIMEOUT);
  }
  const { value } = transaction;
  if (value === null) return begin(transaction, event, turn);
  if (expected !== null && !isKnown(value, expected)) {
    return refusedIdentity(ErrorCode.PRODUCER_FENCED);
  }
  if (isPrepared(value)) return refusedIdentity(ErrorCode.CONCURRENT_TRANSACTIONS);
  if (value.state === "Ongoing") return fence(transaction, value, event, turn);
  const identity = identityAfter(value, event);
  if (identity === null) return NEEDS_PRODUCER_ID;
  const beginning = { timeoutMs, wallMs: turn.wallMs };
  put(transaction, emptied(value, identity, beginning), turn);
  return identified(identity);
}

/** An id that is not known: whatever the producer says that it is. */
function begin(transaction: Transaction, event: InitEvent, turn: Turn): IdentityResult {
  if (turn.usage.transactionalIds >= TRANSACTIONAL_IDS_MAX) {
    return refusedIdentity(ErrorCode.POLICY_VIOLATION);
  }
  if (event.freshProducerId === null) return NEEDS_PRODUCER_ID;
  const beginning = { timeoutMs: event.timeoutMs, wallMs: turn.wallMs };
  const value = created(event.freshProducerId, beginning);
  put(transaction, value, turn);
  return identified(value);
}

/**
 * Somebody new, or the producer itself, found a transaction under way: it is aborted under another epoch,
 * which nobody is told. Who asks again when that is done gets the one after.
 */
function fence(
  transaction: Transaction,
  value: TransactionValue,
  { expected }: InitEvent,
  turn: Turn,
): IdentityResult {
  // Nobody could begin under this identity whose predecessor still waits for the answer.
  if (expected !== null && !isSameIdentity(value, expected)) {
    return refusedIdentity(ErrorCode.PRODUCER_FENCED);
  }
  const ending = { isCommit: false, wallMs: turn.wallMs };
  const succession = { nextProducerId: NO_ID, isSuccession: expected !== null };
  put(transaction, preparedWithBump(value, ending, succession), turn);
  return refusedIdentity(ErrorCode.CONCURRENT_TRANSACTIONS);
}

/** Whether a producer that says it is `expected` is the one there is, or was just before (a retry). */
function isKnown(value: TransactionValue, expected: ProducerIdentity): boolean {
  const isNext =
    isPrepared(value) &&
    expected.producerId === value.nextProducerId &&
    expected.producerEpoch === 0;
  return isSameIdentity(value, expected) || isPredecessor(value, expected) || isNext;
}

/** Null where it needs a fresh producer id. */
function identityAfter(
  value: TransactionValue,
  { expected, freshProducerId }: InitEvent,
): (ProducerIdentity & Pick<TransactionValue, "previousProducerId">) | null {
  const isRetry = expected !== null && !isSameIdentity(value, expected);
  // The epoch that fences the last one is given to nobody.
  if (isRetry && value.producerEpoch < FENCING_EPOCH_MAX) return value;
  const successor = successorOf(value, freshProducerId);
  if (successor === null) return null;
  return { ...successor, previousProducerId: expected === null ? NO_ID : value.producerId };
}

function put(
  { transactionalId, value: old }: Transaction,
  value: TransactionValue,
  turn: Turn,
): void {
  assert(value.producerId >= 0n, `producer id ${value.producerId} of ${transactionalId}`);
  assert(old === null || !isPrepared(old), "an outcome that was decided is replaced");
  turn.records.push({ transactionalId, value });
}
