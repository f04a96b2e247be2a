/** The values that follow from others: what each change of state keeps and what it sets anew. */
import { assert } from "@runnel/kit/assert.ts";
import {
  FENCING_EPOCH_MAX,
  isExhausted,
  isPrepared,
  NO_ID,
  NO_PARTITIONS,
  type PartitionSet,
  type ProducerIdentity,
  type TransactionValue,
} from "./model.ts";

export interface Beginning {
  readonly timeoutMs: number;
  readonly wallMs: number;
}

/** A transactional id that is new, for a producer id that is. */
export function created(producerId: bigint, { timeoutMs, wallMs }: Beginning): TransactionValue {
  return {
    state: "Empty",
    producerId,
    producerEpoch: 0,
    previousProducerId: NO_ID,
    nextProducerId: NO_ID,
    timeoutMs,
    partitions: NO_PARTITIONS,
    startedAt: -1,
    updatedAt: wallMs,
    clientVersion: 0,
  };
}

/** The producer, which is `identity` from here on, has no transaction. */
export function emptied(
  value: TransactionValue,
  identity: ProducerIdentity & Pick<TransactionValue, "previousProducerId">,
  { timeoutMs, wallMs }: Beginning,
): TransactionValue {
  const { producerId, producerEpoch, previousProducerId } = identity;
  const begun = created(producerId, { timeoutMs, wallMs });
  return { ...begun, producerEpoch, previousProducerId, clientVersion: value.clientVersion };
}

/** The transaction, which begins where there is none, has these partitions. */
export function extended(
  value: TransactionValue,
  partitions: PartitionSet,
  { clientVersion, wallMs }: { readonly clientVersion: number; readonly wallMs: number },
): TransactionValue {
  const isOngoing = value.state === "Ongoing";
  return {
    ...value,
    state: "Ongoing",
    partitions,
    // Whoever adds a partition has its identity: no answer about it was lost.
    previousProducerId: NO_ID,
    startedAt: isOngoing ? value.startedAt : wallMs,
    updatedAt: wallMs,
    clientVersion,
  };
}

export interface Ending {
  readonly isCommit: boolean;
  readonly wallMs: number;
}

/** The outcome is decided, the producer keeps its epoch: EndTxn up to v4. */
export function prepared(value: TransactionValue, { isCommit, wallMs }: Ending): TransactionValue {
  const state = isCommit ? "PrepareCommit" : "PrepareAbort";
  return { ...value, state, updatedAt: wallMs, clientVersion: 0 };
}

/**
 * The outcome is decided, and with it a new epoch; `nextProducerId` for a producer whose epochs are used
 * up. Whoever has the identity so far may go on with the new one if `isSuccession`.
 */
export function preparedWithBump(
  value: TransactionValue,
  ending: Ending,
  { nextProducerId, isSuccession }: { nextProducerId: bigint; isSuccession: boolean },
): TransactionValue {
  return {
    ...prepared(value, ending),
    producerEpoch: Math.min(value.producerEpoch + 1, FENCING_EPOCH_MAX),
    previousProducerId: isSuccession ? value.producerId : NO_ID,
    nextProducerId,
    clientVersion: 2,
  };
}

/** Every marker is written. */
export function completed(value: TransactionValue, wallMs: number): TransactionValue {
  assert(isPrepared(value), `a transaction that is ${value.state} has no outcome`);
  const isRenewed = value.nextProducerId !== NO_ID;
  return {
    ...value,
    state: value.state === "PrepareCommit" ? "CompleteCommit" : "CompleteAbort",
    producerId: isRenewed ? value.nextProducerId : value.producerId,
    producerEpoch: isRenewed ? 0 : value.producerEpoch,
    previousProducerId: isRenewed ? value.producerId : value.previousProducerId,
    nextProducerId: NO_ID,
    partitions: NO_PARTITIONS,
    updatedAt: wallMs,
  };
}

/**
 * The identity that follows. Null where it needs an id that no producer had and there is none: ask again
 * with one.
 */
export function successorOf(
  identity: ProducerIdentity,
  freshProducerId: bigint | null,
): ProducerIdentity | null {
  const { producerId, producerEpoch } = identity;
  if (!isExhausted(identity)) return { producerId, producerEpoch: producerEpoch + 1 };
  return freshProducerId === null ? null : { producerId: freshProducerId, producerEpoch: 0 };
}
