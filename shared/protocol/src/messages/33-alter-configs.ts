/**
 * AlterConfigs (key 33), v0–2: replaces all settings of a resource (KIP-133).
 *
 * v2 flexible (KIP-482).
 */
import { defineApi } from "../api.ts";
import { array, bool, int8, int16, int32, string } from "../schema.ts";

export const AlterConfigsApi = defineApi({
  key: 33,
  name: "AlterConfigs",
  versions: [0, 2],
  flexible: 2,
  request: {
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      configs: array({ name: string(), value: string({ nullable: "0+" }) }),
    }),
    validateOnly: bool(),
  },
  response: {
    throttleTimeMs: int32(),
    responses: array({
      errorCode: int16(),
      errorMessage: string({ nullable: "0+" }),
      resourceType: int8(),
      resourceName: string(),
    }),
  },
});
