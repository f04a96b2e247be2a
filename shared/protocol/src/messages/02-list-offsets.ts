/**
 * ListOffsets (key 2), v1–11: the offset that belongs to a timestamp, or to a special one.
 *
 * v1 one offset instead of a list (KIP-79) · v2 isolation level, throttle time (KIP-98) · v4 leader
 * epochs (KIP-320) · v5 may fail with OFFSET_NOT_AVAILABLE (KIP-207) · v6 flexible (KIP-482) · v7
 * timestamp −3, the latest timestamp (KIP-734) · v8 −4, earliest local (KIP-405) · v9 −5, latest tiered
 * (KIP-1005) · v10 time-out (KIP-1075) · v11 −6, earliest pending upload (KIP-1023).
 */
import { defineApi } from "../api.ts";
import { array, int8, int16, int32, int64, string } from "../schema.ts";

export const ListOffsetsApi = defineApi({
  key: 2,
  name: "ListOffsets",
  versions: [1, 11],
  flexible: 6,
  request: {
    replicaId: int32(),
    isolationLevel: int8({ versions: "2+" }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        currentLeaderEpoch: int32({ versions: "4+", default: -1 }),
        timestamp: int64(),
      }),
    }),
    timeoutMs: int32({ versions: "10+" }),
  },
  response: {
    throttleTimeMs: int32({ versions: "2+" }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        timestamp: int64({ versions: "1+", default: -1 }),
        offset: int64({ versions: "1+", default: -1 }),
        leaderEpoch: int32({ versions: "4+", default: -1 }),
      }),
    }),
  },
});
