/**
 * AlterClientQuotas (key 49), v0–1: sets and removes quotas (KIP-546).
 *
 * v1 flexible (KIP-482).
 */
import { defineApi } from "../api.ts";
import { array, bool, float64, int16, int32, string } from "../schema.ts";

const entity = array({ entityType: string(), entityName: string({ nullable: "0+" }) });

export const AlterClientQuotasApi = defineApi({
  key: 49,
  name: "AlterClientQuotas",
  versions: [0, 1],
  flexible: 1,
  request: {
    entries: array({
      entity,
      ops: array({ key: string(), value: float64(), remove: bool() }),
    }),
    validateOnly: bool(),
  },
  response: {
    throttleTimeMs: int32(),
    entries: array({ errorCode: int16(), errorMessage: string({ nullable: "0+" }), entity }),
  },
});
