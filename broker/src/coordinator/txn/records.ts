/** What a transactional id keeps in `__transaction_state`, as values, and their bytes in Kafka's format. */
import { DecodeError } from "@runnel/kit/errors.ts";
import {
  decodeTransactionKey,
  decodeTransactionValue,
  encodeTransactionKey,
  encodeTransactionValue,
} from "@runnel/protocol/coordinator-records/transaction-records.ts";
import type { CoordinatorRecord } from "../ports.ts";
import {
  NO_PARTITIONS,
  type PartitionSet,
  TRANSACTION_STATES,
  type TransactionValue,
} from "./model.ts";

/** The state of an id from here on; null forgets it. */
export interface TransactionRecord {
  readonly transactionalId: string;
  readonly value: TransactionValue | null;
}

export function encodeRecord({ transactionalId, value }: TransactionRecord): CoordinatorRecord {
  return {
    key: encodeTransactionKey(transactionalId),
    value: value === null ? null : encodeValue(value),
  };
}

/**
 * Reads a record; null for one of a type that is not known. Throws `DecodeError` where the state of an id
 * is malformed: to pass over it could end a transaction in the other way.
 */
export function decodeRecord({
  key: keyBytes,
  value,
}: CoordinatorRecord): TransactionRecord | null {
  const key = decodeTransactionKey(keyBytes);
  if (key.kind === "unknown") return null;
  const { transactionalId } = key;
  return { transactionalId, value: value === null ? null : decodeValue(value) };
}

function encodeValue(value: TransactionValue): Uint8Array {
  return encodeTransactionValue({
    producerId: value.producerId,
    previousProducerId: value.previousProducerId,
    nextProducerId: value.nextProducerId,
    producerEpoch: value.producerEpoch,
    transactionTimeoutMs: value.timeoutMs,
    transactionStatus: TRANSACTION_STATES.indexOf(value.state),
    transactionPartitions:
      value.state === "Empty"
        ? null
        : [...value.partitions].map(([topic, indexes]) => ({ topic, partitionIds: [...indexes] })),
    transactionLastUpdateTimestampMs: value.updatedAt,
    transactionStartTimestampMs: value.startedAt,
    clientTransactionVersion: value.clientVersion,
  });
}

function decodeValue(bytes: Uint8Array): TransactionValue {
  const value = decodeTransactionValue(bytes);
  const state = TRANSACTION_STATES[value.transactionStatus];
  if (state === undefined) throw new DecodeError(`transaction state ${value.transactionStatus}`);
  return {
    state,
    producerId: value.producerId,
    producerEpoch: value.producerEpoch,
    previousProducerId: value.previousProducerId,
    nextProducerId: value.nextProducerId,
    timeoutMs: value.transactionTimeoutMs,
    partitions: partitionsOf(value.transactionPartitions ?? []),
    startedAt: value.transactionStartTimestampMs,
    updatedAt: value.transactionLastUpdateTimestampMs,
    clientVersion: value.clientTransactionVersion,
  };
}

function partitionsOf(
  topics: readonly { readonly topic: string; readonly partitionIds: readonly number[] }[],
): PartitionSet {
  if (topics.length === 0) return NO_PARTITIONS;
  return new Map(topics.map(({ topic, partitionIds }) => [topic, new Set(partitionIds)]));
}
