/**
 * SyncGroup (key 14), v0–5: the leader hands in the assignment, each member gets its part.
 *
 * v1 throttle time (KIP-124) · v3 group instance id (KIP-345) · v4 flexible (KIP-482) · v5 protocol
 * type and name, to be compared (KIP-559).
 */
import { defineApi } from "../api.ts";
import { array, bytes, int16, int32, string } from "../schema.ts";

export const SyncGroupApi = defineApi({
  key: 14,
  name: "SyncGroup",
  versions: [0, 5],
  flexible: 4,
  request: {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: string({ versions: "3+", nullable: "3+", default: null }),
    protocolType: string({ versions: "5+", nullable: "5+", default: null }),
    protocolName: string({ versions: "5+", nullable: "5+", default: null }),
    assignments: array({ memberId: string(), assignment: bytes() }),
  },
  response: {
    throttleTimeMs: int32({ versions: "1+" }),
    errorCode: int16(),
    protocolType: string({ versions: "5+", nullable: "5+", default: null }),
    protocolName: string({ versions: "5+", nullable: "5+", default: null }),
    assignment: bytes(),
  },
});
