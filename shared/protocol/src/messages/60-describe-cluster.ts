/**
 * DescribeCluster (key 60), v0–2: cluster id, controller and brokers (KIP-700).
 *
 * v1 endpoint type: brokers or controllers (KIP-919) · v2 fenced brokers, too (KIP-1073).
 */
import { defineApi } from "../api.ts";
import { array, bool, int8, int16, int32, string } from "../schema.ts";

export const DescribeClusterApi = defineApi({
  key: 60,
  name: "DescribeCluster",
  versions: [0, 2],
  flexible: 0,
  request: {
    includeClusterAuthorizedOperations: bool(),
    endpointType: int8({ versions: "1+", default: 1 }),
    includeFencedBrokers: bool({ versions: "2+" }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: "0+", default: null }),
    endpointType: int8({ versions: "1+", default: 1 }),
    clusterId: string(),
    controllerId: int32({ default: -1 }),
    brokers: array({
      brokerId: int32(),
      host: string(),
      port: int32(),
      rack: string({ nullable: "0+", default: null }),
      isFenced: bool({ versions: "2+" }),
    }),
    clusterAuthorizedOperations: int32({ default: -0x8000_0000 }),
  },
});
