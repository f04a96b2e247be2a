/**
 * DescribeGroups (key 15), v0–6: state and members of classic groups.
 *
 * v1 throttle time (KIP-124) · v3 authorized operations (KIP-430) · v4 group instance id (KIP-345) · v5
 * flexible (KIP-482) · v6 GROUP_ID_NOT_FOUND with a message instead of a dead group (KIP-1043).
 */
import { defineApi } from "../api.ts";
import { array, bool, bytes, int16, int32, string } from "../schema.ts";

export const DescribeGroupsApi = defineApi({
  key: 15,
  name: "DescribeGroups",
  versions: [0, 6],
  flexible: 5,
  request: {
    groups: array(string()),
    includeAuthorizedOperations: bool({ versions: "3+" }),
  },
  response: {
    throttleTimeMs: int32({ versions: "1+" }),
    groups: array({
      errorCode: int16(),
      errorMessage: string({ versions: "6+", nullable: "6+", default: null }),
      groupId: string(),
      groupState: string(),
      protocolType: string(),
      protocolData: string(),
      members: array({
        memberId: string(),
        groupInstanceId: string({ versions: "4+", nullable: "4+", default: null }),
        clientId: string(),
        clientHost: string(),
        memberMetadata: bytes(),
        memberAssignment: bytes(),
      }),
      authorizedOperations: int32({ versions: "3+", default: -0x8000_0000 }),
    }),
  },
});
