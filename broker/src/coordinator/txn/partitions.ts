/** Which partitions a transaction writes to: added before the first batch, looked up by their leaders. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { AddPartitionsEvent, Turn, VerifyEvent } from "./events.ts";
import { PARTITIONS_BYTES_MAX, PARTITIONS_MAX, PARTITIONS_PER_TRANSACTION_MAX } from "./limits.ts";
import type { Transaction } from "./live.ts";
import {
  FENCING_EPOCH_MAX,
  hasPartition,
  isPrepared,
  isSameIdentity,
  NO_PARTITIONS,
  type PartitionSet,
  type ProducerIdentity,
  partitionCount,
  type TransactionValue,
  withPartitions,
} from "./model.ts";
import { extended } from "./transitions.ts";
import { hold } from "./waits.ts";

export function stepAddPartitions(
  transaction: Transaction,
  event: AddPartitionsEvent,
  turn: Turn,
): void {
  const errorCode = addPartitions(transaction, event, turn);
  if (errorCode === ErrorCode.CONCURRENT_TRANSACTIONS && hold(transaction, event, turn)) return;
  turn.replies.push({ kind: "add-partitions", ticket: event.ticket, result: { errorCode } });
}

function addPartitions(transaction: Transaction, event: AddPartitionsEvent, turn: Turn): ErrorCode {
  const { transactionalId, value } = transaction;
  const refusal = checkProducer(value, event);
  if (refusal !== ErrorCode.NONE || value === null) return refusal;
  const isOngoing = value.state === "Ongoing";
  const known = isOngoing ? value.partitions : NO_PARTITIONS;
  const partitions = withPartitions(known, event.topics);
  if (partitions === known) return ErrorCode.NONE;
  if (!hasRoom(known, partitions, turn)) return ErrorCode.POLICY_VIOLATION;
  if (!isOngoing) transaction.deadlineMs = turn.nowMs + value.timeoutMs;
  const { clientVersion } = event;
  const next = extended(value, partitions, { clientVersion, wallMs: turn.wallMs });
  turn.records.push({ transactionalId, value: next });
  return ErrorCode.NONE;
}

/** As the leader of a partition asks who has a batch that does not say that it adds one. */
export function stepVerify(transaction: Transaction, event: VerifyEvent, turn: Turn): void {
  const { value } = transaction;
  const refusal = checkProducer(value, event);
  if (refusal === ErrorCode.CONCURRENT_TRANSACTIONS && hold(transaction, event, turn)) return;
  const partitionsNow = value?.state === "Ongoing" ? value.partitions : NO_PARTITIONS;
  const errorCodes = event.topics.map(({ topic, partitions }) =>
    partitions.map((partition) => {
      if (refusal !== ErrorCode.NONE) return refusal;
      return hasPartition(partitionsNow, topic, partition)
        ? ErrorCode.NONE
        : ErrorCode.TRANSACTION_ABORTABLE;
    }),
  );
  turn.replies.push({ kind: "verify", ticket: event.ticket, result: { errorCodes } });
}

/** Whether the producer is the one that works under the id, and the transaction before is complete. */
function checkProducer(value: TransactionValue | null, identity: ProducerIdentity): ErrorCode {
  if (value === null) return ErrorCode.INVALID_PRODUCER_ID_MAPPING;
  const isNext =
    isPrepared(value) &&
    identity.producerId === value.nextProducerId &&
    identity.producerEpoch === 0;
  if (isNext) return ErrorCode.CONCURRENT_TRANSACTIONS;
  if (identity.producerId !== value.producerId) return ErrorCode.INVALID_PRODUCER_ID_MAPPING;
  if (!isSameIdentity(identity, value)) return ErrorCode.PRODUCER_FENCED;
  // Nobody was given that epoch, and there is none above it for a marker to end its transaction with.
  if (value.producerEpoch >= FENCING_EPOCH_MAX) return ErrorCode.PRODUCER_FENCED;
  return isPrepared(value) ? ErrorCode.CONCURRENT_TRANSACTIONS : ErrorCode.NONE;
}

function hasRoom(known: PartitionSet, wanted: PartitionSet, { usage }: Turn): boolean {
  const count = partitionCount(wanted);
  return (
    count <= PARTITIONS_PER_TRANSACTION_MAX &&
    usage.partitions + count - partitionCount(known) <= PARTITIONS_MAX &&
    recordBytes(wanted) <= PARTITIONS_BYTES_MAX
  );
}

/** A bound from above of the bytes that the partitions take in a record. */
function recordBytes(partitions: PartitionSet): number {
  let bytes = 0;
  for (const [topic, indexes] of partitions) bytes += 16 + 3 * topic.length + 4 * indexes.size;
  return bytes;
}
