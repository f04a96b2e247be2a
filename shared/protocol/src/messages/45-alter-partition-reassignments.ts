/**
 * AlterPartitionReassignments (key 45), v0–1: moves replicas to other brokers, or stops it (KIP-455).
 *
 * v1 can refuse to change the replication factor (KIP-860).
 */
import { defineApi } from "../api.ts";
import { array, bool, int16, int32, string } from "../schema.ts";

export const AlterPartitionReassignmentsApi = defineApi({
  key: 45,
  name: "AlterPartitionReassignments",
  versions: [0, 1],
  flexible: 0,
  request: {
    timeoutMs: int32({ default: 60_000 }),
    allowReplicationFactorChange: bool({ versions: "1+", default: true }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        replicas: array(int32(), { nullable: "0+", default: null }),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    allowReplicationFactorChange: bool({ versions: "1+", default: true }),
    errorCode: int16(),
    errorMessage: string({ nullable: "0+" }),
    responses: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: string({ nullable: "0+" }),
      }),
    }),
  },
});
