/**
 * LeaveGroup (key 13), v0–5: members go, or are sent away by an administrator.
 *
 * v1 throttle time (KIP-124) · v3 several members, by group instance id, too (KIP-345) · v4 flexible
 * (KIP-482) · v5 reason (KIP-800).
 */
import { defineApi } from "../api.ts";
import { array, int16, int32, string } from "../schema.ts";

export const LeaveGroupApi = defineApi({
  key: 13,
  name: "LeaveGroup",
  versions: [0, 5],
  flexible: 4,
  request: {
    groupId: string(),
    memberId: string({ versions: "0-2" }),
    members: array(
      {
        memberId: string(),
        groupInstanceId: string({ nullable: "3+", default: null }),
        reason: string({ versions: "5+", nullable: "5+", default: null }),
      },
      { versions: "3+" },
    ),
  },
  response: {
    throttleTimeMs: int32({ versions: "1+" }),
    errorCode: int16(),
    members: array(
      { memberId: string(), groupInstanceId: string({ nullable: "3+" }), errorCode: int16() },
      { versions: "3+" },
    ),
  },
});
