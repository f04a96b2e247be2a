/**
 * DeleteAcls (key 31), v1–3: removes the access rules that filters select (KIP-140).
 *
 * v1 pattern type (KIP-290) · v2 flexible (KIP-482) · v3 resources of type user (KIP-373).
 */
import { defineApi } from "../api.ts";
import { array, int8, int16, int32, string } from "../schema.ts";

export const DeleteAclsApi = defineApi({
  key: 31,
  name: "DeleteAcls",
  versions: [1, 3],
  flexible: 2,
  request: {
    filters: array({
      resourceTypeFilter: int8(),
      resourceNameFilter: string({ nullable: "0+" }),
      patternTypeFilter: int8({ versions: "1+", default: 3 }),
      principalFilter: string({ nullable: "0+" }),
      hostFilter: string({ nullable: "0+" }),
      operation: int8(),
      permissionType: int8(),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    filterResults: array({
      errorCode: int16(),
      errorMessage: string({ nullable: "0+" }),
      matchingAcls: array({
        errorCode: int16(),
        errorMessage: string({ nullable: "0+" }),
        resourceType: int8(),
        resourceName: string(),
        patternType: int8({ versions: "1+", default: 3 }),
        principal: string(),
        host: string(),
        operation: int8(),
        permissionType: int8(),
      }),
    }),
  },
});
