/** A group of the consumer protocol as administrators see it, and what commits are held against. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { TopicLookup } from "../ports.ts";
import type {
  ConsumerGroupDescription,
  ConsumerMemberDescription,
  MemberClaim,
  TopicAssignment,
} from "./events.ts";
import { type ConsumerGroup, type ConsumerMember, consumerGroupState } from "./model.ts";
import { NO_PARTITIONS, type Partitions, withoutEpochs } from "./partitions.ts";
import { preferredAssignor, rosterOf } from "./subscriptions.ts";

export function describeConsumerGroup(
  groupId: string,
  consumer: ConsumerGroup,
  { topics, assignors }: { readonly topics: TopicLookup; readonly assignors: readonly string[] },
): ConsumerGroupDescription {
  return {
    type: "consumer",
    groupId,
    state: consumerGroupState(consumer),
    groupEpoch: consumer.groupEpoch,
    assignmentEpoch: consumer.assignmentEpoch,
    assignor: preferredAssignor(rosterOf(consumer), assignors),
    members: [...consumer.members.values()].map((member) =>
      describeMember(member, consumer, topics),
    ),
  };
}

/** Whether a member asks for the topic, by name or by expression. */
export function isConsumerSubscribed(consumer: ConsumerGroup, topic: string): boolean {
  for (const { names } of consumer.topicLists.values()) if (names.includes(topic)) return true;
  for (const { topics } of consumer.patterns.values()) if (topics.includes(topic)) return true;
  return false;
}

/**
 * Whether a member may commit for the partition, or with null at all: with its epoch, or with an older
 * one for what it has had since then (KIP-1251).
 */
export function checkConsumerCommit(
  consumer: ConsumerGroup,
  { memberId, memberEpoch }: MemberClaim,
  place: { readonly topicId: string; readonly partition: number } | null,
): ErrorCode {
  const member = consumer.members.get(memberId);
  if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
  const { progress, profile } = member;
  if (memberEpoch === progress.memberEpoch) return ErrorCode.NONE;
  if (profile.classic !== null) return ErrorCode.ILLEGAL_GENERATION;
  if (memberEpoch > progress.memberEpoch || memberEpoch < 0) return ErrorCode.STALE_MEMBER_EPOCH;
  if (place === null) return ErrorCode.NONE;
  const since = progress.assigned.get(place.topicId)?.get(place.partition);
  return since !== undefined && since <= memberEpoch
    ? ErrorCode.NONE
    : ErrorCode.STALE_MEMBER_EPOCH;
}

/**
 * Whether a member may ask for offsets; somebody who claims nothing may. Nor is a member of the classic
 * protocol held against its generation, as in a classic group: some ask while they join again.
 */
export function checkConsumerFetch(consumer: ConsumerGroup, claim: MemberClaim | null): ErrorCode {
  if (claim === null) return ErrorCode.NONE;
  const member = consumer.members.get(claim.memberId);
  if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
  const isClassic = member.profile.classic !== null;
  if (isClassic || claim.memberEpoch === member.progress.memberEpoch) return ErrorCode.NONE;
  return ErrorCode.STALE_MEMBER_EPOCH;
}

function describeMember(
  { memberId, profile, progress }: ConsumerMember,
  consumer: ConsumerGroup,
  topics: TopicLookup,
): ConsumerMemberDescription {
  return {
    memberId,
    groupInstanceId: profile.groupInstanceId,
    rackId: profile.rackId,
    clientId: profile.clientId,
    clientHost: profile.clientHost,
    memberEpoch: progress.memberEpoch,
    topicNames: profile.topicNames,
    topicRegex: profile.topicRegex,
    assignment: named(withoutEpochs(progress.assigned), topics),
    target: named(consumer.targets.get(memberId) ?? NO_PARTITIONS, topics),
    isClassic: profile.classic !== null,
  };
}

function named(partitions: Partitions, topics: TopicLookup): readonly TopicAssignment[] {
  return [...partitions]
    .flatMap(([topicId, list]) => {
      const topic = topics.byId(topicId)?.name;
      return topic === undefined ? [] : [{ topicId, topic, partitions: list }];
    })
    .sort((a, b) => (a.topic < b.topic ? -1 : 1));
}
