/**
 * DescribeTopicPartitions (key 75), v0: topics page by page, with eligible leader replicas (KIP-966).
 */
import { defineApi } from "../api.ts";
import { array, bool, int16, int32, string, struct, uuid } from "../schema.ts";

export const DescribeTopicPartitionsApi = defineApi({
  key: 75,
  name: "DescribeTopicPartitions",
  versions: [0, 0],
  flexible: 0,
  request: {
    topics: array({ name: string() }),
    responsePartitionLimit: int32({ default: 2000 }),
    cursor: struct(
      { topicName: string(), partitionIndex: int32() },
      { nullable: "0+", default: null },
    ),
  },
  response: {
    throttleTimeMs: int32(),
    topics: array({
      errorCode: int16(),
      name: string({ nullable: "0+" }),
      topicId: uuid(),
      isInternal: bool(),
      partitions: array({
        errorCode: int16(),
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: int32({ default: -1 }),
        replicaNodes: array(int32()),
        isrNodes: array(int32()),
        eligibleLeaderReplicas: array(int32(), { nullable: "0+", default: null }),
        lastKnownElr: array(int32(), { nullable: "0+", default: null }),
        offlineReplicas: array(int32()),
      }),
      topicAuthorizedOperations: int32({ default: -0x8000_0000 }),
    }),
    nextCursor: struct(
      { topicName: string(), partitionIndex: int32() },
      { nullable: "0+", default: null },
    ),
  },
});
