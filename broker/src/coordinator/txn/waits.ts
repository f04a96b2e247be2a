/**
 * Requests that came while the transaction before theirs still waits for its markers: better held for a
 * moment than sent back to be made again. What they add is then written together with the completion, in
 * one append.
 */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { TransactionReply, Turn, WaitingEvent } from "./events.ts";
import { COMPLETION_WAIT_MS, COMPLETION_WAITS_MAX } from "./limits.ts";
import type { Transaction } from "./live.ts";
import { describeReply } from "./replies.ts";

/** Whether the request is held; false where there are too many, so that it is to be refused. */
export function hold(transaction: Transaction, event: WaitingEvent, turn: Turn): boolean {
  if (turn.usage.waiting >= COMPLETION_WAITS_MAX) return false;
  turn.usage.waiting += 1;
  transaction.waiting.push({ event, untilMs: turn.nowMs + COMPLETION_WAIT_MS });
  setDeadline(transaction);
  return true;
}

/** Refuses those that have waited for long enough; who only looks is told how it is now. */
export function refuseOverdue(transaction: Transaction, turn: Turn): void {
  const { waiting } = transaction;
  const left = waiting.findIndex(({ untilMs }) => untilMs > turn.nowMs);
  for (const { event } of waiting.splice(0, left === -1 ? waiting.length : left)) {
    turn.usage.waiting -= 1;
    turn.replies.push(refusalOf(transaction, event));
  }
  setDeadline(transaction);
}

/** Those that wait, which do so no more, in the order in which they came. */
export function release(transaction: Transaction, turn: Turn): readonly WaitingEvent[] {
  const released = transaction.waiting.splice(0).map(({ event }) => event);
  turn.usage.waiting -= released.length;
  return released;
}

/** While markers are written nothing else has a deadline; the first that came is the first to give up. */
function setDeadline(transaction: Transaction): void {
  transaction.deadlineMs = transaction.waiting[0]?.untilMs ?? Number.POSITIVE_INFINITY;
}

function refusalOf(transaction: Transaction, event: WaitingEvent): TransactionReply {
  if (event.kind === "describe") return describeReply(transaction, event);
  const errorCode = ErrorCode.CONCURRENT_TRANSACTIONS;
  const { kind, ticket, topics } = event;
  if (kind === "add-partitions") return { kind, ticket, result: { errorCode } };
  const errorCodes = topics.map(({ partitions }) => partitions.map(() => errorCode));
  return { kind, ticket, result: { errorCodes } };
}
