/**
 * AddOffsetsToTxn (key 25), v0–4: says that a transaction will commit offsets of a group (KIP-98).
 *
 * v2 may fail with PRODUCER_FENCED (KIP-588) · v3 flexible (KIP-482) · v4 may fail with
 * TRANSACTION_ABORTABLE (KIP-890).
 */
import { defineApi } from "../api.ts";
import { bigint64, int16, int32, string } from "../schema.ts";

export const AddOffsetsToTxnApi = defineApi({
  key: 25,
  name: "AddOffsetsToTxn",
  versions: [0, 4],
  flexible: 3,
  request: {
    transactionalId: string(),
    producerId: bigint64(),
    producerEpoch: int16(),
    groupId: string(),
  },
  response: { throttleTimeMs: int32(), errorCode: int16() },
});
