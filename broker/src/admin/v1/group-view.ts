/** Groups as the coordinator tells of them, in the words of the admin API. */
import type { Member } from "@runnel/contracts/groups.ts";
import { assert } from "@runnel/kit/assert.ts";
import { DecodeError } from "@runnel/kit/errors.ts";
import { decodeAssignment } from "@runnel/protocol/coordinator-records/consumer-protocol.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { Operation } from "#auth/authorizer.ts";
import type {
  ConsumerMemberDescription,
  TopicAssignment,
} from "#coordinator/consumer-group/events.ts";
import type { ClassicGroupDescription, GroupDescription } from "#coordinator/group/events.ts";
import { offsetsVersion } from "#coordinator/group/offsets.ts";
import type { PendingOffset } from "#coordinator/group/pending-offsets.ts";
import { type CommittedOffset, isOfFormerTopic } from "#coordinator/group/records.ts";
import { OFFSETS_TOPIC } from "#coordinator/group-coordinator.ts";
import { authorize, type Caller } from "./caller.ts";
import { kafkaRefusal, refuseUnlessNone } from "./kafka-problem.ts";
import type { V1Services } from "./services.ts";

/** What a group committed, of topics that are there. */
export interface Committed {
  readonly topic: string;
  readonly topicId: string;
  readonly partitions: readonly { readonly partition: number; readonly value: CommittedOffset }[];
}

/** The group where it exists; null where it does not. Throws the refusal where nobody can say. */
export async function findGroup(
  { groups, topics }: V1Services,
  groupId: string,
): Promise<GroupDescription | null> {
  // Asking would make the topic of the groups.
  if (topics.byName(OFFSETS_TOPIC) === undefined) return null;
  const { errorCode, group } = await groups.describe(groupId);
  refuseUnlessNone(errorCode, { subject: `group ${groupId}` });
  return group;
}

/** The group, where the caller may do `operation` with it; throws the refusal where not. */
export async function groupFor(
  services: V1Services,
  caller: Caller,
  operation: Operation,
  groupId: string,
): Promise<GroupDescription> {
  authorize(services, caller, operation, "group", groupId);
  const group = await findGroup(services, groupId);
  if (group !== null) return group;
  throw kafkaRefusal(ErrorCode.GROUP_ID_NOT_FOUND, {
    subject: `group ${groupId}`,
    message: "there is no such group",
  });
}

/** All that a group committed, by topic and partition, in order. */
export async function committedOf(
  services: V1Services,
  groupId: string,
): Promise<readonly Committed[]> {
  return (await offsetsOf(services, groupId)).committed;
}

export interface GroupOffsets {
  readonly committed: readonly Committed[];
  /** What transactions under way would commit, of topics that are there. */
  readonly pending: readonly PendingOffset[];
  /** For `If-Match`: of all that the group committed, also for topics that are gone. */
  readonly version: string;
}

/** As `committedOf`, with the version that a change compares. */
export async function offsetsOf(
  { groups, topics }: V1Services,
  groupId: string,
): Promise<GroupOffsets> {
  if (topics.byName(OFFSETS_TOPIC) === undefined) {
    return { committed: [], pending: [], version: offsetsVersion({ offsets: new Map() }) };
  }
  // What a transaction is about to move is shown as it is: to look at it commits to nothing.
  const found = await groups.fetchOffsets({ groupId, topics: null, requireStable: false });
  refuseUnlessNone(found.errorCode, { subject: `group ${groupId}` });
  assert(found.version !== undefined, "all offsets without their version");
  const committed = found.topics
    .flatMap(({ topic, partitions }) => {
      const topicId = topics.byName(topic)?.topicId;
      if (topicId === undefined) return [];
      const offsets = partitions
        .flatMap(({ partition, value }) => (value === null ? [] : [{ partition, value }]))
        .sort((a, b) => a.partition - b.partition);
      return [{ topic, topicId, partitions: offsets }];
    })
    .sort((a, b) => (a.topic < b.topic ? -1 : 1));
  const pending = (found.pending ?? []).filter(({ topic, value }) => {
    const topicId = topics.byName(topic)?.topicId;
    return topicId !== undefined && !isOfFormerTopic(value, topicId);
  });
  return { committed, pending, version: found.version };
}

/** A member without how far it is behind, which its group alone does not know. */
export type AssignedMember = Omit<Member, "lagEvents">;

/** Members with what they were given. */
export function membersOf(group: GroupDescription): AssignedMember[] {
  return group.type === "consumer" ? group.members.map(consumerMember) : classicMembers(group);
}

function consumerMember(member: ConsumerMemberDescription): AssignedMember {
  const { memberId, groupInstanceId, clientId, clientHost, memberEpoch } = member;
  return {
    memberId,
    groupInstanceId,
    clientId,
    clientHost,
    isLeader: false,
    assignments: placesOf(member.assignment),
    targets: placesOf(member.target),
    memberEpoch,
    protocol: member.isClassic ? "classic" : "consumer",
    subscription: { topics: [...member.topicNames], regex: member.topicRegex },
  };
}

function placesOf(assignment: readonly TopicAssignment[]): NonNullable<Member["assignments"]> {
  return assignment.map(({ topic, partitions }) => ({ topic, partitions: [...partitions] }));
}

function classicMembers({
  protocolType,
  leaderId,
  members,
  state,
}: ClassicGroupDescription): AssignedMember[] {
  return members.map((member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    isLeader: member.memberId === leaderId,
    assignments: protocolType !== "consumer" ? null : assignmentsOf(member.assignment, state),
    targets: null,
    memberEpoch: null,
    protocol: "classic",
    subscription: null,
  }));
}

/** A group that is not stable has not given its members anything. */
function assignmentsOf(
  assignment: Uint8Array,
  state: GroupDescription["state"],
): Member["assignments"] {
  if (state !== "Stable" || assignment.length === 0) return [];
  try {
    return decodeAssignment(assignment).assignedPartitions.map(({ topic, partitions }) => ({
      topic,
      partitions: [...partitions],
    }));
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

/** One partition and who reads it. */
export interface Reading {
  readonly topic: string;
  readonly partition: number;
  readonly member: AssignedMember;
}

/** Who reads which partition now, by `placeKey`; what members made up and is not there is left out. */
export function readersOf(
  group: GroupDescription,
  { topics }: V1Services,
): ReadonlyMap<string, Reading> {
  const readers = new Map<string, Reading>();
  for (const member of membersOf(group)) {
    for (const { topic, partitions } of member.assignments ?? []) {
      const count = topics.byName(topic)?.partitionCount ?? 0;
      for (const partition of partitions) {
        if (partition < 0 || partition >= count) continue;
        readers.set(placeKey(topic, partition), { topic, partition, member });
      }
    }
  }
  return readers;
}

/** Sorts by topic, then by partition. */
export function placeKey(topic: string, partition: number): string {
  return `${topic}/${String(partition).padStart(10, "0")}`;
}
