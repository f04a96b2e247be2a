/**
 * DescribeQuorum (key 55), v0–2: leader, voters and observers of the metadata quorum (KIP-595).
 *
 * v1 when each replica last fetched and had caught up (KIP-836) · v2 error messages, directory ids, and
 * the nodes' listeners (KIP-853).
 */
import { defineApi } from "../api.ts";
import { array, int16, int32, int64, string, uint16, uuid } from "../schema.ts";

const replicaState = {
  replicaId: int32(),
  replicaDirectoryId: uuid({ versions: "2+" }),
  logEndOffset: int64(),
  lastFetchTimestamp: int64({ versions: "1+", default: -1 }),
  lastCaughtUpTimestamp: int64({ versions: "1+", default: -1 }),
} as const;

export const DescribeQuorumApi = defineApi({
  key: 55,
  name: "DescribeQuorum",
  versions: [0, 2],
  flexible: 0,
  request: {
    topics: array({ topicName: string(), partitions: array({ partitionIndex: int32() }) }),
  },
  response: {
    errorCode: int16(),
    errorMessage: string({ versions: "2+", nullable: "2+" }),
    topics: array({
      topicName: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: string({ versions: "2+", nullable: "2+" }),
        leaderId: int32(),
        leaderEpoch: int32(),
        highWatermark: int64(),
        currentVoters: array(replicaState),
        observers: array(replicaState),
      }),
    }),
    nodes: array(
      {
        nodeId: int32(),
        listeners: array({ name: string(), host: string(), port: uint16() }),
      },
      { versions: "2+" },
    ),
  },
});
