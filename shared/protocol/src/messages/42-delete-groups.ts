/**
 * DeleteGroups (key 42), v0–2: removes empty groups and their offsets (KIP-229).
 *
 * v2 flexible (KIP-482).
 */
import { defineApi } from "../api.ts";
import { array, int16, int32, string } from "../schema.ts";

export const DeleteGroupsApi = defineApi({
  key: 42,
  name: "DeleteGroups",
  versions: [0, 2],
  flexible: 2,
  request: { groupsNames: array(string()) },
  response: {
    throttleTimeMs: int32(),
    results: array({ groupId: string(), errorCode: int16() }),
  },
});
