/**
 * ListConfigResources (key 74), v0–1: the names of things that have settings.
 *
 * v0 client metrics subscriptions only (KIP-1000) · v1 any resource types (KIP-1142).
 */
import { defineApi } from "../api.ts";
import { array, int8, int16, int32, string } from "../schema.ts";

export const ListConfigResourcesApi = defineApi({
  key: 74,
  name: "ListConfigResources",
  versions: [0, 1],
  flexible: 0,
  request: { resourceTypes: array(int8(), { versions: "1+" }) },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    configResources: array({
      resourceName: string(),
      resourceType: int8({ versions: "1+", default: 16 }),
    }),
  },
});
