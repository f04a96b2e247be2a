/**
 * Offsets that a transaction moves: stored as pending, until its end says what becomes of them.
 *
 * Source: KIP-98 (TxnOffsetCommit), KIP-447 (generation and member), KIP-890 (leave to begin).
 */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { PENDING_OFFSETS_MAX } from "../limits.ts";
import type { ProducerIdentity } from "../ports.ts";
import type { TransactionCommitEvent, Turn } from "./events.ts";
import type { Group } from "./model.ts";
import { checkCommit, checkOffset, checkOwner, committed } from "./offsets.ts";
import { valueAt } from "./place-table.ts";

/** Stores the offsets as pending. The transaction is known to reach into this shard. */
export function stepTransactionCommit(
  group: Group,
  event: TransactionCommitEvent,
  turn: Turn,
): void {
  const { producer } = event;
  const refusal = checkCommit(group, event, true);
  let added = 0;
  const errorCodes = event.offsets.map((entry) => {
    if (refusal !== ErrorCode.NONE) return refusal;
    const stale = checkOwner(group, event, entry);
    if (stale !== ErrorCode.NONE) return stale;
    const isNew = !isPendingOf(group, producer, entry);
    const problem = checkOffset(group, entry, isNew ? added : null, turn);
    if (problem !== ErrorCode.NONE) return problem;
    if (isNew && group.usage.pendingOffsets + added >= PENDING_OFFSETS_MAX) {
      return ErrorCode.INVALID_COMMIT_OFFSET_SIZE;
    }
    if (isNew) added += 1;
    const { groupId } = group;
    const { topic, partition } = entry;
    const value = committed(entry, -1, turn.wallMs);
    turn.records.push({ kind: "pending-offset", producer, groupId, topic, partition, value });
    return ErrorCode.NONE;
  });
  const result = { errorCodes, admission: null };
  turn.replies.push({ kind: "transaction-commit", ticket: event.ticket, result });
}

function isPendingOf(
  { pending }: Group,
  { producerId }: ProducerIdentity,
  place: { readonly topic: string; readonly partition: number },
): boolean {
  const table = pending.byProducer.get(producerId);
  return table !== undefined && valueAt(table, place) !== undefined;
}
