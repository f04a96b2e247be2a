/** A transaction coordinator in a world that a test controls, with partitions that keep their markers. */
import { assert } from "@runnel/kit/assert.ts";
import { silentLogger } from "@runnel/kit/world.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { TransactionMarker } from "#log/transaction-marker.ts";
import {
  type AdmissionInput,
  TRANSACTION_TOPIC,
  TransactionCoordinator,
} from "../transaction-coordinator.ts";
import type { IdentityResult, TransactionDescription } from "../txn/events.ts";
import { COMPLETION_WAIT_MS } from "../txn/limits.ts";
import type { ProducerIdentity } from "../txn/model.ts";
import type { TopicPartition, TransactionConfig, TransactionMarkers } from "../txn/ports.ts";
import { FakeTime } from "./fake-time.ts";
import { FakeTopics } from "./fake-topics.ts";
import { MemoryLog } from "./memory-log.ts";

export const ID = "tx";

export const TRANSACTION_CONFIG: TransactionConfig = {
  timeoutMsMax: 900_000,
  expirationMs: 7 * 24 * 3_600_000,
  expirationCheckIntervalMs: 3_600_000,
};

/** Takes markers, or says why not. */
export class FakeMarkers implements TransactionMarkers {
  /** Those that were taken, by `topic-partition`. */
  readonly taken = new Map<string, TransactionMarker[]>();
  /** Calls so far. */
  calls = 0;
  /** NONE to take the marker. */
  answerOf: (partition: TopicPartition) => ErrorCode = () => ErrorCode.NONE;
  /** Calls wait for it. */
  gate: Promise<void> = Promise.resolve();
  /** Whether the next calls reject. */
  isBroken = false;

  async write(
    marker: TransactionMarker,
    partitions: readonly TopicPartition[],
  ): Promise<readonly ErrorCode[]> {
    this.calls += 1;
    await this.gate;
    if (this.isBroken) throw new Error("a marker cannot be written");
    return partitions.map((partition) => {
      const errorCode = this.answerOf(partition);
      if (errorCode === ErrorCode.NONE) {
        const name = `${partition.topic}-${partition.partition}`;
        this.taken.set(name, [...(this.taken.get(name) ?? []), marker]);
      }
      return errorCode;
    });
  }

  /** `commit 7/0` for every marker that a partition has taken. */
  of(name: string): readonly string[] {
    return (this.taken.get(name) ?? []).map(
      ({ isCommit, producerId, producerEpoch }) =>
        `${isCommit ? "commit" : "abort"} ${producerId}/${producerEpoch}`,
    );
  }
}

export class TransactionWorld {
  readonly time = new FakeTime();
  readonly topics = new FakeTopics();
  readonly markers = new FakeMarkers();
  readonly log: MemoryLog;
  config = TRANSACTION_CONFIG;
  transactions: TransactionCoordinator;
  #lastProducerId = 99n;
  /** Asked for a producer id, the world fails. */
  hasProducerIds = true;

  constructor(partitionCount = 1) {
    this.log = new MemoryLog(partitionCount);
    this.topics.add("t", 10);
    this.topics.add(TRANSACTION_TOPIC, partitionCount);
    this.transactions = this.restart();
  }

  /** A new coordinator on the same log, as after a crash. */
  restart(): TransactionCoordinator {
    this.transactions = new TransactionCoordinator({
      log: this.log,
      topics: this.topics,
      markers: this.markers,
      producerIds: {
        next: async () => {
          await Promise.resolve();
          assert(this.hasProducerIds, "no producer ids");
          this.#lastProducerId += 1n;
          return this.#lastProducerId;
        },
      },
      coordinatorEpochOf: () => 3,
      config: () => this.config,
      clock: this.time,
      scheduler: this.time,
      logger: silentLogger,
    });
    return this.transactions;
  }

  async start(): Promise<void> {
    void this.transactions.start();
    await this.time.settle();
  }

  /** What a promise comes to once everything that is ready has run, and the patience of requests. */
  async settled<T>(promise: Promise<T>): Promise<T> {
    let isPending = true;
    void promise.finally(() => {
      isPending = false;
    });
    await this.time.settle();
    if (isPending) await this.time.advance(COMPLETION_WAIT_MS);
    return await promise;
  }

  init(expected: ProducerIdentity | null = null, timeoutMs = 60_000): Promise<IdentityResult> {
    const input = { transactionalId: ID, timeoutMs, expected };
    return this.settled(this.transactions.initProducerId(input));
  }

  /** As AddPartitionsToTxn; partitions of the topic `t`. */
  async add(producer: ProducerIdentity, ...partitions: readonly number[]): Promise<ErrorCode> {
    const { producerId, producerEpoch } = producer;
    const topics = [{ topic: "t", partitions }];
    const input = { transactionalId: ID, producerId, producerEpoch, topics, clientVersion: 0 };
    return (await this.settled(this.transactions.addPartitions(input))).errorCode;
  }

  /** As the leader of a partition asks. */
  admission(producer: ProducerIdentity, partition: number, mayAdd: boolean): AdmissionInput {
    const { producerId, producerEpoch } = producer;
    return { transactionalId: ID, producerId, producerEpoch, topic: "t", partition, mayAdd };
  }

  /** EndTxn v4. */
  async end(producer: ProducerIdentity, isCommit: boolean): Promise<ErrorCode> {
    return (await this.#end(producer, isCommit, false)).errorCode;
  }

  /** EndTxn v5. */
  endWithBump(producer: ProducerIdentity, isCommit: boolean): Promise<IdentityResult> {
    return this.#end(producer, isCommit, true);
  }

  #end(
    { producerId, producerEpoch }: ProducerIdentity,
    isCommit: boolean,
    bumpsEpoch: boolean,
  ): Promise<IdentityResult> {
    const input = { transactionalId: ID, producerId, producerEpoch, isCommit, bumpsEpoch };
    return this.settled(this.transactions.endTransaction(input));
  }

  async describe(): Promise<TransactionDescription | null> {
    return (await this.settled(this.transactions.describe(ID))).transaction;
  }

  /** `Ongoing 100/0`; null for an id that is not known. */
  async state(): Promise<string | null> {
    const found = await this.describe();
    return found && `${found.state} ${found.producerId}/${found.producerEpoch}`;
  }
}
