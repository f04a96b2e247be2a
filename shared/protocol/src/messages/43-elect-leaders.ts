/**
 * ElectLeaders (key 43), v0–2: elects the preferred replica as leader (KIP-183), or any at all.
 *
 * v1 election type, top-level error (KIP-460) · v2 flexible (KIP-482).
 */
import { defineApi } from "../api.ts";
import { array, int8, int16, int32, string } from "../schema.ts";

export const ElectLeadersApi = defineApi({
  key: 43,
  name: "ElectLeaders",
  versions: [0, 2],
  flexible: 2,
  request: {
    electionType: int8({ versions: "1+" }),
    topicPartitions: array({ topic: string(), partitions: array(int32()) }, { nullable: "0+" }),
    timeoutMs: int32({ default: 60_000 }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16({ versions: "1+" }),
    replicaElectionResults: array({
      topic: string(),
      partitionResult: array({
        partitionId: int32(),
        errorCode: int16(),
        errorMessage: string({ nullable: "0+" }),
      }),
    }),
  },
});
