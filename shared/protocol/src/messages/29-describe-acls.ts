/**
 * DescribeAcls (key 29), v1–3: the access rules that a filter selects (KIP-140).
 *
 * v1 pattern type (KIP-290) · v2 flexible (KIP-482) · v3 resources of type user (KIP-373).
 */
import { defineApi } from "../api.ts";
import { array, int8, int16, int32, string } from "../schema.ts";

export const DescribeAclsApi = defineApi({
  key: 29,
  name: "DescribeAcls",
  versions: [1, 3],
  flexible: 2,
  request: {
    resourceTypeFilter: int8(),
    resourceNameFilter: string({ nullable: "0+" }),
    patternTypeFilter: int8({ versions: "1+", default: 3 }),
    principalFilter: string({ nullable: "0+" }),
    hostFilter: string({ nullable: "0+" }),
    operation: int8(),
    permissionType: int8(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: "0+" }),
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      patternType: int8({ versions: "1+", default: 3 }),
      acls: array({
        principal: string(),
        host: string(),
        operation: int8(),
        permissionType: int8(),
      }),
    }),
  },
});
