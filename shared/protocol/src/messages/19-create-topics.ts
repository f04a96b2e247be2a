/**
 * CreateTopics (key 19), v2–7.
 *
 * v2 throttle time (KIP-124) · v4 −1 partitions or replicas = the broker's default (KIP-464) · v5
 * flexible, the topic's configs in the answer (KIP-525) · v6 may fail with THROTTLING_QUOTA_EXCEEDED
 * (KIP-599) · v7 the topic's id in the answer (KIP-516).
 */
import { defineApi } from "../api.ts";
import { array, bool, int8, int16, int32, string, uuid } from "../schema.ts";

export const CreateTopicsApi = defineApi({
  key: 19,
  name: "CreateTopics",
  versions: [2, 7],
  flexible: 5,
  request: {
    topics: array({
      name: string(),
      numPartitions: int32(),
      replicationFactor: int16(),
      assignments: array({ partitionIndex: int32(), brokerIds: array(int32()) }),
      configs: array({ name: string(), value: string({ nullable: "0+" }) }),
    }),
    timeoutMs: int32({ default: 60_000 }),
    validateOnly: bool({ versions: "1+" }),
  },
  response: {
    throttleTimeMs: int32({ versions: "2+" }),
    topics: array({
      name: string(),
      topicId: uuid({ versions: "7+" }),
      errorCode: int16(),
      errorMessage: string({ versions: "1+", nullable: "0+" }),
      topicConfigErrorCode: int16({ versions: "5+", tag: 0, tagged: "5+" }),
      numPartitions: int32({ versions: "5+", default: -1 }),
      replicationFactor: int16({ versions: "5+", default: -1 }),
      configs: array(
        {
          name: string(),
          value: string({ nullable: "5+" }),
          readOnly: bool(),
          configSource: int8({ default: -1 }),
          isSensitive: bool(),
        },
        { versions: "5+", nullable: "5+" },
      ),
    }),
  },
});
