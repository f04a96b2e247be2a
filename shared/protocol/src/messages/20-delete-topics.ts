/**
 * DeleteTopics (key 20), v1–6.
 *
 * v1 throttle time (KIP-124) · v3 may fail with TOPIC_DELETION_DISABLED (KIP-322) · v4 flexible
 * (KIP-482) · v5 error message, may fail with THROTTLING_QUOTA_EXCEEDED (KIP-599) · v6 by name or by
 * topic id (KIP-516).
 */
import { defineApi } from "../api.ts";
import { array, int16, int32, string, uuid } from "../schema.ts";

export const DeleteTopicsApi = defineApi({
  key: 20,
  name: "DeleteTopics",
  versions: [1, 6],
  flexible: 4,
  request: {
    topics: array(
      { name: string({ nullable: "6+", default: null }), topicId: uuid() },
      { versions: "6+" },
    ),
    topicNames: array(string(), { versions: "0-5" }),
    timeoutMs: int32(),
  },
  response: {
    throttleTimeMs: int32({ versions: "1+" }),
    responses: array({
      name: string({ nullable: "6+" }),
      topicId: uuid({ versions: "6+" }),
      errorCode: int16(),
      errorMessage: string({ versions: "5+", nullable: "5+", default: null }),
    }),
  },
});
