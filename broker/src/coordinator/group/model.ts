/**
 * A group in memory: who belongs to it, who waits for an answer, and what it has committed.
 *
 * `members`, `staticMembers`, `protocolSupport`, `joinsParked` and the usage counts change together, and
 * only through the functions of this file.
 */
import { assert } from "@runnel/kit/assert.ts";
import { type ConsumerGroup, consumerGroupState } from "../consumer-group/model.ts";
import type { Usage } from "../limits.ts";
import { noPendingOffsets, type PendingOffsets } from "./pending-offsets.ts";
import type { PlaceTable } from "./place-table.ts";
import type { GroupMetadata, StoredOffset } from "./records.ts";

/** States of the classic protocol, as Kafka's tools print them. */
export type ClassicState =
  | "Empty"
  | "PreparingRebalance"
  | "CompletingRebalance"
  | "Stable"
  | "Dead";

/** As Kafka's tools print them. */
export type GroupState = ClassicState | "Assigning" | "Reconciling";

/** One way of assigning partitions that a member knows, and what it says to it; opaque to the broker. */
export interface Protocol {
  readonly name: string;
  readonly metadata: Uint8Array;
}

export interface Member {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  rebalanceTimeoutMs: number;
  sessionTimeoutMs: number;
  /** In the member's order of preference, names unique. */
  protocols: readonly Protocol[];
  /** What the leader gave it in the last committed generation. */
  assignment: Uint8Array;
  /** It joined, and has not been told a generation yet: it cannot send heartbeats. */
  isNew: boolean;
  /** Ticket of its JoinGroup that waits; null for none. Changed by `parkJoin` and `takeParkedJoin`. */
  parkedJoin: number | null;
  /** Ticket of its SyncGroup that waits; null for none. */
  parkedSync: number | null;
  /** Monotonic ms at which its session ends. */
  deadlineMs: number;
}

/** The wait of the first rebalance of an empty group, for more members to arrive. */
export interface InitialDelay {
  /** Monotonic ms. */
  untilMs: number;
  /** Ms by which it may be extended after that. */
  remainingMs: number;
  /** Length of the running wait. */
  readonly delayMs: number;
  hasNewMember: boolean;
}

/** When a member of the consumer protocol is given up; monotonic ms. */
export interface ConsumerSession {
  deadlineMs: number;
  /** By when it must have done what it was asked for; null for nothing. */
  actByMs: number | null;
}

export interface Group {
  readonly groupId: string;
  readonly usage: Usage;
  /** Of the classic protocol; "Empty" while the group is one of the consumer protocol (`stateOf`). */
  state: ClassicState;
  generationId: number;
  /** "consumer", "connect", …; null until somebody joined. */
  protocolType: string | null;
  protocolName: string | null;
  leaderId: string | null;
  /** Wall ms at which the committed state began; −1 where no record says it. */
  stateChangedAt: number;
  readonly members: Map<string, Member>;
  /** Member ids by group instance id (KIP-345). */
  readonly staticMembers: Map<string, string>;
  /** Member ids that were handed out and not used yet (KIP-394), with the monotonic ms of their end. */
  readonly pendingMembers: Map<string, number>;
  /** Members of the running generation that did not send SyncGroup yet. */
  readonly pendingSync: Set<string>;
  /** How many members know each protocol. */
  readonly protocolSupport: Map<string, number>;
  joinsParked: number;
  initialDelay: InitialDelay | null;
  /** Monotonic ms at which the join phase ends; null for none. */
  rebalanceDeadlineMs: number | null;
  /** Monotonic ms by which all members must have synced; null for none. */
  syncDeadlineMs: number | null;
  /** No deadline of this group lies before this monotonic ms; Infinity for none. */
  wakeMs: number;
  /** The group as one of the consumer protocol; null for a classic one. Set by `replay` alone. */
  consumer: ConsumerGroup | null;
  /** Of the members of `consumer`, by member id. */
  readonly sessions: Map<string, ConsumerSession>;
  /** The group's last committed record; null for none. Set by `replay` alone. */
  record: GroupMetadata | null;
  /** Changed by `replay` alone. */
  readonly offsets: PlaceTable<StoredOffset>;
  offsetCount: number;
  /** Changed by `replay` alone. */
  readonly pending: PendingOffsets;
}

export function createGroup(groupId: string, usage: Usage): Group {
  return {
    groupId,
    usage,
    state: "Empty",
    generationId: 0,
    protocolType: null,
    protocolName: null,
    leaderId: null,
    stateChangedAt: -1,
    members: new Map(),
    staticMembers: new Map(),
    pendingMembers: new Map(),
    pendingSync: new Set(),
    protocolSupport: new Map(),
    joinsParked: 0,
    initialDelay: null,
    rebalanceDeadlineMs: null,
    syncDeadlineMs: null,
    wakeMs: Number.POSITIVE_INFINITY,
    consumer: null,
    sessions: new Map(),
    record: null,
    offsets: new Map(),
    offsetCount: 0,
    pending: noPendingOffsets(),
  };
}

/** Whether nothing would be lost by forgetting the group: to clients it does not exist. */
export function isVacant(group: Group): boolean {
  return (
    group.record === null &&
    group.consumer === null &&
    group.sessions.size === 0 &&
    group.offsetCount === 0 &&
    group.pending.size === 0 &&
    group.members.size === 0 &&
    group.pendingMembers.size === 0 &&
    group.initialDelay === null
  );
}

/** The state of the group, whichever protocol it speaks. */
export function stateOf({ consumer, state }: Group): GroupState {
  return consumer === null ? state : consumerGroupState(consumer);
}

/** Members, whichever protocol they speak. */
export function memberCountOf({ consumer, members }: Group): number {
  return consumer === null ? members.size : consumer.members.size;
}

/** "consumer", "connect", …; null for a group that only stores offsets. */
export function protocolTypeOf({ consumer, protocolType }: Group): string | null {
  return consumer === null ? protocolType : "consumer";
}

/** Makes sure that the group is looked at no later than `deadlineMs`. */
export function wakeBy(group: Group, deadlineMs: number): void {
  if (deadlineMs < group.wakeMs) group.wakeMs = deadlineMs;
}

/** Starts the member's session anew. */
export function renewSession(group: Group, member: Member, nowMs: number): void {
  member.deadlineMs = nowMs + member.sessionTimeoutMs;
  wakeBy(group, member.deadlineMs);
}

/** Starts the session of a member of the consumer protocol anew. */
export function setSession(group: Group, memberId: string, session: ConsumerSession): void {
  group.sessions.set(memberId, session);
  wakeBy(group, Math.min(session.deadlineMs, session.actByMs ?? Number.POSITIVE_INFINITY));
}

export function addMember(group: Group, member: Member): void {
  assert(!group.members.has(member.memberId), `group has member ${member.memberId} twice`);
  group.members.set(member.memberId, member);
  if (member.groupInstanceId !== null) {
    group.staticMembers.set(member.groupInstanceId, member.memberId);
  }
  if (member.parkedJoin !== null) group.joinsParked += 1;
  countProtocols(group, member, 1);
  group.usage.members += 1;
  group.leaderId ??= member.memberId;
}

/** Takes the member out; if it led, the member that has been there longest leads. */
export function dropMember(group: Group, member: Member): void {
  assert(group.members.delete(member.memberId), `group has no member ${member.memberId}`);
  const { groupInstanceId } = member;
  if (groupInstanceId !== null && group.staticMembers.get(groupInstanceId) === member.memberId) {
    group.staticMembers.delete(groupInstanceId);
  }
  if (member.parkedJoin !== null) group.joinsParked -= 1;
  group.pendingSync.delete(member.memberId);
  countProtocols(group, member, -1);
  group.usage.members -= 1;
  if (group.leaderId === member.memberId) {
    group.leaderId = group.members.keys().next().value ?? null;
  }
}

/** Puts `next` where `old` was, in the same role. */
export function replaceMember(group: Group, old: Member, next: Member): void {
  const wasLeader = group.leaderId === old.memberId;
  const wasPendingSync = group.pendingSync.has(old.memberId);
  dropMember(group, old);
  addMember(group, next);
  if (wasLeader) group.leaderId = next.memberId;
  if (wasPendingSync) group.pendingSync.add(next.memberId);
}

export function setProtocols(group: Group, member: Member, protocols: readonly Protocol[]): void {
  countProtocols(group, member, -1);
  member.protocols = protocols;
  countProtocols(group, member, 1);
}

/** The member's JoinGroup waits under `ticket`. */
export function parkJoin(group: Group, member: Member, ticket: number): void {
  assert(member.parkedJoin === null, `member ${member.memberId} waits in two joins`);
  member.parkedJoin = ticket;
  group.joinsParked += 1;
}

/** The ticket of the member's waiting JoinGroup, which waits no more; null for none. */
export function takeParkedJoin(group: Group, member: Member): number | null {
  const ticket = member.parkedJoin;
  if (ticket === null) return null;
  member.parkedJoin = null;
  group.joinsParked -= 1;
  return ticket;
}

export function takeParkedSync(member: Member): number | null {
  const ticket = member.parkedSync;
  member.parkedSync = null;
  return ticket;
}

export function addPendingMember(group: Group, memberId: string, deadlineMs: number): void {
  group.pendingMembers.set(memberId, deadlineMs);
  group.usage.members += 1;
  wakeBy(group, deadlineMs);
}

export function dropPendingMember(group: Group, memberId: string): boolean {
  const isKnown = group.pendingMembers.delete(memberId);
  if (isKnown) group.usage.members -= 1;
  return isKnown;
}

/** Whether nobody is missing in the join phase: not a member, and not one that has only its id. */
export function haveAllJoined(group: Group): boolean {
  return group.joinsParked === group.members.size && group.pendingMembers.size === 0;
}

/** The longest time that one of the members asks for to join again; 0 without members. */
export function rebalanceTimeoutMs(group: Group): number {
  let longest = 0;
  for (const member of group.members.values()) {
    longest = Math.max(longest, member.rebalanceTimeoutMs);
  }
  return longest;
}

/** Bytes that the member's protocols take. */
export function protocolBytes(protocols: readonly Protocol[]): number {
  return protocols.reduce((sum, { name, metadata }) => sum + name.length + metadata.length, 0);
}

/** The member's metadata under the protocol; empty where it does not know it. */
export function metadataOf(member: Member, protocolName: string | null): Uint8Array {
  return member.protocols.find(({ name }) => name === protocolName)?.metadata ?? NO_BYTES;
}

export const NO_BYTES: Uint8Array = new Uint8Array(0);

function countProtocols(group: Group, member: Member, by: 1 | -1): void {
  for (const { name } of member.protocols) {
    const count = (group.protocolSupport.get(name) ?? 0) + by;
    if (count === 0) group.protocolSupport.delete(name);
    else group.protocolSupport.set(name, count);
  }
  group.usage.memberBytes += by * protocolBytes(member.protocols);
}
