/**
 * ConsumerGroupDescribe (key 69), v0–1: state, epochs, members and assignments of groups of the consumer
 * protocol (KIP-848).
 *
 * v1 the protocol that each member speaks (KIP-1099). A classic group is not found here: DescribeGroups
 * has it. Errors: GROUP_AUTHORIZATION_FAILED and GROUP_ID_NOT_FOUND here; TOPIC_AUTHORIZATION_FAILED for
 * a group with topics that the client may not know of; the rest from `GroupCoordinator.describe`.
 */
import type { ResponseOf } from "@runnel/protocol/api.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { ConsumerGroupDescribeApi } from "@runnel/protocol/messages/69-consumer-group-describe.ts";
import type {
  ConsumerGroupDescription,
  ConsumerMemberDescription,
  TopicAssignment,
} from "#coordinator/consumer-group/events.ts";
import { checkGroupCount, groupOperations } from "./group-operations.ts";
import type { GroupServices } from "./group-services.ts";
import type { Handler, RequestContext } from "./handler.ts";

type Described = ResponseOf<typeof ConsumerGroupDescribeApi>["groups"][number];

/** `MemberType` of Kafka's tools. */
const MEMBER_TYPE = { classic: 0, consumer: 1 } as const;

export const consumerGroupDescribe: Handler<typeof ConsumerGroupDescribeApi, GroupServices> = {
  api: ConsumerGroupDescribeApi,
  versions: [0, 1],
  async handle({ groupIds, includeAuthorizedOperations }, services, context) {
    checkGroupCount(groupIds.length);
    const groups = await Promise.all(
      groupIds.map(async (groupId) => {
        const group = await describe(groupId, services, context);
        if (!includeAuthorizedOperations || group.errorCode !== ErrorCode.NONE) return group;
        const { authorizer } = services;
        const authorizedOperations = groupOperations(authorizer, context.principal, groupId);
        return { ...group, authorizedOperations };
      }),
    );
    return { throttleTimeMs: 0, groups };
  },
};

async function describe(
  groupId: string,
  { authorizer, groups }: GroupServices,
  { principal }: RequestContext,
): Promise<Described> {
  if (!authorizer.allows(principal, "describe", "group", groupId)) {
    return nothing(groupId, ErrorCode.GROUP_AUTHORIZATION_FAILED, null);
  }
  const { errorCode, group } = await groups.describe(groupId);
  if (errorCode !== ErrorCode.NONE) return nothing(groupId, errorCode, null);
  if (group === null) {
    return nothing(groupId, ErrorCode.GROUP_ID_NOT_FOUND, `there is no group ${groupId}`);
  }
  if (group.type !== "consumer") {
    const message = `group ${groupId} is one of the classic protocol`;
    return nothing(groupId, ErrorCode.GROUP_ID_NOT_FOUND, message);
  }
  const topics = new Set(
    group.members.flatMap(({ topicNames, assignment, target }) => [
      ...topicNames,
      ...[...assignment, ...target].map(({ topic }) => topic),
    ]),
  );
  const isAllowed = [...topics].every((topic) =>
    authorizer.allows(principal, "describe", "topic", topic),
  );
  if (isAllowed) return toDescribed(group);
  const message = "the group has topics that the client may not describe";
  return nothing(groupId, ErrorCode.TOPIC_AUTHORIZATION_FAILED, message);
}

function toDescribed(group: ConsumerGroupDescription): Described {
  return {
    errorCode: ErrorCode.NONE,
    groupId: group.groupId,
    groupState: group.state,
    groupEpoch: group.groupEpoch,
    assignmentEpoch: group.assignmentEpoch,
    assignorName: group.assignor,
    members: group.members.map(toMember),
  };
}

function toMember(member: ConsumerMemberDescription): Described["members"][number] {
  return {
    memberId: member.memberId,
    instanceId: member.groupInstanceId,
    rackId: member.rackId,
    memberEpoch: member.memberEpoch,
    clientId: member.clientId,
    clientHost: member.clientHost,
    subscribedTopicNames: member.topicNames,
    subscribedTopicRegex: member.topicRegex,
    assignment: toAssignment(member.assignment),
    targetAssignment: toAssignment(member.target),
    memberType: member.isClassic ? MEMBER_TYPE.classic : MEMBER_TYPE.consumer,
  };
}

function toAssignment(
  assignment: readonly TopicAssignment[],
): Described["members"][number]["assignment"] {
  return {
    topicPartitions: assignment.map(({ topicId, topic: topicName, partitions }) => ({
      topicId,
      topicName,
      partitions,
    })),
  };
}

function nothing(groupId: string, errorCode: ErrorCode, errorMessage: string | null): Described {
  return {
    errorCode,
    errorMessage,
    groupId,
    groupState: "",
    groupEpoch: 0,
    assignmentEpoch: 0,
    assignorName: "",
    members: [],
  };
}
