/** What the last committed record of a transactional id says: an immutable value. */
import type { TopicPartitions } from "../group/events.ts";

/** As Kafka's tools print them. */
export type TransactionState =
  | "Empty"
  | "Ongoing"
  | "PrepareCommit"
  | "PrepareAbort"
  | "CompleteCommit"
  | "CompleteAbort";

/** By Kafka's number of the state. 6 (dead) and 7 (a fence in the making) are never written. */
export const TRANSACTION_STATES = [
  "Empty",
  "Ongoing",
  "PrepareCommit",
  "PrepareAbort",
  "CompleteCommit",
  "CompleteAbort",
] as const satisfies readonly TransactionState[];

/** Partitions by topic. */
export type PartitionSet = ReadonlyMap<string, ReadonlySet<number>>;

export const NO_PARTITIONS: PartitionSet = new Map();

/**
 * The highest epoch that a producer is given. The one above is left to the broker, so that it can always
 * fence; a producer that has used this one goes on with a new producer id.
 */
export const PRODUCER_EPOCH_MAX = 0x7ffe;

/** What fences the last epoch: in markers and records, never in the hands of a producer. */
export const FENCING_EPOCH_MAX = 0x7fff;

/** "No producer id". */
export const NO_ID = -1n;

export interface ProducerIdentity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

export interface TransactionValue extends ProducerIdentity {
  readonly state: TransactionState;
  /**
   * Producer id of the identity that this one follows, where whoever had it may go on with this one:
   * the same id for the epoch before, another one for its last epoch. `NO_ID` where nobody may.
   */
  readonly previousProducerId: bigint;
  /** The id that the producer goes on with, at epoch 0, once the markers are written; else `NO_ID`. */
  readonly nextProducerId: bigint;
  readonly timeoutMs: number;
  readonly partitions: PartitionSet;
  /** Wall ms at which the last transaction began; −1 for none since the producer came. */
  readonly startedAt: number;
  /** Wall ms of the record. */
  readonly updatedAt: number;
  /** How the transaction was ended, by transaction.version: 2 with a new epoch, else 0. */
  readonly clientVersion: number;
}

export function isSameIdentity(one: ProducerIdentity, other: ProducerIdentity): boolean {
  return one.producerId === other.producerId && one.producerEpoch === other.producerEpoch;
}

/** Whether `identity` is the one that the current one follows, and may go on with it (KIP-360). */
export function isPredecessor(value: TransactionValue, identity: ProducerIdentity): boolean {
  const { previousProducerId, producerId, producerEpoch } = value;
  if (previousProducerId === NO_ID || identity.producerId !== previousProducerId) return false;
  const isSameId = previousProducerId === producerId;
  return identity.producerEpoch === (isSameId ? producerEpoch - 1 : PRODUCER_EPOCH_MAX);
}

/** Whether the outcome is decided and its markers are not all written. */
export function isPrepared({ state }: Pick<TransactionValue, "state">): boolean {
  return state === "PrepareCommit" || state === "PrepareAbort";
}

/** Whether no further epoch of the producer id can be given to a producer. */
export function isExhausted({ producerEpoch }: ProducerIdentity): boolean {
  return producerEpoch >= PRODUCER_EPOCH_MAX;
}

export function partitionCount(partitions: PartitionSet): number {
  let count = 0;
  for (const indexes of partitions.values()) count += indexes.size;
  return count;
}

export function hasPartition(partitions: PartitionSet, topic: string, partition: number): boolean {
  return partitions.get(topic)?.has(partition) === true;
}

/** Both together, as a new set; `known` itself where it has all of `added`. */
export function withPartitions(
  known: PartitionSet,
  added: readonly TopicPartitions[],
): PartitionSet {
  let all: Map<string, ReadonlySet<number>> | null = null;
  for (const { topic, partitions } of added) {
    const indexes: ReadonlySet<number> = (all ?? known).get(topic) ?? new Set();
    if (partitions.every((partition) => indexes.has(partition))) continue;
    all ??= new Map(known);
    all.set(topic, new Set([...indexes, ...partitions]));
  }
  return all ?? known;
}
