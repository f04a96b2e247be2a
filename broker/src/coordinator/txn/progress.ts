/** What happens to a transaction without a request: it is overdue, it is complete, it is forgotten. */
import { stepDescribe } from "./describe.ts";
import type { Turn } from "./events.ts";
import { createTransaction, type Transaction } from "./live.ts";
import {
  isPrepared,
  isSameIdentity,
  NO_ID,
  type ProducerIdentity,
  type TransactionValue,
} from "./model.ts";
import { stepAddPartitions, stepVerify } from "./partitions.ts";
import { completed, preparedWithBump } from "./transitions.ts";
import { refuseOverdue, release } from "./waits.ts";

/**
 * What a producer has left when the broker could not hear it until now: it stood still, or it has just
 * loaded the transaction.
 */
const GRACE_MS = 5_000;

/**
 * Aborts a transaction that ran for too long, under a new epoch: its producer finds out, and may go on.
 * Refuses those who waited for too long for one to be complete.
 */
export function stepTick(transaction: Transaction, isLate: boolean, turn: Turn): void {
  const { transactionalId, value } = transaction;
  if (value?.state !== "Ongoing") {
    refuseOverdue(transaction, turn);
    return;
  }
  if (turn.nowMs < transaction.deadlineMs) return;
  if (isLate) {
    transaction.deadlineMs = turn.nowMs + graceOf(value);
    return;
  }
  transaction.deadlineMs = Number.POSITIVE_INFINITY;
  turn.usage.timeouts += 1;
  const ending = { isCommit: false, wallMs: turn.wallMs };
  const aborted = preparedWithBump(value, ending, { nextProducerId: NO_ID, isSuccession: true });
  turn.records.push({ transactionalId, value: aborted });
}

/** The first deadline after a load. The wall clock says when the transaction began, within reason. */
export function restartDeadline(
  transaction: Transaction,
  { nowMs, wallMs }: Pick<Turn, "nowMs" | "wallMs">,
): void {
  const { value } = transaction;
  if (value?.state !== "Ongoing") {
    transaction.deadlineMs = Number.POSITIVE_INFINITY;
    return;
  }
  const leftMs = value.startedAt + value.timeoutMs - wallMs;
  transaction.deadlineMs = nowMs + Math.min(Math.max(leftMs, graceOf(value)), value.timeoutMs);
}

/** Forgets an id that nobody used for long. */
export function stepExpire(
  { transactionalId, value }: Transaction,
  nowMs: number,
  turn: Turn,
): void {
  if (value === null || value.state === "Ongoing" || isPrepared(value)) return;
  if (nowMs - value.updatedAt < turn.config.expirationMs) return;
  turn.records.push({ transactionalId, value: null });
}

/**
 * The transaction is complete, and those who waited for that begin the next one, in the same append.
 * `identity` as it was when the markers were sent out.
 */
export function stepMarkersWritten(
  transaction: Transaction,
  identity: ProducerIdentity,
  turn: Turn,
): void {
  const { transactionalId, value } = transaction;
  if (value === null || !isPrepared(value) || !isSameIdentity(value, identity)) return;
  const next = createTransaction(transactionalId);
  next.value = completed(value, turn.wallMs);
  turn.records.push({ transactionalId, value: next.value });
  for (const event of release(transaction, turn)) {
    if (event.kind === "verify") stepVerify(next, event, turn);
    else if (event.kind === "describe") stepDescribe(next, event, turn);
    else stepAddPartitions(next, event, turn);
    next.value = turn.records.at(-1)?.value ?? null;
  }
  transaction.deadlineMs = next.deadlineMs;
}

function graceOf({ timeoutMs }: TransactionValue): number {
  return Math.min(GRACE_MS, timeoutMs);
}
