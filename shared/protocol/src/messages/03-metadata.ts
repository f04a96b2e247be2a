/**
 * Metadata (key 3), v0–13: the brokers, and topics with their partitions and leaders.
 *
 * v1 rack, controller, internal topics; no topics are `null` = all, `[]` = none (KIP-4) · v2 cluster
 * id (KIP-78) · v3 throttle time (KIP-124) · v4 auto creation can be declined · v5 offline replicas
 * (KIP-112) · v7 leader epoch (KIP-320) · v8 authorized operations (KIP-430) · v9 flexible (KIP-482) ·
 * v10 topic ids (KIP-516) · v11 without the cluster's authorized operations (KIP-700) · v12 topics can
 * be asked for by id · v13 top-level error (KIP-1102).
 */
import { defineApi } from "../api.ts";
import { array, bool, int16, int32, string, uuid } from "../schema.ts";

export const MetadataApi = defineApi({
  key: 3,
  name: "Metadata",
  versions: [0, 13],
  flexible: 9,
  request: {
    topics: array(
      { topicId: uuid({ versions: "10+" }), name: string({ nullable: "10+" }) },
      { nullable: "1+" },
    ),
    allowAutoTopicCreation: bool({ versions: "4+", default: true }),
    includeClusterAuthorizedOperations: bool({ versions: "8-10" }),
    includeTopicAuthorizedOperations: bool({ versions: "8+" }),
  },
  response: {
    throttleTimeMs: int32({ versions: "3+" }),
    brokers: array({
      nodeId: int32(),
      host: string(),
      port: int32(),
      rack: string({ versions: "1+", nullable: "1+", default: null }),
    }),
    clusterId: string({ versions: "2+", nullable: "2+", default: null }),
    controllerId: int32({ versions: "1+", default: -1 }),
    topics: array({
      errorCode: int16(),
      name: string({ nullable: "12+" }),
      topicId: uuid({ versions: "10+" }),
      isInternal: bool({ versions: "1+" }),
      partitions: array({
        errorCode: int16(),
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: int32({ versions: "7+", default: -1 }),
        replicaNodes: array(int32()),
        isrNodes: array(int32()),
        offlineReplicas: array(int32(), { versions: "5+" }),
      }),
      topicAuthorizedOperations: int32({ versions: "8+", default: -0x8000_0000 }),
    }),
    clusterAuthorizedOperations: int32({ versions: "8-10", default: -0x8000_0000 }),
    errorCode: int16({ versions: "13+" }),
  },
});
