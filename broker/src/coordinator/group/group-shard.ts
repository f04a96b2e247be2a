/** The groups of one shard: finds the group of an event or a record, makes it, forgets it. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { refusedHeartbeat } from "../consumer-group/events.ts";
import { releaseUsage } from "../consumer-group/replay.ts";
import { GROUPS_MAX, type Usage } from "../limits.ts";
import type { CoordinatorRecord, GroupConfig, LoadedRecord } from "../ports.ts";
import type { Moment, ShardMachine, Step } from "../runtime/machine.ts";
import { step } from "./classic-group.ts";
import { listGroup } from "./describe.ts";
import type { GroupEvent, GroupListing, GroupReply, StepContext } from "./events.ts";
import { createGroup, dropMember, dropPendingMember, type Group, isVacant } from "./model.ts";
import { rebalance, refusedJoin } from "./rebalance.ts";
import { decodeRecord, encodeRecord, type GroupRecord } from "./records.ts";
import { replay } from "./replay.ts";
import { restartDeadlines } from "./tick.ts";

export type GroupShardEvent =
  | GroupEvent
  | { readonly kind: "list"; readonly ticket: number }
  /** `visit` looks at every group, and changes none. */
  | {
      readonly kind: "visit";
      readonly ticket: number;
      readonly visit: (group: Group) => void;
    };

export type GroupShardReply =
  | GroupReply
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
    return event.kind === "list" || event.kind === "visit" ? null : event.groupId;
  }

  isMergeable(event: GroupShardEvent): boolean {
    // One that expects a version must see what was committed before it.
    const isCommit = event.kind === "commit" && (event.expectedVersion ?? null) === null;
    return isCommit || event.kind === "heartbeat";
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
    const known = this.#groups.get(event.groupId);
    if (known === undefined && this.#usage.groups >= GROUPS_MAX) {
      const refusal = refuseNewGroup(event);
      if (refusal !== null) return { records: [], replies: [refusal], deadlineMs: null };
    }
    const group = known ?? createGroup(event.groupId, this.#usage);
    const outcome = step(group, event, this.#context(moment));
    // A group that exists only once its records are committed is made by `replay`.
    this.#keep(group);
    return outcome;
  }

  replay(record: GroupRecord): void {
    const group = this.#groups.get(record.groupId) ?? createGroup(record.groupId, this.#usage);
    replay(group, record);
    this.#keep(group);
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
    default:
      return null;
  }
}
