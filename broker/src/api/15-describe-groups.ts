/**
 * DescribeGroups (key 15), v0–6: state and members of classic groups.
 *
 * v3 authorized operations (KIP-430) · v4 group instance id (KIP-345) · v6 GROUP_ID_NOT_FOUND with a
 * message; before, a missing group is a dead one (KIP-1043), and so is one of the consumer protocol
 * (ConsumerGroupDescribe). Not served: nothing.
 * Errors: GROUP_AUTHORIZATION_FAILED here; the rest from `GroupCoordinator.describe`.
 */
import type { ResponseOf } from "@runnel/protocol/api.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { DescribeGroupsApi } from "@runnel/protocol/messages/15-describe-groups.ts";
import type { ClassicGroupDescription } from "#coordinator/group/events.ts";
import { checkGroupCount, groupOperations } from "./group-operations.ts";
import type { GroupServices } from "./group-services.ts";
import type { Handler, RequestContext } from "./handler.ts";

type Described = NonNullable<ResponseOf<typeof DescribeGroupsApi>["groups"]>[number];

const GROUP_ID_NOT_FOUND_SINCE = 6;

export const describeGroups: Handler<typeof DescribeGroupsApi, GroupServices> = {
  api: DescribeGroupsApi,
  versions: [0, 6],
  async handle({ groups, includeAuthorizedOperations }, services, context) {
    checkGroupCount(groups.length);
    const described = await Promise.all(
      groups.map(async (groupId) => {
        const group = await describe(groupId, services, context);
        if (!includeAuthorizedOperations || group.errorCode !== ErrorCode.NONE) return group;
        const { authorizer } = services;
        const authorizedOperations = groupOperations(authorizer, context.principal, groupId);
        return { ...group, authorizedOperations };
      }),
    );
    return { throttleTimeMs: 0, groups: described };
  },
};

async function describe(
  groupId: string,
  { authorizer, groups }: GroupServices,
  { apiVersion, principal }: RequestContext,
): Promise<Described> {
  if (!authorizer.allows(principal, "describe", "group", groupId)) {
    return nothing(groupId, "", ErrorCode.GROUP_AUTHORIZATION_FAILED, null);
  }
  const { errorCode, group } = await groups.describe(groupId);
  if (errorCode !== ErrorCode.NONE) return nothing(groupId, "", errorCode, null);
  if (group?.type === "classic") return toDescribed(group);
  if (apiVersion < GROUP_ID_NOT_FOUND_SINCE) return nothing(groupId, "Dead", ErrorCode.NONE, null);
  const message =
    group === null
      ? `there is no group ${groupId}`
      : `group ${groupId} is one of the consumer protocol`;
  return nothing(groupId, "Dead", ErrorCode.GROUP_ID_NOT_FOUND, message);
}

function toDescribed(group: ClassicGroupDescription): Described {
  return {
    errorCode: ErrorCode.NONE,
    groupId: group.groupId,
    groupState: group.state,
    protocolType: group.protocolType,
    protocolData: group.protocolName,
    members: group.members.map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: member.metadata,
      memberAssignment: member.assignment,
    })),
  };
}

function nothing(
  groupId: string,
  groupState: string,
  errorCode: ErrorCode,
  errorMessage: string | null,
): Described {
  return {
    errorCode,
    errorMessage,
    groupId,
    groupState,
    protocolType: "",
    protocolData: "",
    members: [],
  };
}
