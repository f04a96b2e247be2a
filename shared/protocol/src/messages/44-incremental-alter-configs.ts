/**
 * IncrementalAlterConfigs (key 44), v0–1: sets, deletes, appends or subtracts settings (KIP-339).
 *
 * v1 flexible (KIP-482).
 */
import { defineApi } from "../api.ts";
import { array, bool, int8, int16, int32, string } from "../schema.ts";

export const IncrementalAlterConfigsApi = defineApi({
  key: 44,
  name: "IncrementalAlterConfigs",
  versions: [0, 1],
  flexible: 1,
  request: {
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      configs: array({
        name: string(),
        configOperation: int8(),
        value: string({ nullable: "0+" }),
      }),
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
