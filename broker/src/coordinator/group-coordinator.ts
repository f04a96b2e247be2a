/**
 * The group coordinator, as handlers and the admin API use it.
 *
 * Every request is handed to its shard before a method returns, so requests of one connection keep
 * their order; the promise says what became of it, and never rejects for a Kafka outcome. Offsets and
 * members of a group are those of committed records; while a shard loads nobody is told that there are
 * none.
 */
import { assert } from "@runnel/kit/assert.ts";
import { randomUuid } from "@runnel/kit/uuid.ts";
import type { Clock, Logger, Random, Scheduler, Timer } from "@runnel/kit/world.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { TransactionMarker } from "#log/transaction-marker.ts";
import type { TransactionGate } from "#replica/ports.ts";
import {
  type ConsumerHeartbeatResult,
  type MemberClaim,
  refusedHeartbeat,
} from "./consumer-group/events.ts";
import { type ConsumerHeartbeatInput, heartbeatEventOf } from "./consumer-group/input.ts";
import { TopicPatterns } from "./consumer-group/topic-patterns.ts";
import { withoutFormerTopics } from "./former-topics.ts";
import type {
  CommitEvent,
  CommitResult,
  DeleteOffsetsResult,
  ErrorResult,
  FetchOffsetsResult,
  GroupEvent,
  GroupListing,
  HeartbeatEvent,
  JoinEvent,
  JoinResult,
  LeaveEvent,
  LeaveResult,
  RequestKind,
  ResultOf,
  SyncEvent,
  SyncResult,
  TopicPartitions,
  TransactionCommitResult,
} from "./group/events.ts";
import { GroupShard, type GroupShardEvent, type GroupShardReply } from "./group/group-shard.ts";
import type { Group } from "./group/model.ts";
import { refusedJoin, refusedSync } from "./group/rebalance.ts";
import type { GroupRecord } from "./group/records.ts";
import { checkJoinNames, uniqueProtocols } from "./join-input.ts";
import { emptyUsage, type Usage } from "./limits.ts";
import { isGroupId, shorten } from "./names.ts";
import type { CoordinatorLog, GroupConfig, TopicInfo, TopicLookup } from "./ports.ts";
import type { Shard } from "./runtime/shard.ts";
import { ShardSet } from "./runtime/shard-set.ts";
import { commitInTransaction, type TransactionCommitInput } from "./transaction-commit.ts";

/** The internal topic; its name is Kafka's. */
export const OFFSETS_TOPIC = "__consumer_offsets";

export interface GroupCoordinatorWorld {
  readonly log: CoordinatorLog;
  readonly topics: TopicLookup;
  readonly gate: TransactionGate;
  /** The settings now: asked for with every event. */
  readonly config: () => GroupConfig;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly logger: Logger;
}

type Asked<E extends GroupEvent> = Omit<E, "kind" | "ticket">;

/** A JoinGroup as it came; bytes may be views, they are copied. */
export interface JoinInput
  extends Omit<Asked<JoinEvent>, "freshMemberId" | "needsKnownMemberId" | "canSkipAssignment"> {
  readonly apiVersion: number;
}

/** A SyncGroup as it came; bytes may be views, they are copied. */
export interface SyncInput extends Omit<Asked<SyncEvent>, "assignments"> {
  readonly assignments: readonly {
    readonly memberId: string;
    readonly assignment: Uint8Array;
  }[];
}

export interface CommitInput
  extends Omit<Asked<CommitEvent>, "missingGroupError" | "hasMemberEpoch"> {
  readonly apiVersion: number;
}

export interface DeleteOptions {
  /** Checks everything and removes nothing. */
  readonly isValidateOnly: boolean;
  /** `version` of `fetchOffsets` that must still be there (INVALID_UPDATE_VERSION); null for any. */
  readonly expectedVersion?: string | null;
}

const DO_DELETE: DeleteOptions = { isValidateOnly: false };

export interface ListFilter {
  /** Group states, in any case; empty for all. */
  readonly states: readonly string[];
  /** Group types, in any case; empty for all. */
  readonly types: readonly string[];
}

export interface ListResult {
  readonly errorCode: ErrorCode;
  readonly groups: readonly GroupListing[];
}

export class GroupCoordinator {
  readonly #world: GroupCoordinatorWorld;
  readonly #shards: ShardSet<GroupShardEvent, GroupRecord, GroupShardReply>;
  readonly #usage: Usage = emptyUsage();
  readonly #patterns: TopicPatterns;
  #lastTicket = 0;
  #expiry: Timer | null = null;

  constructor(world: GroupCoordinatorWorld) {
    this.#world = world;
    const { topics, scheduler } = world;
    const patterns = new TopicPatterns(topics, scheduler);
    this.#patterns = patterns;
    this.#shards = new ShardSet({
      ...world,
      createMachine: () => new GroupShard(this.#usage, world.config, { topics, patterns }),
    });
  }

  /**
   * Loads all groups, after making the internal topic where it is missing. Every request for a group
   * does the same, so a node calls it only to have them loaded early, where the topic exists.
   */
  async start(): Promise<void> {
    if (this.#shards.state === "closed") return;
    this.#scheduleExpiry();
    await this.#shards.start();
  }

  /** Lets writes that are under way end; everybody else, parked members too, gets NOT_COORDINATOR. */
  async close(): Promise<void> {
    this.#expiry?.cancel();
    await this.#shards.close();
  }

  /** Groups, members and offsets that this broker keeps now. */
  get usage(): Readonly<Usage> {
    return this.#usage;
  }

  /** For looking at them. */
  get shards(): readonly Shard<GroupShardEvent, GroupRecord, GroupShardReply>[] {
    return this.#shards.shards;
  }

  /**
   * Partition of the internal topic whose leader coordinates the group; null while the topic is being
   * made (COORDINATOR_NOT_AVAILABLE).
   */
  findPartition(groupId: string): number | null {
    if (this.#shards.state !== "started") void this.start();
    return this.#shards.shardOf(groupId)?.partition ?? null;
  }

  /** As `findPartition`, once the topic is there; null where it cannot be made now. */
  async partitionOf(groupId: string): Promise<number | null> {
    const known = this.findPartition(groupId);
    if (known !== null) return known;
    await this.start();
    return this.findPartition(groupId);
  }

  join(input: JoinInput): Promise<JoinResult> {
    const { apiVersion, memberId, ...rest } = input;
    const errorCode = checkJoinNames(input);
    if (errorCode !== ErrorCode.NONE) return Promise.resolve(refusedJoin(errorCode, memberId));
    const event: JoinEvent = {
      ...rest,
      kind: "join",
      ticket: this.#nextTicket(),
      memberId,
      freshMemberId: this.#freshMemberId(input),
      clientId: shorten(input.clientId),
      rebalanceTimeoutMs:
        input.rebalanceTimeoutMs > 0 ? input.rebalanceTimeoutMs : input.sessionTimeoutMs,
      protocols: uniqueProtocols(input.protocols),
      needsKnownMemberId: apiVersion >= 4,
      canSkipAssignment: apiVersion >= 9,
    };
    return this.#ask("join", event, (code) => refusedJoin(code, memberId));
  }

  sync(input: SyncInput): Promise<SyncResult> {
    if (!isGroupId(input.groupId) || input.groupId === "") {
      return Promise.resolve(refusedSync(ErrorCode.INVALID_GROUP_ID));
    }
    const event: SyncEvent = {
      ...input,
      kind: "sync",
      ticket: this.#nextTicket(),
      assignments: new Map(
        input.assignments.map(({ memberId, assignment }) => [memberId, assignment.slice()]),
      ),
    };
    // Clients do not expect a load here; the rebalance they were in is lost, so they join again.
    return this.#ask("sync", event, (code) =>
      refusedSync(
        code === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS ? ErrorCode.REBALANCE_IN_PROGRESS : code,
      ),
    );
  }

  heartbeat(input: Asked<HeartbeatEvent>): Promise<ErrorResult> {
    if (!isGroupId(input.groupId) || input.groupId === "") {
      return Promise.resolve({ errorCode: ErrorCode.INVALID_GROUP_ID });
    }
    const event: HeartbeatEvent = { ...input, kind: "heartbeat", ticket: this.#nextTicket() };
    // Clients do not expect a load here; sessions start anew after it.
    return this.#ask("heartbeat", event, (code) => ({
      errorCode: code === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS ? ErrorCode.NONE : code,
    }));
  }

  /** A heartbeat of the consumer protocol (KIP-848). */
  consumerHeartbeat(input: ConsumerHeartbeatInput): Promise<ConsumerHeartbeatResult> {
    const event = heartbeatEventOf(input, {
      ticket: this.#nextTicket(),
      patterns: this.#patterns,
      random: this.#world.random,
      assignors: this.#world.config().consumer.assignors,
    });
    if ("errorCode" in event) return Promise.resolve(event);
    const { memberId } = event;
    return this.#ask("consumer-heartbeat", event, (code) => refusedHeartbeat(code, null, memberId));
  }

  leave(input: Asked<LeaveEvent>): Promise<LeaveResult> {
    if (!isGroupId(input.groupId) || input.groupId === "") {
      return Promise.resolve({ errorCode: ErrorCode.INVALID_GROUP_ID, members: [] });
    }
    const event: LeaveEvent = { ...input, kind: "leave", ticket: this.#nextTicket() };
    return this.#ask("leave", event, (errorCode) => ({ errorCode, members: [] }));
  }

  /** The empty group id is a group like any other here, as in Kafka. */
  commitOffsets(input: CommitInput): Promise<CommitResult> {
    const { apiVersion, ...rest } = input;
    const refuse = (code: ErrorCode): CommitResult => ({
      errorCodes: input.offsets.map(() => code),
    });
    if (!isGroupId(input.groupId)) return Promise.resolve(refuse(ErrorCode.INVALID_GROUP_ID));
    const event: CommitEvent = {
      ...rest,
      kind: "commit",
      ticket: this.#nextTicket(),
      missingGroupError:
        apiVersion >= 9 ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.ILLEGAL_GENERATION,
      hasMemberEpoch: apiVersion >= 9,
    };
    return this.#ask("commit", event, refuse);
  }

  /**
   * Offsets that are committed with the transaction of `producer`, and not before. Nothing is answered
   * for the group while the coordinator of the transaction has not said that it knows of them.
   */
  commitInTransaction(input: TransactionCommitInput): Promise<CommitResult> {
    const refuse = (code: ErrorCode): TransactionCommitResult => ({
      errorCodes: input.offsets.map(() => code),
      admission: null,
    });
    const isValid = isGroupId(input.groupId) && input.groupId !== "";
    if (!isValid) return Promise.resolve(refuse(ErrorCode.INVALID_GROUP_ID));
    return commitInTransaction(input, {
      topic: OFFSETS_TOPIC,
      gate: this.#world.gate,
      partitionOf: (groupId) => this.findPartition(groupId),
      ask: (event) =>
        this.#ask("transaction-commit", { ...event, ticket: this.#nextTicket() }, refuse),
    });
  }

  /**
   * The transaction of a producer is over: writes its marker into a partition of the internal topic, and
   * what it moved in the groups there is committed or gone. NONE once that is durable; every other code
   * but TRANSACTION_COORDINATOR_FENCED and INVALID_PRODUCER_EPOCH says that it is not known to be, and
   * is to be asked for again. Does not make the internal topic.
   */
  completeTransaction(partition: number, marker: TransactionMarker): Promise<ErrorCode> {
    const shard = this.#shards.shards[partition];
    if (shard !== undefined) {
      const ticket = this.#nextTicket();
      return new Promise((resolve) => {
        const event = { kind: "end-transaction", ticket, marker } as const;
        shard.submit(event, { ticket, answer: () => resolve(ErrorCode.NONE), fail: resolve });
      });
    }
    const isThere = this.#world.topics.byName(OFFSETS_TOPIC) !== undefined;
    if (this.#shards.state === "started" || !isThere) {
      return Promise.resolve(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    }
    void this.start();
    return Promise.resolve(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
  }

  /**
   * Committed offsets; `topics` null for all there are. What was committed for another topic of the same
   * name, deleted since, counts as not there. With `requireStable`, what a transaction is about to move
   * is UNSTABLE_OFFSET_COMMIT (KIP-447).
   */
  async fetchOffsets(input: {
    readonly groupId: string;
    readonly topics: readonly TopicPartitions[] | null;
    readonly requireStable: boolean;
    /** Who asks, where it says that it is a member. */
    readonly claim?: MemberClaim | null;
  }): Promise<FetchOffsetsResult> {
    const { groupId, topics, requireStable, claim = null } = input;
    const refuse = (errorCode: ErrorCode): FetchOffsetsResult => ({ errorCode, topics: [] });
    if (!isGroupId(groupId)) return refuse(ErrorCode.INVALID_GROUP_ID);
    const ticket = this.#nextTicket();
    const wanted = { groupId, topics, requireStable, claim };
    const event = { kind: "fetch-offsets", ticket, ...wanted } as const;
    const found = await this.#ask("fetch-offsets", event, refuse);
    return withoutFormerTopics(found, this.#world.topics, topics === null);
  }

  deleteOffsets(
    groupId: string,
    topics: readonly TopicPartitions[],
    options: DeleteOptions = DO_DELETE,
  ): Promise<DeleteOffsetsResult> {
    const refuse = (errorCode: ErrorCode): DeleteOffsetsResult => ({ errorCode, topics: [] });
    if (!isGroupId(groupId) || groupId === "") {
      return Promise.resolve(refuse(ErrorCode.INVALID_GROUP_ID));
    }
    const ticket = this.#nextTicket();
    const event = { ...options, kind: "delete-offsets", ticket, groupId, topics } as const;
    return this.#ask("delete-offsets", event, refuse);
  }

  describe(groupId: string): Promise<ResultOf["describe"]> {
    const refuse = (errorCode: ErrorCode): ResultOf["describe"] => ({ errorCode, group: null });
    if (!isGroupId(groupId)) return Promise.resolve(refuse(ErrorCode.INVALID_GROUP_ID));
    const event = { kind: "describe", ticket: this.#nextTicket(), groupId } as const;
    return this.#ask("describe", event, refuse);
  }

  deleteGroup(groupId: string, options: DeleteOptions = DO_DELETE): Promise<ErrorResult> {
    const refuse = (errorCode: ErrorCode): ErrorResult => ({ errorCode });
    if (!isGroupId(groupId)) return Promise.resolve(refuse(ErrorCode.INVALID_GROUP_ID));
    const event = { ...options, kind: "delete", ticket: this.#nextTicket(), groupId } as const;
    return this.#ask("delete", event, refuse);
  }

  /** All groups of this broker. Does not make the internal topic: without it there are none. */
  async list(filter: ListFilter): Promise<ListResult> {
    if (this.#shards.state !== "started") {
      if (this.#world.topics.byName(OFFSETS_TOPIC) === undefined) {
        return { errorCode: ErrorCode.NONE, groups: [] };
      }
      void this.start();
      return { errorCode: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, groups: [] };
    }
    const parts = await Promise.all(this.#shards.shards.map((_, index) => this.#listShard(index)));
    const failed = parts.find((part) => part.errorCode !== ErrorCode.NONE);
    if (failed !== undefined) return failed;
    const states = new Set(filter.states.map((state) => state.toLowerCase()));
    const types = new Set(filter.types.map((type) => type.toLowerCase()));
    const groups = parts
      .flatMap((part) => part.groups)
      .filter(({ state }) => states.size === 0 || states.has(state.toLowerCase()))
      .filter(({ type }) => types.size === 0 || types.has(type));
    return { errorCode: ErrorCode.NONE, groups };
  }

  /**
   * Calls `visit` with every group of this broker, to be looked at and not changed, a shard in each turn.
   * Loads them first where they are not; like `list`, it does not make the internal topic. Rejects with
   * what `visit` throws.
   */
  async visit(visit: (group: Group) => void): Promise<ErrorCode> {
    const isStarted = (): boolean => this.#shards.state === "started";
    if (!isStarted()) {
      if (this.#world.topics.byName(OFFSETS_TOPIC) === undefined) return ErrorCode.NONE;
      await this.start();
      if (!isStarted()) return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    }
    for (const shard of this.#shards.shards) {
      const errorCode = await this.#visitShard(shard, visit);
      // Another broker has the groups of a shard that is not here.
      const isOver = errorCode !== ErrorCode.NONE && errorCode !== ErrorCode.NOT_COORDINATOR;
      if (isOver) return errorCode;
      await new Promise<void>((resolve) => this.#world.scheduler.soon(resolve));
    }
    return ErrorCode.NONE;
  }

  /** Topics were deleted: what groups committed for them goes, now or when the shard is loaded. */
  onTopicsDeleted(topics: readonly Pick<TopicInfo, "name" | "topicId">[]): void {
    const topicIds = new Map(topics.map(({ name, topicId }) => [name, topicId]));
    for (const shard of this.#shards.shards) {
      shard.sweep((groupId) => ({ kind: "topics-deleted", groupId, topicIds }));
    }
  }

  #nextTicket(): number {
    this.#lastTicket += 1;
    return this.#lastTicket;
  }

  #ask<K extends RequestKind>(
    kind: K,
    event: GroupEvent & { readonly kind: K; readonly ticket: number },
    refuse: (errorCode: ErrorCode) => ResultOf[K],
  ): Promise<ResultOf[K]> {
    const shard = this.#shards.shardOf(event.groupId);
    if (shard === undefined) {
      if (this.#shards.state === "closed")
        return Promise.resolve(refuse(ErrorCode.NOT_COORDINATOR));
      void this.start();
      return Promise.resolve(refuse(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS));
    }
    return new Promise((resolve) => {
      shard.submit(event, {
        ticket: event.ticket,
        answer(reply) {
          assert(reply.kind === kind, `a ${reply.kind} reply to a ${kind}`);
          resolve(reply.result as ResultOf[K]);
        },
        fail: (errorCode) => resolve(refuse(errorCode)),
      });
    });
  }

  #listShard(index: number): Promise<ListResult> {
    return new Promise((resolve) => {
      const ticket = this.#nextTicket();
      const event = { kind: "list", ticket } as const;
      this.#shards.shards[index]?.submit(event, {
        ticket,
        answer(reply) {
          assert(reply.kind === "list", `a ${reply.kind} reply to a list`);
          resolve({ errorCode: ErrorCode.NONE, groups: reply.result });
        },
        // Another broker lists the groups of a shard that is not here.
        fail(code) {
          const errorCode = code === ErrorCode.NOT_COORDINATOR ? ErrorCode.NONE : code;
          resolve({ errorCode, groups: [] });
        },
      });
    });
  }

  #visitShard(
    shard: Shard<GroupShardEvent, GroupRecord, GroupShardReply>,
    visit: (group: Group) => void,
  ): Promise<ErrorCode> {
    return new Promise((resolve, reject) => {
      const ticket = this.#nextTicket();
      // A shard would stop for good at an error of its machine; this one is not the machine's.
      const guarded = (group: Group): void => {
        try {
          visit(group);
        } catch (error) {
          reject(error);
        }
      };
      shard.submit(
        { kind: "visit", ticket, visit: guarded },
        { ticket, answer: () => resolve(ErrorCode.NONE), fail: resolve },
      );
    });
  }

  #freshMemberId({ groupInstanceId, clientId }: JoinInput): string {
    return `${shorten(groupInstanceId ?? clientId)}-${randomUuid(this.#world.random)}`;
  }

  #scheduleExpiry(): void {
    if (this.#expiry !== null) return;
    const { scheduler, config } = this.#world;
    const delayMs = Math.min(Math.max(config().offsetsRetentionCheckIntervalMs, 1), 0x7fff_ffff);
    this.#expiry = scheduler.after(delayMs, () => {
      this.#expiry = null;
      for (const shard of this.#shards.shards) {
        shard.sweep((groupId) => ({ kind: "expire-offsets", groupId }));
      }
      if (this.#shards.state !== "closed") this.#scheduleExpiry();
    });
  }
}
