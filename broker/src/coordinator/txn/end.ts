/**
 * EndTxn: the producer commits or aborts.
 *
 * Up to v4 the producer keeps its epoch, and a state that fits the request is taken for a retry. From v5
 * every end has an epoch of its own, so that a retry and an end of the next transaction differ.
 */
import { unreachable } from "@runnel/kit/assert.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { EndEvent, IdentityResult, Turn } from "./events.ts";
import type { Transaction } from "./live.ts";
import {
  FENCING_EPOCH_MAX,
  isExhausted,
  isPrepared,
  isSameIdentity,
  NO_ID,
  PRODUCER_EPOCH_MAX,
  type ProducerIdentity,
  type TransactionValue,
} from "./model.ts";
import { identified, NEEDS_PRODUCER_ID, NOBODY, refusedIdentity } from "./replies.ts";
import { completed, prepared, preparedWithBump, successorOf } from "./transitions.ts";

export function stepEnd(transaction: Transaction, event: EndEvent, turn: Turn): void {
  const { transactionalId, value } = transaction;
  const put = (next: TransactionValue): void => {
    turn.records.push({ transactionalId, value: next });
  };
  const end = { value, event, wallMs: turn.wallMs, put };
  const result = event.bumpsEpoch ? endWithBump(end) : endClassic(end);
  turn.replies.push({ kind: "end", ticket: event.ticket, result });
}

interface End {
  readonly value: TransactionValue | null;
  readonly event: EndEvent;
  readonly wallMs: number;
  put(next: TransactionValue): void;
}

const DONE: IdentityResult = { ...NOBODY, errorCode: ErrorCode.NONE, needsProducerId: false };

function endClassic({ value, event, wallMs, put }: End): IdentityResult {
  const { isCommit } = event;
  if (value === null || value.producerId !== event.producerId) {
    return refusedIdentity(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
  }
  if (value.producerEpoch !== event.producerEpoch) {
    return refusedIdentity(ErrorCode.PRODUCER_FENCED);
  }
  switch (value.state) {
    case "Ongoing":
      put(prepared(value, { isCommit, wallMs }));
      return DONE;
    case "PrepareCommit":
    case "PrepareAbort":
      return isDecided(value, isCommit)
        ? refusedIdentity(ErrorCode.CONCURRENT_TRANSACTIONS)
        : refusedIdentity(ErrorCode.INVALID_TXN_STATE);
    case "CompleteCommit":
    case "CompleteAbort":
      return isDecided(value, isCommit) ? DONE : refusedIdentity(ErrorCode.INVALID_TXN_STATE);
    case "Empty":
      return refusedIdentity(ErrorCode.INVALID_TXN_STATE);
    default:
      return unreachable(value.state);
  }
}

function endWithBump(end: End): IdentityResult {
  const { value, event } = end;
  if (value === null) return refusedIdentity(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
  const isCurrent = isSameIdentity(value, event);
  const isRetry = isRetryOf(value, event);
  if (isPrepared(value)) {
    const isNext = event.producerId === value.nextProducerId && event.producerEpoch === 0;
    if (isCurrent || isNext) return refusedIdentity(ErrorCode.CONCURRENT_TRANSACTIONS);
    if (!isRetry) return refusedIdentity(strangerError(value, event));
    return isDecided(value, event.isCommit)
      ? refusedIdentity(ErrorCode.CONCURRENT_TRANSACTIONS)
      : refusedIdentity(ErrorCode.INVALID_TXN_STATE);
  }
  const isComplete = value.state === "CompleteCommit" || value.state === "CompleteAbort";
  if (isComplete && isRetry) {
    return isDecided(value, event.isCommit)
      ? currentIdentity(value, end)
      : refusedIdentity(ErrorCode.INVALID_TXN_STATE);
  }
  if (!isCurrent) return refusedIdentity(strangerError(value, event));
  if (value.state === "Ongoing") return endOngoing(value, end);
  return event.isCommit ? refusedIdentity(ErrorCode.INVALID_TXN_STATE) : abortNothing(value, end);
}

function endOngoing(value: TransactionValue, { event, wallMs, put }: End): IdentityResult {
  const { isCommit, freshProducerId } = event;
  const successor = successorOf(value, freshProducerId);
  if (successor === null) return NEEDS_PRODUCER_ID;
  const nextProducerId = isExhausted(value) ? successor.producerId : NO_ID;
  const succession = { nextProducerId, isSuccession: true };
  put(preparedWithBump(value, { isCommit, wallMs }, succession));
  return identified(successor);
}

/** A transaction to which nothing was written: there is no partition that waits for a marker. */
function abortNothing(value: TransactionValue, { event, wallMs, put }: End): IdentityResult {
  const successor = successorOf(value, event.freshProducerId);
  if (successor === null) return NEEDS_PRODUCER_ID;
  const nextProducerId = isExhausted(value) ? successor.producerId : NO_ID;
  const ending = { isCommit: false, wallMs };
  const begun = { ...value, startedAt: wallMs };
  const aborted = preparedWithBump(begun, ending, { nextProducerId, isSuccession: true });
  put(completed(aborted, wallMs));
  return identified(successor);
}

/**
 * What the first answer to a retry said. Where the broker itself aborted under the epoch that fences the
 * last one, the producer gets a new id instead.
 */
function currentIdentity(value: TransactionValue, { event, wallMs, put }: End): IdentityResult {
  if (value.producerEpoch < FENCING_EPOCH_MAX) return identified(value);
  const successor = successorOf(value, event.freshProducerId);
  if (successor === null) return NEEDS_PRODUCER_ID;
  put({ ...value, ...successor, previousProducerId: value.producerId, updatedAt: wallMs });
  return identified(successor);
}

/** Whether the request was made under the identity before: the answer to the first one was lost. */
function isRetryOf(value: TransactionValue, { producerId, producerEpoch }: ProducerIdentity) {
  if (producerId === value.producerId) return producerEpoch + 1 === value.producerEpoch;
  const isFirstEpoch = value.producerEpoch === 0 && producerEpoch === PRODUCER_EPOCH_MAX;
  return isFirstEpoch && producerId === value.previousProducerId;
}

function strangerError(value: TransactionValue, { producerId }: ProducerIdentity): ErrorCode {
  return producerId === value.producerId
    ? ErrorCode.PRODUCER_FENCED
    : ErrorCode.INVALID_PRODUCER_ID_MAPPING;
}

/** Whether the outcome, of a state that has one, is the one that is asked for. */
function isDecided({ state }: TransactionValue, isCommit: boolean): boolean {
  return isCommit
    ? state === "PrepareCommit" || state === "CompleteCommit"
    : state === "PrepareAbort" || state === "CompleteAbort";
}
