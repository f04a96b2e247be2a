/**
 * ConsumerGroupHeartbeat (key 68), v0–1: joins, stays in and leaves a consumer group whose assignment
 * the broker makes (KIP-848).
 *
 * v1 subscription by pattern; the member makes its own id (KIP-1082).
 */
import { defineApi } from "../api.ts";
import { array, int16, int32, string, struct, uuid } from "../schema.ts";

const topicPartitions = { topicId: uuid(), partitions: array(int32()) } as const;

export const ConsumerGroupHeartbeatApi = defineApi({
  key: 68,
  name: "ConsumerGroupHeartbeat",
  versions: [0, 1],
  flexible: 0,
  request: {
    groupId: string(),
    memberId: string(),
    memberEpoch: int32(),
    instanceId: string({ nullable: "0+", default: null }),
    rackId: string({ nullable: "0+", default: null }),
    rebalanceTimeoutMs: int32({ default: -1 }),
    subscribedTopicNames: array(string(), { nullable: "0+", default: null }),
    subscribedTopicRegex: string({ versions: "1+", nullable: "1+", default: null }),
    serverAssignor: string({ nullable: "0+", default: null }),
    topicPartitions: array(topicPartitions, { nullable: "0+", default: null }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: "0+", default: null }),
    memberId: string({ nullable: "0+", default: null }),
    memberEpoch: int32(),
    heartbeatIntervalMs: int32(),
    assignment: struct(
      { topicPartitions: array(topicPartitions) },
      { nullable: "0+", default: null },
    ),
  },
});
