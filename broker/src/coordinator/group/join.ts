/**
 * JoinGroup: who may enter, and what a member that is known already gets.
 *
 * Source: KIP-394 (ids before membership), KIP-345 (static members), KIP-814 (the leader that skips the
 * assignment), KIP-389 (group.max.size).
 */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { stepClassicJoin } from "../consumer-group/classic-join.ts";
import { forgetConsumerGroup } from "../consumer-group/leave.ts";
import {
  GROUP_RECORD_BYTES_MAX,
  MEMBER_BYTES_MAX,
  MEMBERS_BYTES_MAX,
  MEMBERS_MAX,
  NEW_MEMBER_JOIN_TIMEOUT_MS,
} from "../limits.ts";
import type { JoinEvent, JoinResult, Turn } from "./events.ts";
import {
  addMember,
  addPendingMember,
  dropPendingMember,
  type Group,
  type Member,
  NO_BYTES,
  parkJoin,
  protocolBytes,
  renewSession,
  replaceMember,
  setProtocols,
  wakeBy,
} from "./model.ts";
import {
  answerParkedJoin,
  answerParkedSync,
  joinedGeneration,
  memberList,
  rebalance,
  refusedJoin,
  removeMembers,
  selectProtocol,
} from "./rebalance.ts";
import { groupRecordBytes } from "./records.ts";
import { groupRecordOf } from "./sync.ts";
import { checkMember } from "./validate.ts";

export function stepJoin(group: Group, event: JoinEvent, turn: Turn): void {
  const { consumer } = group;
  if (consumer !== null && consumer.members.size > 0 && isSessionTimeout(event, turn)) {
    stepClassicJoin(group, consumer, event, turn);
    return;
  }
  const errorCode = checkJoin(group, event, turn);
  if (errorCode === ErrorCode.NONE && group.consumer !== null) {
    // Nobody is in it: it becomes a classic group.
    forgetConsumerGroup(group.groupId, group.consumer, turn);
  }
  if (errorCode !== ErrorCode.NONE) refuse(event, errorCode, turn);
  else if (event.memberId === "") joinAnew(group, event, turn);
  else joinAgain(group, event, turn);
}

function checkJoin(group: Group, event: JoinEvent, turn: Turn): ErrorCode {
  if (!isSessionTimeout(event, turn)) return ErrorCode.INVALID_SESSION_TIMEOUT;
  if (!hasRoom(group, event, turn.config.groupSizeMax)) {
    // A group above a limit that was lowered shrinks as its members come back.
    const member = group.members.get(event.memberId);
    if (member !== undefined) {
      removeMembers(group, [member], turn);
      rebalance(group, turn);
    }
    return ErrorCode.GROUP_MAX_SIZE_REACHED;
  }
  if (!supportsProtocols(group, event)) return ErrorCode.INCONSISTENT_GROUP_PROTOCOL;
  return checkCaps(group, event);
}

function isSessionTimeout({ sessionTimeoutMs }: JoinEvent, { config }: Turn): boolean {
  const { sessionTimeoutMsMin, sessionTimeoutMsMax } = config;
  return sessionTimeoutMs >= sessionTimeoutMsMin && sessionTimeoutMs <= sessionTimeoutMsMax;
}

/** Whether `group.max.size` leaves a place for the one who joins. */
function hasRoom(group: Group, event: JoinEvent, sizeMax: number): boolean {
  const member = knownMember(group, event);
  switch (group.state) {
    case "PreparingRebalance":
      return (member !== undefined && member.parkedJoin !== null) || group.joinsParked < sizeMax;
    case "CompletingRebalance":
    case "Stable":
      return member !== undefined || group.members.size < sizeMax;
    default:
      return true;
  }
}

/** The member who joins again, under its member id or its instance id. */
function knownMember(group: Group, event: JoinEvent): Member | undefined {
  const { memberId, groupInstanceId } = event;
  if (memberId !== "") return group.members.get(memberId);
  if (groupInstanceId === null) return undefined;
  return group.members.get(group.staticMembers.get(groupInstanceId) ?? "");
}

function supportsProtocols(group: Group, event: JoinEvent): boolean {
  if (event.protocolType === "" || event.protocols.length === 0) return false;
  if (group.members.size === 0) return true;
  if (event.protocolType !== group.protocolType) return false;
  return event.protocols.some(({ name }) => group.protocolSupport.get(name) === group.members.size);
}

/** The broker's own caps (`limits.ts`). */
function checkCaps(group: Group, event: JoinEvent): ErrorCode {
  const { usage } = group;
  const bytes = protocolBytes(event.protocols);
  if (bytes > MEMBER_BYTES_MAX) return ErrorCode.MESSAGE_TOO_LARGE;
  if (knownMember(group, event) !== undefined) return ErrorCode.NONE;
  const isPending = group.pendingMembers.has(event.memberId);
  const isFull = !isPending && usage.members >= MEMBERS_MAX;
  return isFull || usage.memberBytes + bytes > MEMBERS_BYTES_MAX
    ? ErrorCode.GROUP_MAX_SIZE_REACHED
    : ErrorCode.NONE;
}

function joinAnew(group: Group, event: JoinEvent, turn: Turn): void {
  const { groupInstanceId, freshMemberId } = event;
  if (groupInstanceId !== null) {
    const old = group.members.get(group.staticMembers.get(groupInstanceId) ?? "");
    if (old === undefined) admit(group, event, freshMemberId, turn);
    else replaceStaticMember(group, event, old, turn);
    return;
  }
  if (!event.needsKnownMemberId) {
    admit(group, event, freshMemberId, turn);
    return;
  }
  addPendingMember(group, freshMemberId, turn.nowMs + event.sessionTimeoutMs);
  const result = refusedJoin(ErrorCode.MEMBER_ID_REQUIRED, freshMemberId);
  turn.replies.push({ kind: "join", ticket: event.ticket, result });
}

function joinAgain(group: Group, event: JoinEvent, turn: Turn): void {
  if (group.pendingMembers.has(event.memberId)) {
    // Ids are handed out in advance to dynamic members alone.
    if (event.groupInstanceId !== null) refuse(event, ErrorCode.UNKNOWN_MEMBER_ID, turn);
    else {
      dropPendingMember(group, event.memberId);
      admit(group, event, event.memberId, turn);
    }
    return;
  }
  const errorCode = checkMember(group, event);
  const member = group.members.get(event.memberId);
  if (errorCode !== ErrorCode.NONE || member === undefined) {
    refuse(event, errorCode, turn);
    return;
  }
  if (mustRebalance(group, member, event)) rejoin(group, event, member, turn);
  else {
    // It may have missed the answer to its last join; a follower goes on to SyncGroup.
    renewSession(group, member, turn.nowMs);
    answer(event, joinedGeneration(group, member), turn);
  }
}

/** Whether the join of a known member changes anything, or asks for a new assignment. */
function mustRebalance(group: Group, member: Member, event: JoinEvent): boolean {
  switch (group.state) {
    case "CompletingRebalance":
      return !hasSameProtocols(member, event);
    case "Stable":
      return group.leaderId === member.memberId || !hasSameProtocols(member, event);
    default:
      return true;
  }
}

function hasSameProtocols(member: Member, event: JoinEvent): boolean {
  return (
    member.protocols.length === event.protocols.length &&
    member.protocols.every(({ name, metadata }, index) => {
      const other = event.protocols[index];
      return other !== undefined && other.name === name && isEqual(other.metadata, metadata);
    })
  );
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** Makes the client a member, and lets its join wait. */
function admit(group: Group, event: JoinEvent, memberId: string, turn: Turn): void {
  if (group.members.size === 0) group.protocolType = event.protocolType;
  if (group.initialDelay !== null) group.initialDelay.hasNewMember = true;
  // It cannot send heartbeats before it knows its generation, and a connection that is cut while its
  // join waits goes unnoticed: after this time it is expected to have tried again.
  const deadlineMs = turn.nowMs + NEW_MEMBER_JOIN_TIMEOUT_MS;
  addMember(group, {
    ...profile(event, memberId),
    assignment: NO_BYTES,
    isNew: true,
    parkedJoin: event.ticket,
    parkedSync: null,
    deadlineMs,
  });
  wakeBy(group, deadlineMs);
  rebalance(group, turn);
}

/** A known member's join waits for the next generation. */
function rejoin(group: Group, event: JoinEvent, member: Member, turn: Turn): void {
  // The connection of an earlier join is gone, or its client did not wait: it gets a retriable answer.
  answerParkedJoin(group, member, ErrorCode.REBALANCE_IN_PROGRESS, turn);
  setProtocols(group, member, event.protocols);
  member.sessionTimeoutMs = event.sessionTimeoutMs;
  member.rebalanceTimeoutMs = event.rebalanceTimeoutMs;
  if (member.isNew) member.deadlineMs = turn.nowMs + NEW_MEMBER_JOIN_TIMEOUT_MS;
  else renewSession(group, member, turn.nowMs);
  parkJoin(group, member, event.ticket);
  rebalance(group, turn);
}

/**
 * A known instance came back under a new member id. In a stable group whose protocol stays it takes the
 * old one's place without a rebalance; whoever still uses the old id is fenced.
 */
function replaceStaticMember(group: Group, event: JoinEvent, old: Member, turn: Turn): void {
  const leaderBefore = group.leaderId ?? "";
  answerParkedJoin(group, old, ErrorCode.FENCED_INSTANCE_ID, turn);
  answerParkedSync(old, ErrorCode.FENCED_INSTANCE_ID, turn);
  const member: Member = {
    ...profile(event, event.freshMemberId),
    assignment: old.assignment,
    isNew: false,
    parkedJoin: null,
    parkedSync: null,
    deadlineMs: turn.nowMs + event.sessionTimeoutMs,
  };
  replaceMember(group, old, member);
  wakeBy(group, member.deadlineMs);
  const record = groupRecordOf(group, currentAssignments(group), turn.wallMs);
  if (
    group.state === "Stable" &&
    group.protocolName === selectProtocol(group) &&
    groupRecordBytes(record.value) <= GROUP_RECORD_BYTES_MAX
  ) {
    turn.records.push(record);
    answer(event, joinedInPlace(group, member, event.canSkipAssignment, leaderBefore), turn);
    return;
  }
  parkJoin(group, member, event.ticket);
  rebalance(group, turn);
}

function currentAssignments(group: Group): Map<string, Uint8Array> {
  return new Map(
    [...group.members.values()].map(({ memberId, assignment }) => [memberId, assignment]),
  );
}

/**
 * What a static member is told that came back into a running generation. A leader of v9 learns that it
 * leads and must not assign; an older one is shown the old leader id, so that it does not try to.
 */
function joinedInPlace(
  group: Group,
  member: Member,
  canSkipAssignment: boolean,
  leaderBefore: string,
): JoinResult {
  const joined = joinedGeneration(group, member);
  if (!canSkipAssignment) return { ...joined, leaderId: leaderBefore, members: [] };
  const isLeader = group.leaderId === member.memberId;
  return { ...joined, skipAssignment: isLeader, members: isLeader ? memberList(group) : [] };
}

function profile(
  event: JoinEvent,
  memberId: string,
): Pick<
  Member,
  | "memberId"
  | "groupInstanceId"
  | "clientId"
  | "clientHost"
  | "rebalanceTimeoutMs"
  | "sessionTimeoutMs"
  | "protocols"
> {
  const { groupInstanceId, clientId, clientHost, protocols } = event;
  const { rebalanceTimeoutMs, sessionTimeoutMs } = event;
  return {
    memberId,
    groupInstanceId,
    clientId,
    clientHost,
    rebalanceTimeoutMs,
    sessionTimeoutMs,
    protocols,
  };
}

function refuse(event: JoinEvent, errorCode: ErrorCode, turn: Turn): void {
  answer(event, refusedJoin(errorCode, event.memberId), turn);
}

function answer(event: JoinEvent, result: JoinResult, turn: Turn): void {
  turn.replies.push({ kind: "join", ticket: event.ticket, result });
}
