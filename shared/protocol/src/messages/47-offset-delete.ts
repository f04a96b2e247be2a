/**
 * OffsetDelete (key 47), v0: removes committed offsets of topics a group no longer uses (KIP-496).
 */
import { defineApi } from "../api.ts";
import { array, int16, int32, string } from "../schema.ts";

export const OffsetDeleteApi = defineApi({
  key: 47,
  name: "OffsetDelete",
  versions: [0, 0],
  flexible: null,
  request: {
    groupId: string(),
    topics: array({ name: string(), partitions: array({ partitionIndex: int32() }) }),
  },
  response: {
    errorCode: int16(),
    throttleTimeMs: int32(),
    topics: array({
      name: string(),
      partitions: array({ partitionIndex: int32(), errorCode: int16() }),
    }),
  },
});
