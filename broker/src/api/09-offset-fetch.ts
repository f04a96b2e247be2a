/**
 * OffsetFetch (key 9), v1–10: the committed positions of a group, or of several.
 *
 * v2 all topics, top-level error · v5 leader epoch · v7 require stable (KIP-447) · v8 several groups
 * (KIP-709) · v9 member epochs (KIP-848) · v10 topic ids. What has no offset is −1 without an error. Not
 * served: nothing.
 * Errors here: GROUP_AUTHORIZATION_FAILED, TOPIC_AUTHORIZATION_FAILED, UNKNOWN_TOPIC_ID; the rest from
 * `GroupCoordinator.fetchOffsets`.
 */

import { ZERO_UUID } from "@runnel/kit/uuid.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { OffsetFetchApi } from "@runnel/protocol/messages/09-offset-fetch.ts";
import type { MemberClaim } from "#coordinator/consumer-group/events.ts";
import type { FetchOffsetsResult, PartitionOffset } from "#coordinator/group/events.ts";
import { checkGroupCount } from "./group-operations.ts";
import type { GroupServices } from "./group-services.ts";
import type { Handler, RequestContext } from "./handler.ts";

const SEVERAL_GROUPS_SINCE = 8;
const TOPIC_IDS_SINCE = 10;
const TOP_LEVEL_ERROR_SINCE = 2;

interface WantedTopic {
  readonly name: string;
  readonly topicId: string;
  readonly partitionIndexes: readonly number[];
}

interface FoundGroup {
  readonly errorCode: ErrorCode;
  readonly topics: readonly FoundTopic[];
}

interface FoundTopic {
  readonly name: string;
  readonly topicId: string;
  readonly partitions: readonly FoundPartition[];
}

interface FoundPartition {
  readonly partitionIndex: number;
  readonly committedOffset: number;
  readonly committedLeaderEpoch: number;
  readonly metadata: string;
  readonly errorCode: ErrorCode;
}

export const offsetFetch: Handler<typeof OffsetFetchApi, GroupServices> = {
  api: OffsetFetchApi,
  versions: [1, 10],
  async handle(request, services, context) {
    const { requireStable } = request;
    if (context.apiVersion >= SEVERAL_GROUPS_SINCE) {
      checkGroupCount(request.groups.length);
      const groups = await Promise.all(
        request.groups.map(async (group) => {
          const { groupId, topics } = group;
          const wanted = { groupId, topics, requireStable, claim: claimOf(group) };
          return { groupId, ...(await fetchGroup(wanted, services, context)) };
        }),
      );
      return { throttleTimeMs: 0, groups };
    }
    const { groupId } = request;
    const topics = request.topics?.map((topic) => ({ ...topic, topicId: ZERO_UUID })) ?? null;
    const wanted = { groupId, topics, requireStable, claim: null };
    const found = await fetchGroup(wanted, services, context);
    const isInPartitions = context.apiVersion < TOP_LEVEL_ERROR_SINCE;
    return {
      throttleTimeMs: 0,
      errorCode: found.errorCode,
      topics:
        isInPartitions && found.errorCode !== ErrorCode.NONE
          ? (topics ?? []).map((topic) => without(topic, found.errorCode))
          : found.topics,
    };
  },
};

/** Who asks, where it says that it is a member; before v9 nobody does. */
function claimOf({
  memberId,
  memberEpoch,
}: {
  readonly memberId: string | null;
  readonly memberEpoch: number;
}): MemberClaim | null {
  return memberId === null && memberEpoch < 0 ? null : { memberId: memberId ?? "", memberEpoch };
}

async function fetchGroup(
  wanted: {
    readonly groupId: string;
    readonly topics: readonly WantedTopic[] | null;
    readonly requireStable: boolean;
    readonly claim: MemberClaim | null;
  },
  services: GroupServices,
  context: RequestContext,
): Promise<FoundGroup> {
  const { groupId, topics, requireStable, claim } = wanted;
  const { authorizer, groups } = services;
  const { principal } = context;
  if (!authorizer.allows(principal, "describe", "group", groupId)) {
    return { errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED, topics: [] };
  }
  if (topics === null) {
    return toAllTopics(
      await groups.fetchOffsets({ groupId, topics, requireStable, claim }),
      services,
      context,
    );
  }
  const plans = topics.map((topic) => planTopic(topic, services, context));
  const known = plans.flatMap((plan) => (plan.errorCode === ErrorCode.NONE ? [plan] : []));
  const found = await groups.fetchOffsets({
    groupId,
    topics: known.map(({ name, partitionIndexes }) => ({
      topic: name,
      partitions: partitionIndexes,
    })),
    requireStable,
    claim,
  });
  if (found.errorCode !== ErrorCode.NONE) return { errorCode: found.errorCode, topics: [] };
  const answers = found.topics.values();
  return {
    errorCode: ErrorCode.NONE,
    topics: plans.map((plan) => {
      if (plan.errorCode !== ErrorCode.NONE) return without(plan, plan.errorCode);
      const partitions = answers.next().value?.partitions ?? [];
      return { name: plan.name, topicId: plan.topicId, partitions: partitions.map(toPartition) };
    }),
  };
}

/** The topic under its name, or why it is not looked up. */
function planTopic(
  { name, topicId, partitionIndexes }: WantedTopic,
  { authorizer, topics }: GroupServices,
  { apiVersion, principal }: RequestContext,
): WantedTopic & { readonly errorCode: ErrorCode } {
  const hasIds = apiVersion >= TOPIC_IDS_SINCE;
  const topic = hasIds ? topics.byId(topicId) : undefined;
  const wanted = { name: topic?.name ?? name, topicId, partitionIndexes };
  if (hasIds && topic === undefined) return { ...wanted, errorCode: ErrorCode.UNKNOWN_TOPIC_ID };
  const isAllowed = authorizer.allows(principal, "describe", "topic", wanted.name);
  const errorCode = isAllowed ? ErrorCode.NONE : ErrorCode.TOPIC_AUTHORIZATION_FAILED;
  return { ...wanted, errorCode };
}

/** Everything a group has, without topics that the client may not see or that have no id any more. */
function toAllTopics(
  { errorCode, topics }: FetchOffsetsResult,
  services: GroupServices,
  { apiVersion, principal }: RequestContext,
): FoundGroup {
  const found = topics.flatMap(({ topic: name, partitions }) => {
    const topicId = services.topics.byName(name)?.topicId;
    if (topicId === undefined && apiVersion >= TOPIC_IDS_SINCE) return [];
    if (!services.authorizer.allows(principal, "describe", "topic", name)) return [];
    return [{ name, topicId: topicId ?? ZERO_UUID, partitions: partitions.map(toPartition) }];
  });
  return { errorCode, topics: found };
}

function toPartition({ partition, value, errorCode }: PartitionOffset): FoundPartition {
  return {
    partitionIndex: partition,
    committedOffset: value?.offset ?? -1,
    committedLeaderEpoch: value?.leaderEpoch ?? -1,
    metadata: value?.metadata ?? "",
    errorCode,
  };
}

function without(topic: WantedTopic, errorCode: ErrorCode): FoundTopic {
  return {
    name: topic.name,
    topicId: topic.topicId,
    partitions: topic.partitionIndexes.map((partition) =>
      toPartition({ partition, value: null, errorCode }),
    ),
  };
}
