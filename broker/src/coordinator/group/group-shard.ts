/** The groups of one shard: finds the group of an event or a record, makes it, forgets it. */
import { assert } from "@runnel/kit/assert.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { TransactionMarker } from "#log/transaction-marker.ts";
import { refusedHeartbeat } from "../consumer-group/events.ts";
import { releaseUsage } from "../consumer-group/replay.ts";
import { GROUPS_MAX, type Usage } from "../limits.ts";
import type { CoordinatorRecord, GroupConfig, LoadedRecord, TransactionEnd } from "../ports.ts";
import type { Moment, ShardMachine, Step } from "../runtime/machine.ts";
import { step } from "./classic-group.ts";
import { listGroup } from "./describe.ts";
import type {
  GroupEvent,
  GroupListing,
  GroupReply,
  StepContext,
  TransactionCommitEvent,
} from "./events.ts";
import { createGroup, dropMember, dropPendingMember, type Group, isVacant } from "./model.ts";
import { OpenTransactions } from "./open-transactions.ts";
import { takePending } from "./pending-offsets.ts";
import { rebalance, refusedJoin } from "./rebalance.ts";
import { decodeRecord, encodeRecord, type GroupRecord } from "./records.ts";
import { replay, replayEnd } from "./replay.ts";
import { restartDeadlines } from "./tick.ts";

export type GroupShardEvent =
  | GroupEvent
  /** What the producer's transaction moved in any group of the shard is decided. */
  | {
      readonly kind: "end-transaction";
      readonly ticket: number;
      readonly marker: TransactionMarker;
    }
  | { readonly kind: "list"; readonly ticket: number }
  /** `visit` looks at every group, and changes none. */
  | {
      readonly kind: "visit";
      readonly ticket: number;
      readonly visit: (group: Group) => void;
    };

export type GroupShardReply =
  | GroupReply
  | { readonly kind: "end-transaction"; readonly ticket: number; readonly result: null }
  | { readonly kind: "visit"; readonly ticket: number; readonly result: null }
  | {
      readonly kind: "list";
      readonly ticket: number;
      readonly result: readonly GroupListing[];
    };

/** Where a shard looks topics up. */
export type TopicSources = Pick<StepContext, "topics" | "patterns">;

export class GroupShard implements ShardMachine<GroupShardEvent, GroupRecord, GroupShardReply> {
  readonly #groups = new Map<string, Group>();
  readonly #transactions = new OpenTransactions();
  readonly #usage: Usage;
  readonly #config: () => GroupConfig;
  readonly #topics: TopicSources;

  /** `usage` is shared by all shards of a broker. */
  constructor(usage: Usage, config: () => GroupConfig, topics: TopicSources) {
    this.#usage = usage;
    this.#config = config;
    this.#topics = topics;
  }

  /** By id; for looking at them. */
  get groups(): ReadonlyMap<string, Group> {
    return this.#groups;
  }

  keyOf(event: GroupShardEvent): string | null {
    return "groupId" in event ? event.groupId : null;
  }

  isMergeable(event: GroupShardEvent): boolean {
    switch (event.kind) {
      case "commit":
        // One that expects a version must see what was committed before it.
        return (event.expectedVersion ?? null) === null;
      case "transaction-commit":
      case "end-transaction":
      case "heartbeat":
        return true;
      default:
        return false;
    }
  }

  tick(groupId: string, isLate: boolean): GroupShardEvent {
    return { kind: "tick", groupId, isLate };
  }

  step(event: GroupShardEvent, moment: Moment): Step<GroupRecord, GroupShardReply> {
    if (event.kind === "list") {
      const result = [...this.#groups.values()].filter((group) => !isVacant(group)).map(listGroup);
      const reply = { kind: event.kind, ticket: event.ticket, result };
      return { records: [], replies: [reply], deadlineMs: null };
    }
    if (event.kind === "visit") {
      const { kind, ticket, visit } = event;
      for (const group of this.#groups.values()) if (!isVacant(group)) visit(group);
      return { records: [], replies: [{ kind, ticket, result: null }], deadlineMs: null };
    }
    if (event.kind === "end-transaction") {
      const { kind, ticket, marker } = event;
      return { records: [], marker, replies: [{ kind, ticket, result: null }], deadlineMs: null };
    }
    if (event.kind === "transaction-commit") {
      const early = this.#admit(event);
      if (early !== null) return { records: [], replies: [early], deadlineMs: null };
    }
    const known = this.#groups.get(event.groupId);
    if (known === undefined && this.#usage.groups >= GROUPS_MAX) {
      const refusal = refuseNewGroup(event);
      if (refusal !== null) return { records: [], replies: [refusal], deadlineMs: null };
    }
    const group = known ?? createGroup(event.groupId, this.#usage);
    const outcome = step(group, event, this.#context(moment));
    // A group that exists only once its records are committed is made by `replay`.
    this.#keep(group);
    if (event.kind !== "transaction-commit") return outcome;
    return { ...outcome, producer: event.producer };
  }

  replay(record: GroupRecord, offset: number): void {
    const { groupId } = record;
    const group = this.#groups.get(groupId) ?? createGroup(groupId, this.#usage);
    const { byProducer } = group.pending;
    // A removal alone takes something out of a transaction.
    const before = record.value === null ? [...byProducer.keys()] : [];
    replay(group, record, offset);
    if (record.kind === "pending-offset") this.#transactions.add(record.producer, groupId);
    for (const producerId of before) {
      if (!byProducer.has(producerId)) this.#transactions.remove(producerId, groupId);
    }
    this.#keep(group);
  }

  replayEnd(end: TransactionEnd): void {
    for (const groupId of this.#transactions.end(end.producerId)) {
      const group = this.#groups.get(groupId);
      assert(group !== undefined, `pending offsets of ${groupId}, which is not there`);
      replayEnd(group, end);
      this.#keep(group);
    }
  }

  encode(record: GroupRecord): CoordinatorRecord {
    return encodeRecord(record);
  }

  decode(record: LoadedRecord): GroupRecord | null {
    return decodeRecord(record);
  }

  /** Every member gets a full session; a group above `group.max.size` rebalances, to shrink. */
  begin(moment: Moment): readonly (readonly [groupId: string, deadlineMs: number])[] {
    const context = this.#context(moment);
    const deadlines: [string, number][] = [];
    for (const group of this.#groups.values()) {
      restartDeadlines(group, context);
      if (group.members.size > context.config.groupSizeMax) {
        rebalance(group, { ...context, records: [], replies: [] });
      }
      if (group.wakeMs !== Number.POSITIVE_INFINITY) deadlines.push([group.groupId, group.wakeMs]);
    }
    return deadlines;
  }

  keys(): readonly string[] {
    return [...this.#groups.keys()];
  }

  close(): void {
    for (const group of this.#groups.values()) {
      for (const member of group.members.values()) dropMember(group, member);
      for (const memberId of group.pendingMembers.keys()) dropPendingMember(group, memberId);
      for (const producerId of group.pending.byProducer.keys()) takePending(group, producerId);
      for (const partitions of group.offsets.values()) {
        for (const { metadata } of partitions.values()) {
          this.#usage.offsetMetadataLength -= metadata.length;
        }
      }
      if (group.consumer !== null) releaseUsage(group.consumer, this.#usage);
      this.#usage.offsets -= group.offsetCount;
      this.#usage.groups -= 1;
      group.state = "Dead";
    }
    this.#groups.clear();
  }

  /**
   * The answer to a commit that must not be decided yet, or any more; null for one that may. Its
   * transaction is known to reach into this shard where it has offsets pending, or where its coordinator
   * said so and did not end it since; if it did, the client comes again and learns what it is now.
   */
  #admit({ ticket, producer, admission, offsets }: TransactionCommitEvent): GroupReply | null {
    const kind = "transaction-commit";
    const refuse = (errorCode: ErrorCode): GroupReply => {
      const result = { errorCodes: offsets.map(() => errorCode), admission: null };
      return { kind, ticket, result };
    };
    const { COORDINATOR_LOAD_IN_PROGRESS } = ErrorCode;
    if (admission !== null) {
      return this.#transactions.take(admission) ? null : refuse(COORDINATOR_LOAD_IN_PROGRESS);
    }
    if (this.#transactions.isOpen(producer)) return null;
    const wait = this.#transactions.begin(producer);
    if (wait === null) return refuse(COORDINATOR_LOAD_IN_PROGRESS);
    return { kind, ticket, result: { errorCodes: [], admission: wait } };
  }

  #context({ nowMs, wallMs }: Moment): StepContext {
    return { nowMs, wallMs, config: this.#config(), ...this.#topics };
  }

  #keep(group: Group): void {
    const isKept = !isVacant(group);
    if (isKept === this.#groups.has(group.groupId)) return;
    if (isKept) this.#groups.set(group.groupId, group);
    else this.#groups.delete(group.groupId);
    this.#usage.groups += isKept ? 1 : -1;
  }
}

/** The answer to an event that would make one group too many; null for one that makes none. */
function refuseNewGroup(event: GroupEvent): GroupReply | null {
  const errorCode = ErrorCode.POLICY_VIOLATION;
  switch (event.kind) {
    case "join": {
      const { kind, ticket, memberId } = event;
      return { kind, ticket, result: refusedJoin(errorCode, memberId) };
    }
    case "consumer-heartbeat": {
      const { kind, ticket, memberId } = event;
      const message = `this broker keeps ${GROUPS_MAX} groups, and no more`;
      return { kind, ticket, result: refusedHeartbeat(errorCode, message, memberId) };
    }
    case "commit": {
      const { kind, ticket, offsets } = event;
      return { kind, ticket, result: { errorCodes: offsets.map(() => errorCode) } };
    }
    case "transaction-commit": {
      const { kind, ticket, offsets } = event;
      const result = { errorCodes: offsets.map(() => errorCode), admission: null };
      return { kind, ticket, result };
    }
    default:
      return null;
  }
}
