/** How committed records become state: the same way when they were just written and at a load. */
import { assert } from "@runnel/kit/assert.ts";
import { createConsumerGroup } from "../consumer-group/model.ts";
import type { ConsumerGroupRecord } from "../consumer-group/records.ts";
import { releaseUsage, replayIntoGroup } from "../consumer-group/replay.ts";
import type { TransactionEnd } from "../ports.ts";
import {
  addMember,
  dropMember,
  type Group,
  type Member,
  metadataOf,
  setProtocols,
} from "./model.ts";
import { dropPendingAt, putPending, takePending } from "./pending-offsets.ts";
import { type Place, placesOf, setAt, valueAt } from "./place-table.ts";
import type { GroupMetadata, GroupRecord, MemberMetadata, StoredOffset } from "./records.ts";

/**
 * Applies one committed record, which is at `recordOffset` in the log. Throws `InvariantError` where it
 * belongs to another group.
 */
export function replay(group: Group, record: GroupRecord, recordOffset: number): void {
  assert(record.groupId === group.groupId, "a record of another group");
  switch (record.kind) {
    case "offset":
      if (record.value === null) replayOffsetRemoval(group, record);
      else storeOffset(group, record, { ...record.value, recordOffset });
      return;
    case "pending-offset": {
      const { producerId } = record.producer;
      return putPending(group, producerId, record, { ...record.value, recordOffset });
    }
    case "group":
      if (record.value === null) replayRemoval(group);
      else replayGroup(group, record.value);
      return;
    default:
      return replayConsumer(group, record);
  }
}

/**
 * Applies the end of a producer's transaction. An offset that was committed after the one in the
 * transaction stays: by the order of the log, which compaction keeps, it is the later one.
 */
export function replayEnd(group: Group, { producerId, isCommit }: TransactionEnd): void {
  const pending = takePending(group, producerId);
  if (!isCommit) return;
  for (const [place, value] of placesOf(pending)) {
    const known = valueAt(group.offsets, place);
    if (known === undefined || known.recordOffset < value.recordOffset) {
      storeOffset(group, place, value);
    }
  }
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
    consumer.epochSince = record.value.since;
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

function storeOffset(group: Group, place: Place, value: StoredOffset): void {
  const old = setAt(group.offsets, place, value);
  group.usage.offsetMetadataLength += value.metadata.length - (old?.metadata.length ?? 0);
  countOffsets(group, old === undefined ? 1 : 0);
}

/** What transactions have pending for the partition goes, too: it was written before. */
function replayOffsetRemoval(group: Group, place: Place): void {
  dropPendingAt(group, place);
  const old = setAt(group.offsets, place, undefined);
  if (old === undefined) return;
  group.usage.offsetMetadataLength -= old.metadata.length;
  countOffsets(group, -1);
}

function countOffsets(group: Group, change: number): void {
  group.offsetCount += change;
  group.usage.offsets += change;
}
