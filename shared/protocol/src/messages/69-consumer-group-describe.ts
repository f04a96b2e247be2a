/**
 * ConsumerGroupDescribe (key 69), v0–1: state, members and assignments of KIP-848 groups.
 *
 * v1 member type: classic or consumer protocol (KIP-1099).
 */
import { defineApi } from "../api.ts";
import { array, bool, int8, int16, int32, string, struct, uuid } from "../schema.ts";

const assignment = {
  topicPartitions: array({ topicId: uuid(), topicName: string(), partitions: array(int32()) }),
} as const;

export const ConsumerGroupDescribeApi = defineApi({
  key: 69,
  name: "ConsumerGroupDescribe",
  versions: [0, 1],
  flexible: 0,
  request: { groupIds: array(string()), includeAuthorizedOperations: bool() },
  response: {
    throttleTimeMs: int32(),
    groups: array({
      errorCode: int16(),
      errorMessage: string({ nullable: "0+", default: null }),
      groupId: string(),
      groupState: string(),
      groupEpoch: int32(),
      assignmentEpoch: int32(),
      assignorName: string(),
      members: array({
        memberId: string(),
        instanceId: string({ nullable: "0+", default: null }),
        rackId: string({ nullable: "0+", default: null }),
        memberEpoch: int32(),
        clientId: string(),
        clientHost: string(),
        subscribedTopicNames: array(string()),
        subscribedTopicRegex: string({ nullable: "0+", default: null }),
        assignment: struct(assignment),
        targetAssignment: struct(assignment),
        memberType: int8({ versions: "1+", default: -1 }),
      }),
      authorizedOperations: int32({ default: -0x8000_0000 }),
    }),
  },
});
