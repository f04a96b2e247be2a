/**
 * SyncGroup: members wait for the leader's assignment; it is committed before anybody is answered.
 *
 * Source: KIP-62; KIP-559 (protocol type and name are compared from v5).
 */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { GROUP_RECORD_BYTES_MAX } from "../limits.ts";
import type { SyncEvent, SyncResult, Turn } from "./events.ts";
import {
  type Group,
  type Member,
  metadataOf,
  NO_BYTES,
  renewSession,
  takeParkedSync,
} from "./model.ts";
import { answerParkedSync, refusedSync } from "./rebalance.ts";
import { type GroupMetadata, type GroupRecord, groupRecordBytes } from "./records.ts";
import { checkGeneration } from "./validate.ts";

export function stepSync(group: Group, event: SyncEvent, turn: Turn): void {
  const errorCode = checkSync(group, event);
  const member = group.members.get(event.memberId);
  if (errorCode !== ErrorCode.NONE || member === undefined) {
    answer(event.ticket, refusedSync(errorCode), turn);
    return;
  }
  if (group.state === "CompletingRebalance") awaitAssignment(group, event, member, turn);
  else {
    sawSync(group, member);
    renewSession(group, member, turn.nowMs);
    answer(event.ticket, assigned(group, member.assignment), turn);
  }
}

/** The record of the running generation with `assignments`; members without one get empty bytes. */
export function groupRecordOf(
  group: Group,
  assignments: ReadonlyMap<string, Uint8Array>,
  wallMs: number,
): Extract<GroupRecord, { kind: "group" }> & { readonly value: GroupMetadata } {
  return {
    kind: "group",
    groupId: group.groupId,
    value: {
      protocolType: group.protocolType,
      generationId: group.generationId,
      protocolName: group.protocolName,
      leaderId: group.leaderId,
      stateChangedAt: wallMs,
      members: [...group.members.values()].map((member) => ({
        memberId: member.memberId,
        groupInstanceId: member.groupInstanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        rebalanceTimeoutMs: member.rebalanceTimeoutMs,
        sessionTimeoutMs: member.sessionTimeoutMs,
        subscription: metadataOf(member, group.protocolName),
        assignment: assignments.get(member.memberId) ?? NO_BYTES,
      })),
    },
  };
}

function checkSync(group: Group, event: SyncEvent): ErrorCode {
  const errorCode = checkGeneration(group, event);
  if (errorCode !== ErrorCode.NONE) return errorCode;
  const { protocolType, protocolName } = event;
  if (
    (protocolType !== null && protocolType !== group.protocolType) ||
    (protocolName !== null && protocolName !== group.protocolName)
  ) {
    return ErrorCode.INCONSISTENT_GROUP_PROTOCOL;
  }
  return group.state === "PreparingRebalance" ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
}

function awaitAssignment(group: Group, event: SyncEvent, member: Member, turn: Turn): void {
  if (group.leaderId !== member.memberId) {
    answerParkedSync(member, ErrorCode.REBALANCE_IN_PROGRESS, turn);
    member.parkedSync = event.ticket;
    sawSync(group, member);
    return;
  }
  const record = groupRecordOf(group, event.assignments, turn.wallMs);
  if (groupRecordBytes(record.value) > GROUP_RECORD_BYTES_MAX) {
    // The others go on waiting; a leader that cannot do better is taken out by the sync deadline.
    answer(event.ticket, refusedSync(ErrorCode.MESSAGE_TOO_LARGE), turn);
    return;
  }
  answerParkedSync(member, ErrorCode.REBALANCE_IN_PROGRESS, turn);
  member.parkedSync = event.ticket;
  sawSync(group, member);
  turn.records.push(record);
  for (const { memberId, assignment } of record.value.members) {
    const waiting = group.members.get(memberId);
    const ticket = waiting === undefined ? null : takeParkedSync(waiting);
    if (waiting === undefined || ticket === null) continue;
    renewSession(group, waiting, turn.nowMs);
    answer(ticket, assigned(group, assignment), turn);
  }
}

/** One member less that has to sync; the deadline falls with the last. */
function sawSync(group: Group, member: Member): void {
  group.pendingSync.delete(member.memberId);
  if (group.pendingSync.size === 0) group.syncDeadlineMs = null;
}

function assigned(group: Group, assignment: Uint8Array): SyncResult {
  const { protocolType, protocolName } = group;
  return { errorCode: ErrorCode.NONE, protocolType, protocolName, assignment };
}

function answer(ticket: number, result: SyncResult, turn: Turn): void {
  turn.replies.push({ kind: "sync", ticket, result });
}
