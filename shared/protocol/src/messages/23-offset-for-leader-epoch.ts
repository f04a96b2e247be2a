/**
 * OffsetForLeaderEpoch (key 23), v2–4: where an epoch ended, to find out what a new leader lacks.
 *
 * v2 current leader epoch, throttle time (KIP-320) · v3 replica id (KIP-392) · v4 flexible (KIP-482).
 */
import { defineApi } from "../api.ts";
import { array, int16, int32, int64, string } from "../schema.ts";

export const OffsetForLeaderEpochApi = defineApi({
  key: 23,
  name: "OffsetForLeaderEpoch",
  versions: [2, 4],
  flexible: 4,
  request: {
    replicaId: int32({ versions: "3+", default: -2 }),
    topics: array({
      topic: string(),
      partitions: array({
        partition: int32(),
        currentLeaderEpoch: int32({ versions: "2+", default: -1 }),
        leaderEpoch: int32(),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32({ versions: "2+" }),
    topics: array({
      topic: string(),
      partitions: array({
        errorCode: int16(),
        partition: int32(),
        leaderEpoch: int32({ versions: "1+", default: -1 }),
        endOffset: int64({ default: -1 }),
      }),
    }),
  },
});
