/**
 * ListGroups (key 16), v0–5: the groups that this broker coordinates.
 *
 * v1 throttle time (KIP-124) · v3 flexible (KIP-482) · v4 states (KIP-518) · v5 types (KIP-848).
 */
import { defineApi } from "../api.ts";
import { array, int16, int32, string } from "../schema.ts";

export const ListGroupsApi = defineApi({
  key: 16,
  name: "ListGroups",
  versions: [0, 5],
  flexible: 3,
  request: {
    statesFilter: array(string(), { versions: "4+" }),
    typesFilter: array(string(), { versions: "5+" }),
  },
  response: {
    throttleTimeMs: int32({ versions: "1+" }),
    errorCode: int16(),
    groups: array({
      groupId: string(),
      protocolType: string(),
      groupState: string({ versions: "4+" }),
      groupType: string({ versions: "5+" }),
    }),
  },
});
