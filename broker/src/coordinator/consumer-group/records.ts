/** What a group of the consumer protocol keeps in `__consumer_offsets`, as values; null removes it. */
import { utf8Length } from "@runnel/kit/byte-writer.ts";
import {
  type ConsumerGroupKey,
  decodeConsumerKey,
  decodeConsumerValue,
  encodeConsumerKey,
  encodeConsumerValue,
} from "@runnel/protocol/coordinator-records/consumer-group-records.ts";
import type { CoordinatorRecord } from "../ports.ts";
import {
  type MemberProfile,
  type MemberProgress,
  MemberState,
  type ResolvedPattern,
} from "./model.ts";
import { type Owned, type Partitions, partitionsOf } from "./partitions.ts";

interface OfGroup<K extends string, V> {
  readonly kind: K;
  readonly groupId: string;
  readonly value: V | null;
}

interface OfMember<K extends string, V> extends OfGroup<K, V> {
  readonly memberId: string;
}

export type ConsumerGroupRecord =
  | OfGroup<"consumer-group", { readonly epoch: number; readonly metadataHash: bigint }>
  | OfMember<"consumer-member", MemberProfile>
  /** The group epoch for which the target was computed, and when, in wall ms. */
  | OfGroup<"consumer-target-epoch", { readonly epoch: number; readonly computedAt: number }>
  | OfMember<"consumer-target", Partitions>
  | OfMember<"consumer-progress", MemberProgress>
  | (OfGroup<"consumer-pattern", ResolvedPattern> & { readonly pattern: string });

const KIND_OF = {
  "consumer-group": "group",
  "consumer-member": "member",
  "consumer-target-epoch": "target-metadata",
  "consumer-target": "target-member",
  "consumer-progress": "current",
  "consumer-pattern": "pattern",
} as const;

/** Whether a record is one of these, and not of the classic protocol or of offsets. */
export function isConsumerRecord<R extends { readonly kind: string }>(
  record: R,
): record is Extract<R, ConsumerGroupRecord> {
  return Object.hasOwn(KIND_OF, record.kind);
}

export function encodeConsumerRecord(record: ConsumerGroupRecord): CoordinatorRecord {
  return { key: keyOf(record), value: valueOf(record) };
}

/** Reads a record with a key of `type`; null for a type that is none of these. Throws `DecodeError`. */
export function decodeConsumerRecord(
  { type, rest }: { readonly type: number; readonly rest: Uint8Array },
  value: Uint8Array | null,
): ConsumerGroupRecord | null {
  const key = decodeConsumerKey(type, rest);
  return key === null ? null : recordOf(key, value);
}

/** A bound from above of the bytes of a value, without encoding it. */
export function consumerValueBytes(record: ConsumerGroupRecord): number {
  if (record.value === null) return 0;
  switch (record.kind) {
    case "consumer-member": {
      const { topicNames, topicRegex, classic } = record.value;
      const protocols = classic?.protocols ?? [];
      const bytes = protocols.reduce((sum, one) => sum + one.metadata.length + 256, 0);
      return 20_000 + namesBytes(topicNames) + 3 * (topicRegex?.length ?? 0) + bytes;
    }
    case "consumer-target":
      return topicsBytes(record.value, 5);
    case "consumer-progress": {
      const { assigned, pendingRevocation } = record.value;
      return topicsBytes(assigned, 9) + topicsBytes(pendingRevocation, 9);
    }
    case "consumer-pattern":
      return 32 + namesBytes(record.value.topics);
    default:
      return 32;
  }
}

const namesBytes = (names: readonly string[]): number =>
  names.reduce((sum, name) => sum + 3 + utf8Length(name), 0);

function topicsBytes(
  topics: ReadonlyMap<string, { readonly length: number } | { readonly size: number }>,
  bytesPerPartition: number,
): number {
  let bytes = 32;
  for (const list of topics.values()) {
    bytes += 32 + bytesPerPartition * ("length" in list ? list.length : list.size);
  }
  return bytes;
}

function keyOf(record: ConsumerGroupRecord): Uint8Array {
  const { groupId } = record;
  const kind = KIND_OF[record.kind];
  if (record.kind === "consumer-pattern") {
    return encodeConsumerKey("pattern", { groupId, regularExpression: record.pattern });
  }
  return "memberId" in record
    ? encodeConsumerKey(kind, { groupId, memberId: record.memberId } as never)
    : encodeConsumerKey(kind, { groupId } as never);
}

function valueOf(record: ConsumerGroupRecord): Uint8Array | null {
  if (record.value === null) return null;
  switch (record.kind) {
    case "consumer-group":
      return encodeConsumerValue("group", record.value);
    case "consumer-member":
      return encodeProfile(record.value);
    case "consumer-target-epoch":
      return encodeConsumerValue("target-metadata", {
        assignmentEpoch: record.value.epoch,
        assignmentTimestamp: record.value.computedAt,
      });
    case "consumer-target":
      return encodeConsumerValue("target-member", {
        topicPartitions: Array.from(record.value, ([topicId, partitions]) => ({
          topicId,
          partitions,
        })),
      });
    case "consumer-progress":
      return encodeConsumerValue("current", {
        memberEpoch: record.value.memberEpoch,
        previousMemberEpoch: record.value.previousMemberEpoch,
        state: record.value.state,
        assignedPartitions: ownedLists(record.value.assigned),
        partitionsPendingRevocation: ownedLists(record.value.pendingRevocation),
      });
    default:
      return encodeConsumerValue("pattern", {
        topics: record.value.topics,
        version: record.value.version,
        timestamp: record.value.resolvedAt,
      });
  }
}

function encodeProfile(profile: MemberProfile): Uint8Array {
  const { classic } = profile;
  return encodeConsumerValue("member", {
    instanceId: profile.groupInstanceId,
    rackId: profile.rackId,
    clientId: profile.clientId,
    clientHost: profile.clientHost,
    subscribedTopicNames: profile.topicNames,
    subscribedTopicRegex: profile.topicRegex,
    rebalanceTimeoutMs: profile.rebalanceTimeoutMs,
    serverAssignor: profile.serverAssignor,
    classicMemberMetadata:
      classic === null
        ? null
        : { sessionTimeoutMs: classic.sessionTimeoutMs, supportedProtocols: classic.protocols },
  });
}

function ownedLists(
  owned: Owned,
): { topicId: string; partitions: readonly number[]; assignmentEpochs: readonly number[] }[] {
  return Array.from(owned, ([topicId, epochs]) => ({
    topicId,
    partitions: [...epochs.keys()],
    assignmentEpochs: [...epochs.values()],
  }));
}

function recordOf({ kind, key }: ConsumerGroupKey, bytes: Uint8Array | null): ConsumerGroupRecord {
  const { groupId } = key;
  switch (kind) {
    case "group": {
      const value = bytes === null ? null : decodeConsumerValue(kind, bytes);
      return { kind: "consumer-group", groupId, value };
    }
    case "member": {
      const value = bytes === null ? null : decodeProfile(bytes);
      return { kind: "consumer-member", groupId, memberId: key.memberId, value };
    }
    case "target-metadata": {
      const decoded = bytes === null ? null : decodeConsumerValue(kind, bytes);
      const value = decoded && {
        epoch: decoded.assignmentEpoch,
        computedAt: decoded.assignmentTimestamp,
      };
      return { kind: "consumer-target-epoch", groupId, value };
    }
    case "target-member": {
      const decoded = bytes === null ? null : decodeConsumerValue(kind, bytes);
      const value =
        decoded &&
        partitionsOf(decoded.topicPartitions.map((one) => [one.topicId, one.partitions]));
      return { kind: "consumer-target", groupId, memberId: key.memberId, value };
    }
    case "current": {
      const value = bytes === null ? null : decodeProgress(bytes);
      return { kind: "consumer-progress", groupId, memberId: key.memberId, value };
    }
    default: {
      const decoded = bytes === null ? null : decodeConsumerValue(kind, bytes);
      const value = decoded && {
        topics: decoded.topics,
        version: decoded.version,
        resolvedAt: decoded.timestamp,
      };
      return { kind: "consumer-pattern", groupId, pattern: key.regularExpression, value };
    }
  }
}

function decodeProfile(bytes: Uint8Array): MemberProfile {
  const value = decodeConsumerValue("member", bytes);
  const { classicMemberMetadata: classic, subscribedTopicRegex: regex } = value;
  return {
    groupInstanceId: value.instanceId,
    rackId: value.rackId,
    clientId: value.clientId,
    clientHost: value.clientHost,
    rebalanceTimeoutMs: value.rebalanceTimeoutMs,
    topicNames: value.subscribedTopicNames,
    topicRegex: regex === "" ? null : regex,
    serverAssignor: value.serverAssignor,
    classic:
      classic === null
        ? null
        : {
            sessionTimeoutMs: classic.sessionTimeoutMs,
            // Copies: a view would keep the whole chunk of the log in memory.
            protocols: classic.supportedProtocols.map(({ name, metadata }) => ({
              name,
              metadata: metadata.slice(),
            })),
          },
  };
}

const STATES: ReadonlySet<number> = new Set(Object.values(MemberState));

function decodeProgress(bytes: Uint8Array): MemberProgress {
  const value = decodeConsumerValue("current", bytes);
  const { memberEpoch, previousMemberEpoch, state } = value;
  return {
    memberEpoch,
    previousMemberEpoch,
    state: STATES.has(state) ? (state as MemberState) : MemberState.UNKNOWN,
    assigned: ownedOf(value.assignedPartitions, memberEpoch),
    pendingRevocation: ownedOf(value.partitionsPendingRevocation, memberEpoch),
  };
}

/** Records of Kafka before KIP-1251 do not say when a partition was given: then at the latest now. */
function ownedOf(
  lists: readonly {
    readonly topicId: string;
    readonly partitions: readonly number[];
    readonly assignmentEpochs: readonly number[] | null;
  }[],
  memberEpoch: number,
): Owned {
  return new Map(
    lists.map(({ topicId, partitions, assignmentEpochs }) => [
      topicId,
      new Map(
        partitions.map((partition, at) => [partition, assignmentEpochs?.[at] ?? memberEpoch]),
      ),
    ]),
  );
}
