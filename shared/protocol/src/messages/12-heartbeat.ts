/**
 * Heartbeat (key 12), v0–4: keeps a member of a classic group alive.
 *
 * v1 throttle time · v3 group instance id (KIP-345) · v4 flexible (KIP-482).
 */
import { defineApi } from "../api.ts";
import { int16, int32, string } from "../schema.ts";

export const HeartbeatApi = defineApi({
  key: 12,
  name: "Heartbeat",
  versions: [0, 4],
  flexible: 4,
  request: {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: string({ versions: "3+", nullable: "3+", default: null }),
  },
  response: {
    throttleTimeMs: int32({ versions: "1+" }),
    errorCode: int16(),
  },
});
