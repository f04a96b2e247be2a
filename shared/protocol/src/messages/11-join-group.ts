/**
 * JoinGroup (key 11), v0–9: enters a classic group, and waits until the others have, too.
 *
 * v1 rebalance time-out (KIP-62) · v2 throttle time (KIP-124) · v4 members get their id first
 * (KIP-394) · v5 group instance id (KIP-345) · v6 flexible (KIP-482) · v7 protocol type; the protocol
 * name may be null (KIP-559) · v8 reason (KIP-800) · v9 the leader may skip the assignment (KIP-814).
 */
import { defineApi } from "../api.ts";
import { array, bool, bytes, int16, int32, string } from "../schema.ts";

export const JoinGroupApi = defineApi({
  key: 11,
  name: "JoinGroup",
  versions: [0, 9],
  flexible: 6,
  request: {
    groupId: string(),
    sessionTimeoutMs: int32(),
    rebalanceTimeoutMs: int32({ versions: "1+", default: -1 }),
    memberId: string(),
    groupInstanceId: string({ versions: "5+", nullable: "5+", default: null }),
    protocolType: string(),
    protocols: array({ name: string(), metadata: bytes() }),
    reason: string({ versions: "8+", nullable: "8+", default: null }),
  },
  response: {
    throttleTimeMs: int32({ versions: "2+" }),
    errorCode: int16(),
    generationId: int32({ default: -1 }),
    protocolType: string({ versions: "7+", nullable: "7+", default: null }),
    protocolName: string({ nullable: "7+" }),
    leader: string(),
    skipAssignment: bool({ versions: "9+" }),
    memberId: string(),
    members: array({
      memberId: string(),
      groupInstanceId: string({ versions: "5+", nullable: "5+", default: null }),
      metadata: bytes(),
    }),
  },
});
