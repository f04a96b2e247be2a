/**
 * The join phase of a rebalance: who starts it, what it waits for, how it ends.
 *
 * From Empty it waits `group.initial.rebalance.delay.ms`, and that long again while members keep
 * arriving, at most the rebalance timeout (KIP-134). From elsewhere it ends as soon as everybody has
 * joined again, or after the longest rebalance timeout of the members (KIP-62).
 */
import { assert } from "@runnel/kit/assert.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { JoinResult, SyncResult, Turn } from "./events.ts";
import {
  dropMember,
  type Group,
  haveAllJoined,
  type Member,
  metadataOf,
  NO_BYTES,
  rebalanceTimeoutMs,
  renewSession,
  takeParkedJoin,
  takeParkedSync,
  wakeBy,
} from "./model.ts";

/** After a change of members: starts a rebalance, or ends the join phase if nobody is missing now. */
export function rebalance(group: Group, turn: Turn): void {
  if (group.state === "PreparingRebalance") endJoinPhaseIfComplete(group, turn);
  else startJoinPhase(group, turn);
}

/** Takes members out with an answer to what they wait for; `rebalance` is the caller's to do. */
export function removeMembers(group: Group, members: readonly Member[], turn: Turn): void {
  for (const member of members) {
    answerParkedJoin(group, member, ErrorCode.UNKNOWN_MEMBER_ID, turn);
    answerParkedSync(member, ErrorCode.UNKNOWN_MEMBER_ID, turn);
    dropMember(group, member);
  }
}

/** Ends the join phase with those who are there: the others leave, except static ones (KIP-345). */
export function endJoinPhase(group: Group, turn: Turn): void {
  const missing = [...group.members.values()].filter(
    ({ parkedJoin, groupInstanceId }) => parkedJoin === null && groupInstanceId === null,
  );
  removeMembers(group, missing, turn);
  group.initialDelay = null;
  group.rebalanceDeadlineMs = null;
  if (group.members.size === 0) becomeEmpty(group, turn);
  else if (electLeader(group)) startSyncPhase(group, turn);
  // Only static members are left and none has come back: their sessions decide.
  else waitForJoins(group, turn);
}

export function endJoinPhaseIfComplete(group: Group, turn: Turn): void {
  if (group.initialDelay === null && haveAllJoined(group)) endJoinPhase(group, turn);
}

/** A join that did not lead into a generation. */
export function refusedJoin(errorCode: ErrorCode, memberId: string): JoinResult {
  return {
    errorCode,
    generationId: -1,
    protocolType: null,
    protocolName: null,
    leaderId: "",
    memberId,
    skipAssignment: false,
    members: [],
  };
}

export function refusedSync(errorCode: ErrorCode): SyncResult {
  return { errorCode, protocolType: null, protocolName: null, assignment: NO_BYTES };
}

/** The member's place in the running generation; the member list is the leader's. */
export function joinedGeneration(group: Group, member: Member): JoinResult {
  return {
    errorCode: ErrorCode.NONE,
    generationId: group.generationId,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leaderId: group.leaderId ?? "",
    memberId: member.memberId,
    skipAssignment: false,
    members: group.leaderId === member.memberId ? memberList(group) : [],
  };
}

export function memberList(group: Group): JoinResult["members"] {
  return [...group.members.values()].map((member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    metadata: metadataOf(member, group.protocolName),
  }));
}

/** Answers the member's waiting JoinGroup, if there is one, with an error. */
export function answerParkedJoin(
  group: Group,
  member: Member,
  errorCode: ErrorCode,
  turn: Turn,
): void {
  const ticket = takeParkedJoin(group, member);
  if (ticket === null) return;
  turn.replies.push({ kind: "join", ticket, result: refusedJoin(errorCode, member.memberId) });
}

/** Answers the member's waiting SyncGroup, if there is one, with an error. */
export function answerParkedSync(member: Member, errorCode: ErrorCode, turn: Turn): void {
  const ticket = takeParkedSync(member);
  if (ticket !== null) turn.replies.push({ kind: "sync", ticket, result: refusedSync(errorCode) });
}

function startJoinPhase(group: Group, turn: Turn): void {
  const isFirst = group.state === "Empty";
  for (const member of group.members.values()) {
    if (member.parkedSync === null) continue;
    answerParkedSync(member, ErrorCode.REBALANCE_IN_PROGRESS, turn);
    renewSession(group, member, turn.nowMs);
  }
  group.pendingSync.clear();
  group.syncDeadlineMs = null;
  group.state = "PreparingRebalance";
  if (isFirst) startInitialDelay(group, turn);
  else if (group.members.size === 0 || haveAllJoined(group)) endJoinPhase(group, turn);
  else waitForJoins(group, turn);
}

function startInitialDelay(group: Group, turn: Turn): void {
  const delayMs = turn.config.initialRebalanceDelayMs;
  group.initialDelay = {
    untilMs: turn.nowMs + delayMs,
    remainingMs: Math.max(rebalanceTimeoutMs(group) - delayMs, 0),
    delayMs,
    hasNewMember: false,
  };
  wakeBy(group, group.initialDelay.untilMs);
}

function waitForJoins(group: Group, turn: Turn): void {
  group.rebalanceDeadlineMs = turn.nowMs + rebalanceTimeoutMs(group);
  wakeBy(group, group.rebalanceDeadlineMs);
}

/** The leader stays while it rejoins; else the first who did leads. False where nobody did. */
function electLeader(group: Group): boolean {
  const leader = group.leaderId === null ? undefined : group.members.get(group.leaderId);
  if (leader !== undefined && leader.parkedJoin !== null) return true;
  for (const member of group.members.values()) {
    if (member.parkedJoin === null) continue;
    group.leaderId = member.memberId;
    return true;
  }
  return false;
}

/**
 * Writes that a new generation has nobody in it; the state follows in `replay`. A group of which the log
 * knows nothing yet leaves no trace.
 */
function becomeEmpty(group: Group, turn: Turn): void {
  if (group.record === null && group.offsetCount === 0) {
    group.state = "Empty";
    group.generationId = 0;
    group.protocolType = null;
    group.protocolName = null;
    return;
  }
  assert(turn.records.length === 0, "a group became empty behind another record");
  turn.records.push({
    kind: "group",
    groupId: group.groupId,
    value: {
      protocolType: group.protocolType,
      generationId: group.generationId + 1,
      protocolName: null,
      leaderId: null,
      stateChangedAt: turn.wallMs,
      members: [],
    },
  });
}

function startSyncPhase(group: Group, turn: Turn): void {
  group.generationId += 1;
  group.protocolName = selectProtocol(group);
  group.state = "CompletingRebalance";
  group.syncDeadlineMs = turn.nowMs + rebalanceTimeoutMs(group);
  wakeBy(group, group.syncDeadlineMs);
  for (const member of group.members.values()) {
    const ticket = takeParkedJoin(group, member);
    if (ticket !== null) {
      turn.replies.push({ kind: "join", ticket, result: joinedGeneration(group, member) });
    }
    member.isNew = false;
    renewSession(group, member, turn.nowMs);
    group.pendingSync.add(member.memberId);
  }
}

/**
 * The protocol for the next generation: each member votes for the first it knows among those that all
 * know; most votes win, and between equals the one that was voted for first.
 */
export function selectProtocol(group: Group): string {
  const votes = new Map<string, number>();
  for (const { protocols } of group.members.values()) {
    const choice = protocols.find(
      ({ name }) => group.protocolSupport.get(name) === group.members.size,
    );
    if (choice !== undefined) votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1);
  }
  let best: string | null = null;
  for (const [name, count] of votes) {
    if (best === null || count > (votes.get(best) ?? 0)) best = name;
  }
  assert(best !== null, "no protocol is known to all members of the group");
  return best;
}
