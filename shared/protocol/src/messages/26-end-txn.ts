/**
 * EndTxn (key 26), v0–5: commits or aborts a transaction (KIP-98).
 *
 * v2 may fail with PRODUCER_FENCED (KIP-588) · v3 flexible (KIP-482) · v4 may fail with
 * TRANSACTION_ABORTABLE (KIP-890) · v5 gives id and epoch for the next transaction (KIP-890).
 */
import { defineApi } from "../api.ts";
import { bigint64, bool, int16, int32, string } from "../schema.ts";

export const EndTxnApi = defineApi({
  key: 26,
  name: "EndTxn",
  versions: [0, 5],
  flexible: 3,
  request: {
    transactionalId: string(),
    producerId: bigint64(),
    producerEpoch: int16(),
    committed: bool(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    producerId: bigint64({ versions: "5+", default: -1 }),
    producerEpoch: int16({ versions: "5+", default: -1 }),
  },
});
