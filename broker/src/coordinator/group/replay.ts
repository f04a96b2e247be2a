/** How committed records become state: the same way when they were just written and at a load. */
import { assert } from "@runnel/kit/assert.ts";
import { createConsumerGroup } from "../consumer-group/model.ts";
import type { ConsumerGroupRecord } from "../consumer-group/records.ts";
import { releaseUsage, replayIntoGroup } from "../consumer-group/replay.ts";
import {
  addMember,
  dropMember,
  type Group,
  type Member,
  metadataOf,
  setProtocols,
} from "./model.ts";
import type { CommittedOffset, GroupMetadata, GroupRecord, MemberMetadata } from "./records.ts";

/** Applies one committed record. Throws `InvariantError` where it belongs to another group. */
export function replay(group: Group, record: GroupRecord): void {
  assert(record.groupId === group.groupId, "a record of another group");
  if (record.kind === "offset") replayOffset(group, record.topic, record.partition, record.value);
  else if (record.kind !== "group") replayConsumer(group, record);
  else if (record.value === null) replayRemoval(group);
  else replayGroup(group, record.value);
}

/** A group of the consumer protocol is there from its first record on, and goes with its own. */
function replayConsumer(group: Group, record: ConsumerGroupRecord): void {
  const { usage, sessions } = group;
  if (record.value === null && group.consumer === null) return;
  group.consumer ??= createConsumerGroup();
  const { consumer } = group;
  if (record.kind !== "consumer-group") {
    replayIntoGroup(consumer, record, usage);
    if (record.kind === "consumer-member" && record.value === null)
      sessions.delete(record.memberId);
  } else if (record.value !== null) {
    consumer.groupEpoch = record.value.epoch;
    consumer.metadataHash = record.value.metadataHash;
  } else {
    releaseUsage(consumer, usage);
    group.consumer = null;
    sessions.clear();
  }
}

/** A group with members is stable, one without is empty: a record says nothing of what lies between. */
function replayGroup(group: Group, value: GroupMetadata): void {
  const ids = new Set(value.members.map(({ memberId }) => memberId));
  for (const member of group.members.values()) {
    if (!ids.has(member.memberId)) dropMember(group, member);
  }
  group.protocolType = value.protocolType;
  group.protocolName = value.protocolName;
  group.generationId = value.generationId;
  group.stateChangedAt = value.stateChangedAt;
  for (const stored of value.members) {
    const member = group.members.get(stored.memberId);
    if (member === undefined) addMember(group, memberOf(stored, value.protocolName));
    else updateMember(group, member, stored, value.protocolName);
  }
  group.leaderId = value.leaderId;
  group.state = value.members.length === 0 ? "Empty" : "Stable";
  group.rebalanceDeadlineMs = null;
  group.initialDelay = null;
  if (group.state === "Empty") group.syncDeadlineMs = null;
  group.record = value;
}

/**
 * Live, the member is what was stored and knows more protocols than the one in use; at a load it is what
 * an earlier record made it.
 */
function updateMember(
  group: Group,
  member: Member,
  stored: MemberMetadata,
  protocolName: string | null,
): void {
  member.assignment = stored.assignment;
  member.sessionTimeoutMs = stored.sessionTimeoutMs;
  member.rebalanceTimeoutMs = stored.rebalanceTimeoutMs;
  if (metadataOf(member, protocolName) === stored.subscription) return;
  setProtocols(group, member, [{ name: protocolName ?? "", metadata: stored.subscription }]);
}

function replayRemoval(group: Group): void {
  for (const member of group.members.values()) dropMember(group, member);
  group.state = "Empty";
  group.generationId = 0;
  group.protocolType = null;
  group.protocolName = null;
  group.leaderId = null;
  group.stateChangedAt = -1;
  group.rebalanceDeadlineMs = null;
  group.syncDeadlineMs = null;
  group.initialDelay = null;
  group.record = null;
}

/** A member as read from the log; its session starts when the load is done. */
function memberOf(stored: MemberMetadata, protocolName: string | null): Member {
  return {
    memberId: stored.memberId,
    groupInstanceId: stored.groupInstanceId,
    clientId: stored.clientId,
    clientHost: stored.clientHost,
    rebalanceTimeoutMs: stored.rebalanceTimeoutMs,
    sessionTimeoutMs: stored.sessionTimeoutMs,
    protocols: [{ name: protocolName ?? "", metadata: stored.subscription }],
    assignment: stored.assignment,
    isNew: false,
    parkedJoin: null,
    parkedSync: null,
    deadlineMs: Number.POSITIVE_INFINITY,
  };
}

function replayOffset(
  group: Group,
  topic: string,
  partition: number,
  value: CommittedOffset | null,
): void {
  const { usage, offsets } = group;
  let partitions = offsets.get(topic);
  const old = partitions?.get(partition);
  if (old !== undefined) usage.offsetMetadataLength -= old.metadata.length;
  if (value !== null) {
    if (partitions === undefined) offsets.set(topic, (partitions = new Map()));
    partitions.set(partition, value);
    usage.offsetMetadataLength += value.metadata.length;
  } else if (partitions?.delete(partition) === true && partitions.size === 0) {
    offsets.delete(topic);
  }
  const change = Number(value !== null) - Number(old !== undefined);
  group.offsetCount += change;
  usage.offsets += change;
}
