/** Transactions, as their coordinators and the partitions they wrote to know them. */
import { setTimeout as delay } from "node:timers/promises";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { CommandError } from "../cli/failure.ts";
import type { Cluster, Topic } from "./cluster.ts";
import { checkCode } from "./explain.ts";
import type { Coordinator } from "./groups.ts";
import { writeTxnMarkers } from "./write-txn-markers.ts";

const TRANSACTION_KEY = 1;

/** How long a command waits for a transaction to be aborted. */
const ABORT_ATTEMPTS_MAX = 100;
const ABORT_POLL_MS = 100;

export interface ListedTransaction {
  readonly id: string;
  /** Kafka's word: Empty, Ongoing, PrepareCommit, PrepareAbort, CompleteCommit, CompleteAbort. */
  readonly state: string;
  readonly producerId: bigint;
  /** The broker that coordinates it. */
  readonly coordinator: number;
}

export interface ListChoice {
  /** Empty for all. */
  readonly states: readonly string[];
  /** Only those that have run for longer; null for all. */
  readonly longerThanMs: number | null;
}

/** States of an id whose transaction is not over. */
export const UNDER_WAY: ReadonlySet<string> = new Set(["Ongoing", "PrepareCommit", "PrepareAbort"]);

/** What all brokers coordinate, by ascending id. */
export async function listTransactions(
  cluster: Cluster,
  { states, longerThanMs }: ListChoice,
): Promise<readonly ListedTransaction[]> {
  if (longerThanMs !== null && (await cluster.versionOf("ListTransactions")) < 1) {
    throw new CommandError("these brokers cannot tell how long a transaction has run");
  }
  const { brokers } = await cluster.describe([]);
  const lists = await Promise.all(
    [...brokers.values()].map(async (broker) => {
      const duration = BigInt(longerThanMs ?? -1);
      const answer = await cluster.call(
        "ListTransactions",
        broker,
        // The library knows its own names of states and passes on Kafka's.
        [...states] as never,
        [],
        duration,
        null as never,
      );
      checkCode(answer.errorCode, `broker ${broker.nodeId}`);
      const [unknown] = answer.unknownStateFilters;
      if (unknown !== undefined) throw new CommandError(`there is no state "${unknown}"`);
      return answer.transactionStates.map((each) => ({
        id: each.transactionalId,
        state: each.transactionState as string,
        producerId: each.producerId,
        coordinator: broker.nodeId,
      }));
    }),
  );
  return lists.flat().sort((a, b) => (a.id < b.id ? -1 : 1));
}

export interface Transaction {
  readonly id: string;
  readonly state: string;
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly timeoutMs: number;
  /** Ms since 1970; −1 where it had none yet. */
  readonly startedAt: number;
  readonly coordinator: Coordinator;
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[];
}

/** Rejects with `CommandError` where there is no such id. */
export async function describeTransaction(cluster: Cluster, id: string): Promise<Transaction> {
  const [coordinator] = await cluster.admin.findCoordinator({
    keyType: TRANSACTION_KEY,
    keys: [id],
  });
  if (coordinator === undefined) throw new CommandError(`"${id}" has no coordinator`);
  const answer = await cluster.call("DescribeTransactions", coordinator, [id]);
  const [found] = answer.transactionStates;
  if (found === undefined) throw new CommandError(`the broker said nothing of "${id}"`);
  checkCode(found.errorCode, `transactional id "${id}"`);
  return {
    id,
    state: found.transactionState,
    producerId: found.producerId,
    producerEpoch: found.producerEpoch,
    timeoutMs: found.transactionTimeoutMs,
    startedAt: Number(found.transactionStartTimeMs),
    coordinator,
    partitions: found.topics.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => ({ topic, partition })),
    ),
  };
}

/**
 * Aborts what is under way under the id, and waits until it is: as a producer that begins under the id
 * does. The producer that had it learns so when it commits. Returns what the transaction was.
 */
export async function abortTransaction(cluster: Cluster, id: string): Promise<Transaction> {
  const found = await describeTransaction(cluster, id);
  if (found.state !== "Ongoing") {
    throw new CommandError(`"${id}" has no transaction under way: its state is ${found.state}`);
  }
  const { coordinator, timeoutMs } = found;
  const answer = await cluster.call("InitProducerId", coordinator, id, timeoutMs, -1n, -1);
  // Another answer would mean that the transaction ended by itself in between.
  if (answer.errorCode !== ErrorCode.CONCURRENT_TRANSACTIONS) {
    checkCode(answer.errorCode, `transactional id "${id}"`);
  }
  for (let attempt = 0; attempt < ABORT_ATTEMPTS_MAX; attempt += 1) {
    const { state } = await describeTransaction(cluster, id);
    if (state !== "PrepareAbort" && state !== "PrepareCommit") return found;
    await delay(ABORT_POLL_MS);
  }
  throw new CommandError(`"${id}" will be aborted, but not all its partitions can be reached now`);
}

/** A transaction that is open in a partition. */
export interface OpenTransaction {
  readonly topic: string;
  readonly partition: number;
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly coordinatorEpoch: number;
  readonly startOffset: bigint;
  /** Ms since 1970 of the producer's last batch. */
  readonly lastWrittenAt: number;
}

/** What is open in partitions of one topic, whoever coordinates it. */
export async function openTransactions(
  cluster: Cluster,
  topic: Topic,
  partitions: readonly number[],
): Promise<readonly OpenTransaction[]> {
  const { brokers } = await cluster.describe([]);
  const found = await Promise.all(
    partitions.map(async (partition) => {
      const leader = leaderOf(topic, partition);
      const asked = [{ name: topic.name, partitionIndexes: [partition] }];
      const answer = await cluster.call("DescribeProducers", brokers.get(leader) ?? null, asked);
      const [described] = answer.topics.flatMap((each) => each.partitions);
      if (described === undefined) return [];
      const { errorCode, errorMessage, activeProducers } = described;
      checkCode(errorCode, `${topic.name}-${partition}`, errorMessage);
      return activeProducers
        .filter(({ currentTxnStartOffset }) => currentTxnStartOffset >= 0n)
        .map((each) => ({
          topic: topic.name,
          partition,
          producerId: each.producerId,
          producerEpoch: each.producerEpoch,
          coordinatorEpoch: each.coordinatorEpoch,
          startOffset: each.currentTxnStartOffset,
          lastWrittenAt: Number(each.lastTimestamp),
        }));
    }),
  );
  return found.flat();
}

/** Ends `open` in its partition as aborted, past its coordinator. */
export async function abortInPartition(
  cluster: Cluster,
  topic: Topic,
  open: OpenTransaction,
): Promise<void> {
  const { brokers } = await cluster.describe([]);
  const leader = brokers.get(leaderOf(topic, open.partition)) ?? null;
  // A partition that never had a marker knows no coordinator.
  const coordinatorEpoch = Math.max(0, open.coordinatorEpoch);
  const marker = { ...open, coordinatorEpoch };
  const outcomes = await cluster.callApi(writeTxnMarkers, leader, marker);
  for (const { errorCode } of outcomes) checkCode(errorCode, `${open.topic}-${open.partition}`);
}

function leaderOf(topic: Topic, partition: number): number {
  const leader = topic.partitions.find((each) => each.partition === partition)?.leader ?? -1;
  if (leader >= 0) return leader;
  throw new CommandError(`${topic.name}-${partition} has no leader now`);
}
