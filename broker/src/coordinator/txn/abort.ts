/**
 * Somebody who is not the producer ends what is under way, as a producer that begins anew would: under
 * an epoch that nobody has, so that the producer is fenced. Decided in one step: a transaction that ended
 * by itself meanwhile, or the next one, is left alone.
 */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { AbortEvent, ResultOf, Turn } from "./events.ts";
import type { Transaction } from "./live.ts";
import { isPrepared, NO_ID, type TransactionValue } from "./model.ts";
import { described } from "./replies.ts";
import { preparedWithBump } from "./transitions.ts";

export function stepAbort(transaction: Transaction, event: AbortEvent, turn: Turn): void {
  const { ticket } = event;
  turn.replies.push({ kind: "abort", ticket, result: abort(transaction, event, turn) });
}

function abort(transaction: Transaction, event: AbortEvent, turn: Turn): ResultOf["abort"] {
  const { transactionalId, value } = transaction;
  if (value === null) {
    return { errorCode: ErrorCode.TRANSACTIONAL_ID_NOT_FOUND, transaction: null };
  }
  const errorCode = refusalOf(value, event.expectedVersion);
  if (errorCode === ErrorCode.NONE && !event.isValidateOnly) {
    const ending = { isCommit: false, wallMs: turn.wallMs };
    const aborted = preparedWithBump(value, ending, { nextProducerId: NO_ID, isSuccession: false });
    turn.records.push({ transactionalId, value: aborted });
  }
  return { errorCode, transaction: described(transactionalId, value) };
}

function refusalOf(value: TransactionValue, expectedVersion: string | null): ErrorCode {
  const isAnother = expectedVersion !== null && expectedVersion !== transactionVersion(value);
  if (isAnother) return ErrorCode.INVALID_UPDATE_VERSION;
  if (isPrepared(value)) return ErrorCode.CONCURRENT_TRANSACTIONS;
  return value.state === "Ongoing" ? ErrorCode.NONE : ErrorCode.INVALID_TXN_STATE;
}

/** What tells one transaction of an id, and what was decided about it, from the next. */
export function transactionVersion({
  state,
  producerId,
  producerEpoch,
  startedAt,
}: Pick<TransactionValue, "state" | "producerId" | "producerEpoch" | "startedAt">): string {
  return `t${producerId}.${producerEpoch}.${startedAt}.${state}`;
}
