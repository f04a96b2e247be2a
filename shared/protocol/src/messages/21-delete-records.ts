/**
 * DeleteRecords (key 21), v0–2: moves the log start, so that what lies before it can go (KIP-107).
 *
 * v2 flexible (KIP-482).
 */
import { defineApi } from "../api.ts";
import { array, int16, int32, int64, string } from "../schema.ts";

export const DeleteRecordsApi = defineApi({
  key: 21,
  name: "DeleteRecords",
  versions: [0, 2],
  flexible: 2,
  request: {
    topics: array({
      name: string(),
      partitions: array({ partitionIndex: int32(), offset: int64() }),
    }),
    timeoutMs: int32(),
  },
  response: {
    throttleTimeMs: int32(),
    topics: array({
      name: string(),
      partitions: array({ partitionIndex: int32(), lowWatermark: int64(), errorCode: int16() }),
    }),
  },
});
