/**
 * The transaction coordinator, as handlers, partition leaders and the admin API use it.
 *
 * Every request is handed to its shard before a method returns, so requests of one connection keep their
 * order; the promise says what became of it, and never rejects for a Kafka outcome. What was answered is
 * committed in `__transaction_state`; markers are written after the answer, for as long as it takes.
 */
import { assert } from "@runnel/kit/assert.ts";
import { utf8Length } from "@runnel/kit/byte-writer.ts";
import { IoError, messageOf } from "@runnel/kit/errors.ts";
import type { Clock, Logger, Scheduler, Timer } from "@runnel/kit/world.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { RetentionClock } from "#log/retention-clock.ts";
import type { TopicPartitions } from "./group/events.ts";
import { LinearPattern } from "./linear-pattern.ts";
import type { CoordinatorLog, TopicLookup } from "./ports.ts";
import type { Shard } from "./runtime/shard.ts";
import { ShardSet } from "./runtime/shard-set.ts";
import type {
  AbortEvent,
  AddPartitionsEvent,
  EndEvent,
  ErrorResult,
  IdentityResult,
  InitEvent,
  RequestKind,
  ResultOf,
  TransactionEvent,
  VerifyEvent,
} from "./txn/events.ts";
import { matches, type TransactionFilter } from "./txn/filter.ts";
import { JointAdds } from "./txn/joint-adds.ts";
import {
  emptyTransactionUsage,
  TRANSACTIONAL_ID_BYTES_MAX,
  type TransactionUsage,
} from "./txn/limits.ts";
import { MarkerSender } from "./txn/marker-sender.ts";
import type { TransactionState, TransactionValue } from "./txn/model.ts";
import type { TopicPartition, TransactionConfig, TransactionMarkers } from "./txn/ports.ts";
import type { TransactionRecord } from "./txn/records.ts";
import { refusedIdentity } from "./txn/replies.ts";
import {
  type TransactionEffects,
  TransactionShard,
  type TransactionShardEvent,
  type TransactionShardReply,
} from "./txn/transaction-shard.ts";

/** The internal topic; its name is Kafka's. */
export const TRANSACTION_TOPIC = "__transaction_state";

export interface TransactionCoordinatorWorld {
  readonly log: CoordinatorLog;
  readonly topics: TopicLookup;
  readonly markers: TransactionMarkers;
  readonly producerIds: { next(): Promise<bigint> };
  /** Leader epoch of a partition of the internal topic: what marks this broker's markers as the newest. */
  readonly coordinatorEpochOf: (partition: number) => number;
  /** The settings now: asked for with every event. */
  readonly config: () => TransactionConfig;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
}

type Asked<E extends TransactionEvent> = Omit<E, "kind" | "ticket" | "freshProducerId">;

export type InitInput = Asked<InitEvent>;
export type AddPartitionsInput = Asked<AddPartitionsEvent>;
export type VerifyInput = Asked<VerifyEvent>;
export type EndInput = Asked<EndEvent>;
export type AbortInput = Asked<AbortEvent>;

/** A producer's first batch in a partition, as its leader asks about it. */
export interface AdmissionInput extends TopicPartition {
  readonly transactionalId: string;
  readonly producerId: bigint;
  readonly producerEpoch: number;
  /** Adds the partition where it is not in the transaction yet (KIP-890); else it must be there. */
  readonly mayAdd: boolean;
}

export interface TransactionListing {
  readonly transactionalId: string;
  readonly producerId: bigint;
  readonly state: TransactionState;
}

export interface TransactionListResult extends ErrorResult {
  readonly transactions: readonly TransactionListing[];
}

/** Looks at an id and changes nothing; must not throw. */
export type VisitTransaction = (transactionalId: string, value: TransactionValue) => void;

type TransactionShell = Shard<TransactionShardEvent, TransactionRecord, TransactionShardReply>;

export class TransactionCoordinator {
  readonly #world: TransactionCoordinatorWorld;
  readonly #shards: ShardSet<TransactionShardEvent, TransactionRecord, TransactionShardReply>;
  readonly #usage = emptyTransactionUsage();
  readonly #sender: MarkerSender;
  readonly #joining: JointAdds;
  /** By what ids grow old: a leap of the wall clock must not make them all be forgotten. */
  readonly #believed: RetentionClock;
  #lastTicket = 0;
  #expiry: Timer | null = null;

  constructor(world: TransactionCoordinatorWorld) {
    this.#world = world;
    this.#believed = new RetentionClock(world.clock);
    this.#sender = new MarkerSender(world);
    this.#joining = new JointAdds((producer, partitions) =>
      this.addPartitions({ ...producer, topics: byTopic(partitions), clientVersion: 2 }),
    );
    const { config } = world;
    this.#shards = new ShardSet({
      ...world,
      createMachine: (partition) =>
        new TransactionShard({ usage: this.#usage, config, effects: this.#effectsOf(partition) }),
    });
  }

  /**
   * Loads all transactions, after making the internal topic where it is missing, and goes on with those
   * that were decided. Every request does the same; a node calls it where the topic exists, or what was
   * under way when it stopped would stay so until somebody asks.
   */
  async start(): Promise<void> {
    if (this.#shards.state === "closed") return;
    this.#scheduleExpiry();
    await this.#shards.start();
  }

  /** Lets writes that are under way end; everybody else gets NOT_COORDINATOR. */
  async close(): Promise<void> {
    this.#expiry?.cancel();
    await this.#shards.close();
  }

  /** What this broker keeps now, and what it has decided. */
  get usage(): Readonly<TransactionUsage> {
    return this.#usage;
  }

  /** Partitions that wait for the marker of a transaction that was decided. */
  get markersWaiting(): number {
    return this.#sender.waiting;
  }

  /** For looking at them. */
  get shards(): readonly TransactionShell[] {
    return this.#shards.shards;
  }

  /**
   * Partition of the internal topic whose leader coordinates the id; null while the topic is being made
   * (COORDINATOR_NOT_AVAILABLE).
   */
  findPartition(transactionalId: string): number | null {
    if (this.#shards.state !== "started") void this.start();
    return this.#shards.shardOf(transactionalId)?.partition ?? null;
  }

  initProducerId(input: InitInput): Promise<IdentityResult> {
    return this.#askWithId("init", { ...input, kind: "init", ticket: 0, freshProducerId: null });
  }

  /** Waits a while for the transaction before to be complete. */
  addPartitions(input: AddPartitionsInput): Promise<ErrorResult> {
    const event = { ...input, kind: "add-partitions", ticket: this.#nextTicket() } as const;
    return this.#ask(event, (errorCode) => ({ errorCode }));
  }

  /** Waits as `addPartitions` does. */
  verifyPartitions(input: VerifyInput): Promise<ResultOf["verify"]> {
    return this.#ask({ ...input, kind: "verify", ticket: this.#nextTicket() }, (code) => ({
      errorCodes: input.topics.map(({ partitions }) => partitions.map(() => code)),
    }));
  }

  endTransaction(input: EndInput): Promise<IdentityResult> {
    return this.#askWithId("end", { ...input, kind: "end", ticket: 0, freshProducerId: null });
  }

  /**
   * For the leader of a partition: NONE where the partition is in the open transaction of that producer
   * and epoch, durably; INVALID_TXN_STATE where it is not and may not be added. Waits a while for the
   * transaction before to be complete.
   */
  async admit(input: AdmissionInput): Promise<ErrorCode> {
    const { topic, partition, mayAdd, ...producer } = input;
    if (mayAdd) return (await this.#joining.add(producer, { topic, partition })).errorCode;
    const asked = { ...producer, topics: [{ topic, partitions: [partition] }] };
    const { errorCodes } = await this.verifyPartitions(asked);
    const errorCode = errorCodes[0]?.[0] ?? ErrorCode.UNKNOWN_SERVER_ERROR;
    return errorCode === ErrorCode.TRANSACTION_ABORTABLE ? ErrorCode.INVALID_TXN_STATE : errorCode;
  }

  /** `awaitsEnd`: waits a while for markers that are being written. */
  describe(transactionalId: string, awaitsEnd = false): Promise<ResultOf["describe"]> {
    const ticket = this.#nextTicket();
    const event = { kind: "describe", ticket, transactionalId, awaitsEnd } as const;
    return this.#ask(event, (errorCode) => ({ errorCode, transaction: null }));
  }

  /**
   * Aborts what is under way, for somebody who is not its producer: CONCURRENT_TRANSACTIONS where its end
   * is decided already, INVALID_TXN_STATE where nothing is under way, INVALID_UPDATE_VERSION where it is
   * another one. The markers follow.
   */
  abort(input: AbortInput): Promise<ResultOf["abort"]> {
    return this.#ask({ ...input, kind: "abort", ticket: this.#nextTicket() }, (errorCode) => ({
      errorCode,
      transaction: null,
    }));
  }

  /**
   * All transactional ids of this broker; INVALID_REGULAR_EXPRESSION for a pattern that is none. Does not
   * make the internal topic: without it there are none.
   */
  async list(filter: TransactionFilter): Promise<TransactionListResult> {
    const pattern = filter.idPattern ? LinearPattern.compile(filter.idPattern) : null;
    if (typeof pattern === "string") {
      return { errorCode: ErrorCode.INVALID_REGULAR_EXPRESSION, transactions: [] };
    }
    const transactions: TransactionListing[] = [];
    const wallMs = this.#world.clock.nowMs();
    const errorCode = await this.visit((transactionalId, value) => {
      if (!matches(value, filter, wallMs)) return;
      const { producerId, state } = value;
      transactions.push({ transactionalId, producerId, state });
    });
    if (errorCode !== ErrorCode.NONE) return { errorCode, transactions: [] };
    if (pattern === null) return { errorCode: ErrorCode.NONE, transactions };
    return { errorCode: ErrorCode.NONE, transactions: await this.#matching(transactions, pattern) };
  }

  /**
   * Calls `visit` with every id of this broker. Like `list`, it does not make the internal topic, and
   * answers COORDINATOR_LOAD_IN_PROGRESS while the ids are loaded.
   */
  async visit(visit: VisitTransaction): Promise<ErrorCode> {
    if (this.#shards.state !== "started") {
      if (this.#world.topics.byName(TRANSACTION_TOPIC) === undefined) return ErrorCode.NONE;
      void this.start();
      return ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
    }
    for (const shard of this.#shards.shards) {
      const errorCode = await this.#visitShard(shard, visit);
      // Another broker lists the transactions of a shard that is not here.
      const isOver = errorCode !== ErrorCode.NONE && errorCode !== ErrorCode.NOT_COORDINATOR;
      if (isOver) return errorCode;
    }
    return ErrorCode.NONE;
  }

  /** Those whose id matches, a slice in each turn. */
  async #matching(
    transactions: readonly TransactionListing[],
    pattern: LinearPattern,
  ): Promise<readonly TransactionListing[]> {
    const found: TransactionListing[] = [];
    for (let from = 0; from < transactions.length; from += pattern.textsPerSlice) {
      if (from > 0) await new Promise<void>((resolve) => this.#world.scheduler.soon(resolve));
      const slice = transactions.slice(from, from + pattern.textsPerSlice);
      found.push(...slice.filter(({ transactionalId }) => pattern.matches(transactionalId)));
    }
    return found;
  }

  #nextTicket(): number {
    this.#lastTicket += 1;
    return this.#lastTicket;
  }

  #ask<K extends RequestKind>(
    event: TransactionEvent & { readonly kind: K; readonly ticket: number },
    refuse: (errorCode: ErrorCode) => ResultOf[K],
  ): Promise<ResultOf[K]> {
    const { transactionalId, kind, ticket } = event;
    if (!isTransactionalId(transactionalId)) {
      return Promise.resolve(refuse(ErrorCode.INVALID_REQUEST));
    }
    const shard = this.#shards.shardOf(transactionalId);
    if (shard === undefined) {
      if (this.#shards.state === "closed") {
        return Promise.resolve(refuse(ErrorCode.NOT_COORDINATOR));
      }
      void this.start();
      return Promise.resolve(refuse(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS));
    }
    return new Promise((resolve) => {
      shard.submit(event, {
        ticket,
        answer(reply) {
          assert(reply.kind === kind, `a ${reply.kind} reply to a ${kind}`);
          resolve(reply.result as ResultOf[K]);
        },
        fail: (errorCode) => resolve(refuse(errorCode)),
      });
    });
  }

  /** Asks once more, with a producer id that nobody had, where one is needed. */
  async #askWithId<K extends "init" | "end">(
    kind: K,
    event: (InitEvent | EndEvent) & { readonly kind: K },
  ): Promise<IdentityResult> {
    const ask = (freshProducerId: bigint | null): Promise<IdentityResult> =>
      this.#ask<K>(
        { ...event, ticket: this.#nextTicket(), freshProducerId },
        refusedIdentity as (errorCode: ErrorCode) => ResultOf[K],
      );
    const result = await ask(null);
    if (!result.needsProducerId) return result;
    try {
      return await ask(await this.#world.producerIds.next());
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      const fields = { transactionalId: event.transactionalId, error: messageOf(error) };
      this.#world.logger.warn(fields, `no producer id for an ${kind} of a transaction`);
      return refusedIdentity(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    }
  }

  #effectsOf(partition: number): TransactionEffects {
    const owner = {};
    return {
      onPrepared: (transactionalId, value) =>
        this.#sendMarkers(owner, partition, transactionalId, value),
      onClosed: () => this.#sender.drop(owner),
    };
  }

  #sendMarkers(
    owner: object,
    shardPartition: number,
    transactionalId: string,
    value: TransactionValue,
  ): void {
    const { producerId, producerEpoch } = value;
    const partitions = [...value.partitions].flatMap(([topic, indexes]) =>
      [...indexes].map((partition) => ({ topic, partition })),
    );
    this.#sender.send(owner, {
      transactionalId,
      marker: {
        producerId,
        producerEpoch,
        coordinatorEpoch: this.#world.coordinatorEpochOf(shardPartition),
        isCommit: value.state === "PrepareCommit",
        transactionVersion: value.clientVersion,
      },
      partitions,
      onWritten: () => {
        const written = { kind: "markers-written", transactionalId, producerId, producerEpoch };
        this.#shards.shards[shardPartition]?.submit(written as TransactionShardEvent, null);
      },
    });
  }

  #visitShard(shard: TransactionShell, visit: VisitTransaction): Promise<ErrorCode> {
    const ticket = this.#nextTicket();
    const event: TransactionShardEvent = {
      kind: "visit",
      ticket,
      visit({ transactionalId, value }) {
        if (value !== null) visit(transactionalId, value);
      },
    };
    return new Promise((resolve) => {
      shard.submit(event, { ticket, answer: () => resolve(ErrorCode.NONE), fail: resolve });
    });
  }

  #scheduleExpiry(): void {
    if (this.#expiry !== null) return;
    const { scheduler, config } = this.#world;
    const delayMs = Math.min(Math.max(config().expirationCheckIntervalMs, 1), 0x7fff_ffff);
    this.#expiry = scheduler.after(delayMs, () => {
      this.#expiry = null;
      const nowMs = this.#believed.nowMs();
      for (const shard of this.#shards.shards) {
        shard.sweep((transactionalId) => ({ kind: "expire", transactionalId, nowMs }));
      }
      if (this.#shards.state !== "closed") this.#scheduleExpiry();
    });
  }
}

function byTopic(places: readonly TopicPartition[]): readonly TopicPartitions[] {
  const topics = Map.groupBy(places, ({ topic }) => topic);
  return [...topics].map(([topic, all]) => {
    return { topic, partitions: all.map(({ partition }) => partition) };
  });
}

function isTransactionalId(id: string): boolean {
  return (
    id !== "" &&
    id.length <= TRANSACTIONAL_ID_BYTES_MAX &&
    utf8Length(id) <= TRANSACTIONAL_ID_BYTES_MAX
  );
}
