/**
 * What a group keeps in `__consumer_offsets`, as values, and their bytes in Kafka's format.
 *
 *   group   the members of a generation with their assignments, or an empty group; null removes it
 *   offset  one committed offset; null removes it
 *
 * An offset that a producer wrote in a transaction is `pending` until the transaction ends. Its bytes are
 * those of any other: the batch that it is in says who wrote it. Besides, there are the records of groups
 * of the consumer protocol (`consumer-group/records.ts`).
 */

import { assert } from "@runnel/kit/assert.ts";
import { ZERO_UUID } from "@runnel/kit/uuid.ts";
import {
  decodeKey,
  decodeValue,
  encodeKey,
  encodeValue,
} from "@runnel/protocol/coordinator-records/offsets-records.ts";
import {
  type ConsumerGroupRecord,
  decodeConsumerRecord,
  encodeConsumerRecord,
  isConsumerRecord,
} from "../consumer-group/records.ts";
import type { CoordinatorRecord, LoadedRecord, ProducerIdentity } from "../ports.ts";

export interface MemberMetadata {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly rebalanceTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  /** The member's metadata under the group's protocol. */
  readonly subscription: Uint8Array;
  readonly assignment: Uint8Array;
}

export interface GroupMetadata {
  readonly protocolType: string | null;
  readonly generationId: number;
  readonly protocolName: string | null;
  readonly leaderId: string | null;
  /** Wall ms; −1 in records of Kafka before 2.1. */
  readonly stateChangedAt: number;
  readonly members: readonly MemberMetadata[];
}

export interface CommittedOffset {
  readonly offset: number;
  /** −1 where the client did not say. */
  readonly leaderEpoch: number;
  readonly metadata: string;
  /** Wall ms. */
  readonly committedAt: number;
  /** Wall ms of an expiry of its own (OffsetCommit v2–4); −1 for the broker's retention. */
  readonly expiresAt: number;
  /** Id of the topic at the time; `ZERO_UUID` where the record does not say. */
  readonly topicId: string;
}

export interface StoredOffset extends CommittedOffset {
  /** Where its record is in the log: of two offsets, what was written later counts. */
  readonly recordOffset: number;
}

/** Whether `value` was committed for a topic that is gone, whose name the one with `topicId` bears now. */
export function isOfFormerTopic(value: CommittedOffset, topicId: string): boolean {
  return value.topicId !== ZERO_UUID && value.topicId !== topicId;
}

export type GroupRecord =
  | { readonly kind: "group"; readonly groupId: string; readonly value: GroupMetadata | null }
  | {
      readonly kind: "offset";
      readonly groupId: string;
      readonly topic: string;
      readonly partition: number;
      readonly value: CommittedOffset | null;
    }
  | {
      readonly kind: "pending-offset";
      readonly producer: ProducerIdentity;
      readonly groupId: string;
      readonly topic: string;
      readonly partition: number;
      readonly value: CommittedOffset;
    }
  | ConsumerGroupRecord;

export function encodeRecord(record: GroupRecord): CoordinatorRecord {
  if (record.kind === "group") {
    const { groupId, value } = record;
    return {
      key: encodeKey({ kind: "group-metadata", group: groupId }),
      value: value === null ? null : encodeGroup(value),
    };
  }
  if (isConsumerRecord(record)) return encodeConsumerRecord(record);
  const { groupId, topic, partition, value } = record;
  return {
    key: encodeKey({ kind: "offset-commit", group: groupId, topic, partition }),
    value: value === null ? null : encodeOffset(value),
  };
}

/**
 * Reads a record; null for one of a type that groups have no use for. Throws `DecodeError`
 * where a known type is malformed: to pass over it would lose a group or an offset.
 */
export function decodeRecord(loaded: Omit<LoadedRecord, "offset">): GroupRecord | null {
  const { key: keyBytes, value: bytes, producer } = loaded;
  const key = decodeKey(keyBytes);
  if (key.kind === "unknown") return decodeConsumerRecord(key, loaded);
  if (key.kind === "group-metadata") {
    return { kind: "group", groupId: key.group, value: bytes === null ? null : decodeGroup(bytes) };
  }
  const { group: groupId, topic, partition } = key;
  const value = bytes === null ? null : decodeOffset(bytes);
  if (producer === null || value === null) {
    return { kind: "offset", groupId, topic, partition, value };
  }
  return { kind: "pending-offset", producer, groupId, topic, partition, value };
}

/** A bound from above of the bytes that a group's record takes, without encoding it. */
export function groupRecordBytes(value: GroupMetadata): number {
  const fixed = 64 + 3 * (value.protocolType?.length ?? 0) + 3 * (value.protocolName?.length ?? 0);
  return value.members.reduce((sum, member) => {
    const { memberId, groupInstanceId, clientId, clientHost } = member;
    const names = memberId.length + (groupInstanceId ?? "").length + clientId.length;
    return (
      sum +
      32 +
      3 * (names + clientHost.length) +
      member.subscription.length +
      member.assignment.length
    );
  }, fixed);
}

function encodeGroup(value: GroupMetadata): Uint8Array {
  return encodeValue({
    kind: "group-metadata",
    protocolType: value.protocolType ?? "",
    generation: value.generationId,
    protocol: value.protocolName,
    leader: value.leaderId,
    currentStateTimestamp: value.stateChangedAt,
    members: value.members.map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeout: member.rebalanceTimeoutMs,
      sessionTimeout: member.sessionTimeoutMs,
      subscription: member.subscription,
      assignment: member.assignment,
    })),
  });
}

function decodeGroup(bytes: Uint8Array): GroupMetadata {
  const value = decodeValue("group-metadata", bytes);
  assert(value.kind === "group-metadata", "a group's value");
  return {
    protocolType: value.protocolType === "" ? null : value.protocolType,
    generationId: value.generation,
    protocolName: value.protocol,
    leaderId: value.leader,
    stateChangedAt: value.currentStateTimestamp,
    members: value.members.map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeoutMs:
        member.rebalanceTimeout === -1 ? member.sessionTimeout : member.rebalanceTimeout,
      sessionTimeoutMs: member.sessionTimeout,
      // Copies: a view would keep the whole chunk of the log in memory.
      subscription: member.subscription.slice(),
      assignment: member.assignment.slice(),
    })),
  };
}

function encodeOffset(value: CommittedOffset): Uint8Array {
  return encodeValue({
    kind: "offset-commit",
    offset: value.offset,
    leaderEpoch: value.leaderEpoch,
    metadata: value.metadata,
    commitTimestamp: value.committedAt,
    expireTimestamp: value.expiresAt,
    topicId: value.topicId,
  });
}

function decodeOffset(bytes: Uint8Array): CommittedOffset {
  const value = decodeValue("offset-commit", bytes);
  assert(value.kind === "offset-commit", "an offset's value");
  return {
    offset: value.offset,
    leaderEpoch: value.leaderEpoch,
    metadata: value.metadata,
    committedAt: value.commitTimestamp,
    expiresAt: value.expireTimestamp,
    topicId: value.topicId,
  };
}
