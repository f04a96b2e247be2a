/**
 * A classic consumer group, as a state machine.
 *
 *   Empty ──join──▶ PreparingRebalance ──all joined, or deadline──▶ CompletingRebalance
 *     ▲                ▲      │ nobody left                           │       │ leader's sync,
 *     └────────────────┼──────┘◀── members come, go or change ────────┘       ▼ committed
 *                      └───────────────────────────────────────────────── Stable
 *
 * What survives a crash is the committed record of a generation and the committed offsets; `replay`
 * alone sets it. Who waits, whose session ends when, and a generation whose assignment is not there
 * yet live in memory, as in Kafka: after a crash, or after a commit that failed, the group is what its
 * records say, and its members join again.
 *
 * Source: KIP-62 (timeouts), KIP-134 (initial delay), KIP-345 (static members), KIP-394 (member ids).
 * Cooperative rebalancing (KIP-429) needs nothing here: metadata and assignments are opaque. No I/O,
 * clock or timer in this folder: time comes in with each event, work goes out in the step.
 */
import { unreachable } from "@runnel/kit/assert.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import {
  stepClassicHeartbeat,
  stepClassicLeave,
  stepClassicSync,
} from "../consumer-group/classic-members.ts";
import { describeConsumerGroup } from "../consumer-group/describe.ts";
import { stepConsumerHeartbeat } from "../consumer-group/heartbeat.ts";
import { describeClassicGroup } from "./describe.ts";
import type {
  GroupDescription,
  GroupEvent,
  GroupStep,
  HeartbeatEvent,
  LeaveEvent,
  MemberIdentity,
  StepContext,
  Turn,
} from "./events.ts";
import { stepJoin } from "./join.ts";
import { dropPendingMember, type Group, isVacant, type Member, renewSession } from "./model.ts";
import {
  stepCommit,
  stepDelete,
  stepDeleteOffsets,
  stepExpireOffsets,
  stepFetchOffsets,
  stepTopicsDeleted,
} from "./offsets.ts";
import { endJoinPhaseIfComplete, rebalance, removeMembers } from "./rebalance.ts";
import { stepSync } from "./sync.ts";
import { stepTick } from "./tick.ts";
import { stepTransactionCommit } from "./transaction-offsets.ts";
import { checkGeneration, checkMember } from "./validate.ts";

/** Decides what one event leads to. Total: every event has a step in every state. */
export function step(group: Group, event: GroupEvent, context: StepContext): GroupStep {
  const turn: Turn = { ...context, records: [], replies: [] };
  decide(group, event, turn);
  const deadlineMs = group.wakeMs === Number.POSITIVE_INFINITY ? null : group.wakeMs;
  return { records: turn.records, replies: turn.replies, deadlineMs };
}

function decide(group: Group, event: GroupEvent, turn: Turn): void {
  switch (event.kind) {
    case "join":
      return stepJoin(group, event, turn);
    case "sync":
      if (group.consumer !== null) return stepClassicSync(group, group.consumer, event, turn);
      return stepSync(group, event, turn);
    case "heartbeat":
      if (group.consumer !== null) return stepClassicHeartbeat(group, group.consumer, event, turn);
      return stepHeartbeat(group, event, turn);
    case "leave":
      if (group.consumer !== null) return stepClassicLeave(group, group.consumer, event, turn);
      return stepLeave(group, event, turn);
    case "commit":
      return stepCommit(group, event, turn);
    case "transaction-commit":
      return stepTransactionCommit(group, event, turn);
    case "fetch-offsets":
      return stepFetchOffsets(group, event, turn);
    case "delete-offsets":
      return stepDeleteOffsets(group, event, turn);
    case "describe":
      turn.replies.push({
        kind: "describe",
        ticket: event.ticket,
        result: {
          errorCode: ErrorCode.NONE,
          group: isVacant(group) ? null : describeGroup(group, turn),
        },
      });
      return;
    case "delete":
      return stepDelete(group, event, turn);
    case "consumer-heartbeat":
      return stepConsumerHeartbeat(group, event, turn);
    case "tick":
      return stepTick(group, event.isLate, turn);
    case "expire-offsets":
      return stepExpireOffsets(group, event.nowMs, turn);
    case "topics-deleted":
      return stepTopicsDeleted(group, event.topicIds, turn);
    default:
      return unreachable(event);
  }
}

function describeGroup(group: Group, { topics, config }: Turn): GroupDescription {
  const { groupId, consumer } = group;
  if (consumer === null) return describeClassicGroup(group);
  const { assignors } = config.consumer;
  return describeConsumerGroup(groupId, consumer, { topics, assignors });
}

function stepHeartbeat(group: Group, event: HeartbeatEvent, turn: Turn): void {
  let errorCode = checkGeneration(group, event);
  const member = group.members.get(event.memberId);
  if (errorCode === ErrorCode.NONE && member !== undefined) {
    renewSession(group, member, turn.nowMs);
    if (group.state === "PreparingRebalance") errorCode = ErrorCode.REBALANCE_IN_PROGRESS;
  }
  turn.replies.push({ kind: "heartbeat", ticket: event.ticket, result: { errorCode } });
}

/** Every member gets an answer of its own; one rebalance for all who left. */
function stepLeave(group: Group, event: LeaveEvent, turn: Turn): void {
  const leaving = new Set<Member>();
  let isPendingGone = false;
  const members = event.members.map((identity) => {
    const { memberId, groupInstanceId } = identity;
    if (groupInstanceId === null && dropPendingMember(group, memberId)) {
      isPendingGone = true;
      return { memberId, groupInstanceId, errorCode: ErrorCode.NONE };
    }
    const { member, errorCode } = findLeaving(group, identity);
    if (member !== undefined && leaving.has(member)) {
      return { memberId, groupInstanceId, errorCode: ErrorCode.UNKNOWN_MEMBER_ID };
    }
    if (member !== undefined) leaving.add(member);
    return { memberId, groupInstanceId, errorCode };
  });
  const result = { errorCode: ErrorCode.NONE, members };
  turn.replies.push({ kind: "leave", ticket: event.ticket, result });
  removeMembers(group, [...leaving], turn);
  if (leaving.size > 0) rebalance(group, turn);
  else if (isPendingGone && group.state === "PreparingRebalance") {
    endJoinPhaseIfComplete(group, turn);
  }
}

function findLeaving(
  group: Group,
  identity: MemberIdentity,
): { readonly member: Member | undefined; readonly errorCode: ErrorCode } {
  const { memberId, groupInstanceId } = identity;
  if (memberId === "" && groupInstanceId !== null) {
    const member = group.members.get(group.staticMembers.get(groupInstanceId) ?? "");
    const errorCode = member === undefined ? ErrorCode.UNKNOWN_MEMBER_ID : ErrorCode.NONE;
    return { member, errorCode };
  }
  const errorCode = checkMember(group, identity);
  const member = errorCode === ErrorCode.NONE ? group.members.get(memberId) : undefined;
  return { member, errorCode };
}
