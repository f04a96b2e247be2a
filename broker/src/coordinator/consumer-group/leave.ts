/** How members of the consumer protocol go: by themselves, for a while, or because their time is over. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { Turn } from "../group/events.ts";
import { type Group, wakeBy } from "../group/model.ts";
import { type ConsumerHeartbeatEvent, refusedHeartbeat } from "./events.ts";
import {
  AWAY_EPOCH,
  type ConsumerGroup,
  type ConsumerMember,
  type MemberProfile,
} from "./model.ts";
import { NOTHING_OWNED } from "./partitions.ts";
import { metadataHashOf, rosterOf, subscribedTopicsOf } from "./subscriptions.ts";
import { unusedPatterns } from "./target.ts";

/** A heartbeat with the epoch −1, or −2 of a static member that will be back. */
export function stepConsumerLeave(group: Group, event: ConsumerHeartbeatEvent, turn: Turn): void {
  const { ticket, memberId, memberEpoch } = event;
  const found = findLeaving(group, event);
  if ("errorCode" in found) {
    const result = refusedHeartbeat(found.errorCode, found.message, memberId);
    turn.replies.push({ kind: "consumer-heartbeat", ticket, result });
    return;
  }
  const { consumer, member } = found;
  if (memberEpoch === AWAY_EPOCH) {
    turn.records.push({
      kind: "consumer-progress",
      groupId: group.groupId,
      memberId,
      value: { ...member.progress, memberEpoch: AWAY_EPOCH, pendingRevocation: NOTHING_OWNED },
    });
    const session = group.sessions.get(memberId);
    if (session !== undefined) session.actByMs = null;
  } else fenceMembers(group, consumer, [memberId], turn);
  const result = { ...refusedHeartbeat(ErrorCode.NONE, null, memberId), memberEpoch };
  turn.replies.push({ kind: "consumer-heartbeat", ticket, result });
}

/** Takes members out: one new group epoch for all of them; the next heartbeat makes the target for it. */
export function fenceMembers(
  group: Group,
  consumer: ConsumerGroup,
  memberIds: readonly string[],
  turn: Turn,
): void {
  const { groupId } = group;
  for (const memberId of memberIds) {
    forgetMember(groupId, memberId, turn);
    group.sessions.delete(memberId);
  }
  const profiles = rosterOf(consumer, { gone: new Set(memberIds) });
  if (consumer.classicCount > 0) wakeToDowngrade(group, profiles, turn);
  const wanted = new Set<string>();
  for (const { topicRegex } of profiles.values()) if (topicRegex !== null) wanted.add(topicRegex);
  const patterns = new Map(
    Array.from(consumer.patterns, ([pattern, { topics }]) => [pattern, topics]),
  );
  turn.records.push(...unusedPatterns(groupId, consumer, wanted));
  const metadataHash = metadataHashOf(subscribedTopicsOf({ profiles, patterns }, turn.topics));
  const value = { epoch: consumer.groupEpoch + 1, metadataHash, since: turn.wallMs };
  turn.records.push({ kind: "consumer-group", groupId, value });
}

/** Has the group looked at as soon as this step is committed, where it may go back then. */
export function wakeToDowngrade(
  group: Group,
  profiles: ReadonlyMap<string, MemberProfile>,
  { nowMs }: Turn,
): void {
  for (const { classic } of profiles.values()) if (classic === null) return;
  if (profiles.size > 0) wakeBy(group, nowMs);
}

/** Removes all that is written of a member; what it has is free then. */
export function forgetMember(groupId: string, memberId: string, turn: Turn): void {
  for (const kind of ["consumer-progress", "consumer-target", "consumer-member"] as const) {
    turn.records.push({ kind, groupId, memberId, value: null });
  }
}

/** Removes the group itself, when nobody is in it. */
export function forgetConsumerGroup(groupId: string, consumer: ConsumerGroup, turn: Turn): void {
  turn.records.push(...unusedPatterns(groupId, consumer, new Set()));
  turn.records.push({ kind: "consumer-target-epoch", groupId, value: null });
  turn.records.push({ kind: "consumer-group", groupId, value: null });
}

type Leaving =
  | { readonly consumer: ConsumerGroup; readonly member: ConsumerMember }
  | { readonly errorCode: ErrorCode; readonly message: string };

function findLeaving(group: Group, event: ConsumerHeartbeatEvent): Leaving {
  const { memberId, groupInstanceId } = event;
  const { consumer } = group;
  if (consumer === null) {
    const message = `there is no consumer group ${group.groupId}`;
    return { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, message };
  }
  const holder = groupInstanceId === null ? memberId : consumer.staticMembers.get(groupInstanceId);
  const member = consumer.members.get(holder ?? "");
  if (member === undefined) {
    const message = `there is no member ${groupInstanceId ?? memberId}`;
    return { errorCode: ErrorCode.UNKNOWN_MEMBER_ID, message };
  }
  if (member.memberId === memberId) return { consumer, member };
  const message = `instance ${groupInstanceId} is member ${member.memberId} now`;
  return { errorCode: ErrorCode.FENCED_INSTANCE_ID, message };
}
