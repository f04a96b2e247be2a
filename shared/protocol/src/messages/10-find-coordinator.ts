/**
 * FindCoordinator (key 10), v0–6: which broker coordinates a group or a transactional id.
 *
 * v1 key type, error message, throttle time (KIP-98) · v3 flexible (KIP-482) · v4 several keys
 * (KIP-699) · v5 may fail with TRANSACTION_ABORTABLE (KIP-890) · v6 keys of share groups (KIP-932).
 */
import { defineApi } from "../api.ts";
import { array, int8, int16, int32, string } from "../schema.ts";

export const FindCoordinatorApi = defineApi({
  key: 10,
  name: "FindCoordinator",
  versions: [0, 6],
  flexible: 3,
  request: {
    key: string({ versions: "0-3" }),
    keyType: int8({ versions: "1+" }),
    coordinatorKeys: array(string(), { versions: "4+" }),
  },
  response: {
    throttleTimeMs: int32({ versions: "1+" }),
    errorCode: int16({ versions: "0-3" }),
    errorMessage: string({ versions: "1-3", nullable: "1-3" }),
    nodeId: int32({ versions: "0-3" }),
    host: string({ versions: "0-3" }),
    port: int32({ versions: "0-3" }),
    coordinators: array(
      {
        key: string(),
        nodeId: int32(),
        host: string(),
        port: int32(),
        errorCode: int16(),
        errorMessage: string({ nullable: "4+" }),
      },
      { versions: "4+" },
    ),
  },
});
