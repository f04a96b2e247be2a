/**
 * Members of the classic protocol in a group of the consumer protocol: what they ask is translated, so
 * that they follow the same epochs and targets as the others.
 *
 * Their generation is their member epoch. A heartbeat tells them to join again whenever there is
 * something to do; JoinGroup takes the step that a heartbeat would, with the partitions that the
 * subscription says are owned, and SyncGroup hands out what came of it. Nobody leads: assignments are made
 * here. Source: KIP-848 (migration), KIP-1027 as it stands in Kafka's coordinator.
 */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type {
  HeartbeatEvent,
  LeaveEvent,
  MemberIdentity,
  SyncEvent,
  Turn,
} from "../group/events.ts";
import { dropPendingMember, type Group, NO_BYTES, setSession } from "../group/model.ts";
import type { TopicLookup } from "../ports.ts";
import { encodeAssigned, subscriptionVersion } from "./classic-bytes.ts";
import { fenceMembers } from "./leave.ts";
import { type ConsumerGroup, type ConsumerMember, MemberState } from "./model.ts";
import { NO_PARTITIONS } from "./partitions.ts";

/** SyncGroup: the member's part of the target, as far as it may have it now. */
export function stepClassicSync(
  group: Group,
  consumer: ConsumerGroup,
  event: SyncEvent,
  turn: Turn,
): void {
  const { ticket, memberId } = event;
  const member = consumer.members.get(memberId);
  const errorCode = checkSync(consumer, event);
  if (errorCode !== ErrorCode.NONE || member === undefined) {
    if (errorCode === ErrorCode.REBALANCE_IN_PROGRESS && member !== undefined) {
      askToJoin(group, member, turn);
    }
    const nothing = { protocolType: null, protocolName: null, assignment: NO_BYTES };
    turn.replies.push({ kind: "sync", ticket, result: { errorCode, ...nothing } });
    return;
  }
  renew(group, member, null, turn);
  const assignment = assignmentOf(member, turn.topics);
  const protocolName = member.profile.classic?.protocols[0]?.name ?? null;
  const result = { errorCode, protocolType: "consumer", protocolName, assignment };
  turn.replies.push({ kind: "sync", ticket, result });
}

/** Heartbeat: whether there is something for which the member has to join again. */
export function stepClassicHeartbeat(
  group: Group,
  consumer: ConsumerGroup,
  event: HeartbeatEvent,
  turn: Turn,
): void {
  let errorCode = checkClaim(consumer, event);
  const member = consumer.members.get(event.memberId);
  if (errorCode === ErrorCode.NONE && member !== undefined) {
    const mustJoin = hasNews(consumer, member);
    if (mustJoin) errorCode = ErrorCode.REBALANCE_IN_PROGRESS;
    const asked = group.sessions.get(event.memberId)?.actByMs ?? null;
    renew(group, member, asked, turn);
    if (mustJoin) askToJoin(group, member, turn);
  }
  turn.replies.push({ kind: "heartbeat", ticket: event.ticket, result: { errorCode } });
}

/** LeaveGroup: members of both protocols, by themselves or sent away by an administrator. */
export function stepClassicLeave(
  group: Group,
  consumer: ConsumerGroup,
  event: LeaveEvent,
  turn: Turn,
): void {
  const leaving = new Set<string>();
  const members = event.members.map((identity) => {
    const { memberId, groupInstanceId } = identity;
    if (groupInstanceId === null && dropPendingMember(group, memberId)) {
      return { memberId, groupInstanceId, errorCode: ErrorCode.NONE };
    }
    const isRemoval = memberId === "" && groupInstanceId !== null;
    const id = isRemoval ? (consumer.staticMembers.get(groupInstanceId) ?? "") : memberId;
    const errorCode = checkIdentity(consumer, { memberId: id, groupInstanceId });
    if (errorCode === ErrorCode.NONE && leaving.has(id)) {
      return { memberId, groupInstanceId, errorCode: ErrorCode.UNKNOWN_MEMBER_ID };
    }
    if (errorCode === ErrorCode.NONE) leaving.add(id);
    return { memberId, groupInstanceId, errorCode };
  });
  const result = { errorCode: ErrorCode.NONE, members };
  turn.replies.push({ kind: "leave", ticket: event.ticket, result });
  if (leaving.size > 0) fenceMembers(group, consumer, [...leaving], turn);
}

/** NONE for a member; who held the instance id before is fenced, as in a classic group. */
export function checkIdentity(
  consumer: ConsumerGroup,
  { memberId, groupInstanceId }: MemberIdentity,
): ErrorCode {
  if (groupInstanceId !== null) {
    const holder = consumer.staticMembers.get(groupInstanceId);
    if (holder === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
    if (holder !== memberId) return ErrorCode.FENCED_INSTANCE_ID;
  }
  return consumer.members.has(memberId) ? ErrorCode.NONE : ErrorCode.UNKNOWN_MEMBER_ID;
}

/** The same, of a member that speaks the classic protocol, in its generation. */
function checkClaim(
  consumer: ConsumerGroup,
  event: MemberIdentity & { readonly generationId: number },
): ErrorCode {
  const errorCode = checkIdentity(consumer, event);
  if (errorCode !== ErrorCode.NONE) return errorCode;
  const member = consumer.members.get(event.memberId);
  if (member === undefined || member.profile.classic === null) return ErrorCode.UNKNOWN_MEMBER_ID;
  const isCurrent = event.generationId === member.progress.memberEpoch;
  return isCurrent ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION;
}

function checkSync(consumer: ConsumerGroup, event: SyncEvent): ErrorCode {
  const errorCode = checkClaim(consumer, event);
  if (errorCode !== ErrorCode.NONE) return errorCode;
  const { protocolType, protocolName, memberId } = event;
  const member = consumer.members.get(memberId);
  const [first] = member?.profile.classic?.protocols ?? [];
  if (
    (protocolType !== null && protocolType !== "consumer") ||
    (protocolName !== null && protocolName !== first?.name)
  ) {
    return ErrorCode.INCONSISTENT_GROUP_PROTOCOL;
  }
  // One that has to give something up has been told so in this very generation.
  const isBehind = member !== undefined && consumer.groupEpoch > member.progress.memberEpoch;
  return isBehind && member.progress.state !== MemberState.UNREVOKED
    ? ErrorCode.REBALANCE_IN_PROGRESS
    : ErrorCode.NONE;
}

/** Whether a new target, partitions to give up or partitions that became free wait for the member. */
function hasNews(consumer: ConsumerGroup, { memberId, progress }: ConsumerMember): boolean {
  if (progress.memberEpoch < consumer.groupEpoch) return true;
  if (progress.state === MemberState.UNREVOKED) return true;
  if (progress.state !== MemberState.UNRELEASED) return false;
  for (const [topicId, partitions] of consumer.targets.get(memberId) ?? NO_PARTITIONS) {
    const owners = consumer.owners.get(topicId);
    for (const partition of partitions) {
      const owner = owners?.get(partition);
      if (owner !== undefined && owner !== memberId) return false;
    }
  }
  return true;
}

/** It has its rebalance timeout to join again, from the first time that it is told. */
function askToJoin(group: Group, { memberId, profile }: ConsumerMember, { nowMs }: Turn): void {
  const session = group.sessions.get(memberId);
  if (session === undefined || session.actByMs !== null) return;
  setSession(group, memberId, { ...session, actByMs: nowMs + profile.rebalanceTimeoutMs });
}

function renew(
  group: Group,
  { memberId, profile }: ConsumerMember,
  actByMs: number | null,
  { nowMs }: Turn,
): void {
  const deadlineMs = nowMs + (profile.classic?.sessionTimeoutMs ?? 0);
  setSession(group, memberId, { deadlineMs, actByMs });
}

/** What the member has, in the bytes that its protocol has for it. */
export function assignmentOf(
  { profile, progress }: ConsumerMember,
  topics: TopicLookup,
): Uint8Array {
  const metadata = profile.classic?.protocols[0]?.metadata ?? NO_BYTES;
  return encodeAssigned(progress.assigned, topics, subscriptionVersion(metadata));
}
