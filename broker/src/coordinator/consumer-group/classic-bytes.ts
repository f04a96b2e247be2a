/** Subscriptions and assignments in the bytes of the classic protocol, by topic name. */
import { DecodeError } from "@runnel/kit/errors.ts";
import {
  type ConsumerSubscription,
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
} from "@runnel/protocol/coordinator-records/consumer-protocol.ts";
import type { TopicLookup } from "../ports.ts";
import { NO_PARTITIONS, type Owned, type Partitions, partitionsOf } from "./partitions.ts";

/** The newest version of an assignment. */
const ASSIGNMENT_VERSION_MAX = 3;

/** What a member says in JoinGroup; null where the bytes are not of this form. */
export function readSubscription(metadata: Uint8Array): ConsumerSubscription | null {
  return attempt(() => decodeSubscription(metadata));
}

/** What a member was assigned; null where the bytes are not of this form. Empty bytes are nothing. */
export function readAssigned(assignment: Uint8Array, topics: TopicLookup): Partitions | null {
  if (assignment.length === 0) return NO_PARTITIONS;
  const decoded = attempt(() => decodeAssignment(assignment));
  return decoded === null ? null : byTopicId(decoded.assignedPartitions, topics);
}

/** By topic id, and without partitions that are not there. */
export function byTopicId(
  places: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
  topics: TopicLookup,
): Partitions {
  return partitionsOf(
    places.flatMap(({ topic, partitions }) => {
      const found = topics.byName(topic);
      if (found === undefined) return [];
      const there = partitions.filter((one) => one >= 0 && one < found.partitionCount);
      return [[found.topicId, there] as const];
    }),
  );
}

/** The version of a subscription, in which its member also reads assignments. */
export function subscriptionVersion(metadata: Uint8Array): number {
  if (metadata.length < 2) return 0;
  const version = ((metadata[0] as number) << 8) | (metadata[1] as number);
  return Math.min(version, ASSIGNMENT_VERSION_MAX);
}

/** Topics that are gone have no name any more, and are left out. */
export function encodeAssigned(owned: Owned, topics: TopicLookup, version: number): Uint8Array {
  const assignedPartitions = [...owned].flatMap(([topicId, epochs]) => {
    const topic = topics.byId(topicId)?.name;
    const partitions = [...epochs.keys()].sort((a, b) => a - b);
    return topic === undefined ? [] : [{ topic, partitions }];
  });
  return encodeAssignment({ assignedPartitions }, version);
}

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}
