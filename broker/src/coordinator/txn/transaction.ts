/**
 * The transactions of one transactional id, as a pure state machine.
 *
 *              first partition             EndTxn, or overdue, or fenced
 *     Empty ─────────────────────▶ Ongoing ─────────────────────────────▶ PrepareCommit, PrepareAbort
 *       ▲                             ▲                                        │ all markers written
 *       │ InitProducerId              │ first partition                        ▼
 *       └─────────────────────────────┴────────────────────────────── CompleteCommit, CompleteAbort
 *
 * A state is what the last committed record says. What was decided in a Prepare state is never decided
 * anew: whatever happens, the markers of that one outcome are written. An end by EndTxn v5 and every end
 * that the broker itself decides goes with a new epoch, which the markers bear (KIP-890): what is late of
 * the transaction before, be it an EndTxn or a batch, then bears an epoch that is over.
 *
 * Source: KIP-98, KIP-360 (epoch bump), KIP-588 (overdue transactions), KIP-890. No I/O, clock or timer
 * in this folder: time comes in with each event, work goes out in the step.
 */
import { unreachable } from "@runnel/kit/assert.ts";
import { stepAbort } from "./abort.ts";
import { stepDescribe } from "./describe.ts";
import { stepEnd } from "./end.ts";
import type { StepContext, TransactionEvent, TransactionStep, Turn } from "./events.ts";
import { stepInit } from "./init.ts";
import type { Transaction } from "./live.ts";
import { stepAddPartitions, stepVerify } from "./partitions.ts";
import { stepExpire, stepMarkersWritten, stepTick } from "./progress.ts";

/** Decides what one event leads to. Total: every event has a step in every state. */
export function step(
  transaction: Transaction,
  event: TransactionEvent,
  context: StepContext,
): TransactionStep {
  const turn: Turn = { ...context, records: [], replies: [] };
  decide(transaction, event, turn);
  const { deadlineMs } = transaction;
  return {
    records: turn.records,
    replies: turn.replies,
    deadlineMs: deadlineMs === Number.POSITIVE_INFINITY ? null : deadlineMs,
  };
}

function decide(transaction: Transaction, event: TransactionEvent, turn: Turn): void {
  switch (event.kind) {
    case "init":
      return stepInit(transaction, event, turn);
    case "add-partitions":
      return stepAddPartitions(transaction, event, turn);
    case "verify":
      return stepVerify(transaction, event, turn);
    case "end":
      return stepEnd(transaction, event, turn);
    case "describe":
      return stepDescribe(transaction, event, turn);
    case "abort":
      return stepAbort(transaction, event, turn);
    case "tick":
      return stepTick(transaction, event.isLate, turn);
    case "expire":
      return stepExpire(transaction, event.nowMs, turn);
    case "markers-written":
      return stepMarkersWritten(transaction, event, turn);
    default:
      return unreachable(event);
  }
}
