/**
 * CreateAcls (key 30), v1–3: adds access rules (KIP-140).
 *
 * v1 pattern type (KIP-290) · v2 flexible (KIP-482) · v3 resources of type user (KIP-373).
 */
import { defineApi } from "../api.ts";
import { array, int8, int16, int32, string } from "../schema.ts";

export const CreateAclsApi = defineApi({
  key: 30,
  name: "CreateAcls",
  versions: [1, 3],
  flexible: 2,
  request: {
    creations: array({
      resourceType: int8(),
      resourceName: string(),
      resourcePatternType: int8({ versions: "1+", default: 3 }),
      principal: string(),
      host: string(),
      operation: int8(),
      permissionType: int8(),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    results: array({ errorCode: int16(), errorMessage: string({ nullable: "0+" }) }),
  },
});
