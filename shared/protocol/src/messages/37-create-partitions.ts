/**
 * CreatePartitions (key 37), v0–3: adds partitions to topics (KIP-195).
 *
 * v2 flexible (KIP-482) · v3 may fail with THROTTLING_QUOTA_EXCEEDED (KIP-599).
 */
import { defineApi } from "../api.ts";
import { array, bool, int16, int32, string } from "../schema.ts";

export const CreatePartitionsApi = defineApi({
  key: 37,
  name: "CreatePartitions",
  versions: [0, 3],
  flexible: 2,
  request: {
    topics: array({
      name: string(),
      count: int32(),
      assignments: array({ brokerIds: array(int32()) }, { nullable: "0+" }),
    }),
    timeoutMs: int32(),
    validateOnly: bool(),
  },
  response: {
    throttleTimeMs: int32(),
    results: array({
      name: string(),
      errorCode: int16(),
      errorMessage: string({ nullable: "0+", default: null }),
    }),
  },
});
