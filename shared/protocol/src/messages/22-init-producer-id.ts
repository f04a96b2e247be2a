/**
 * InitProducerId (key 22), v0–5: a producer id and epoch, for idempotence or transactions (KIP-98).
 *
 * v2 flexible (KIP-482) · v3 the id and epoch to be succeeded (KIP-360) · v4 may fail with
 * PRODUCER_FENCED (KIP-588) · v5 may fail with TRANSACTION_ABORTABLE (KIP-890).
 */
import { defineApi } from "../api.ts";
import { bigint64, int16, int32, string } from "../schema.ts";

export const InitProducerIdApi = defineApi({
  key: 22,
  name: "InitProducerId",
  versions: [0, 5],
  flexible: 2,
  request: {
    transactionalId: string({ nullable: "0+" }),
    transactionTimeoutMs: int32(),
    producerId: bigint64({ versions: "3+", default: -1 }),
    producerEpoch: int16({ versions: "3+", default: -1 }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    producerId: bigint64({ default: -1 }),
    producerEpoch: int16(),
  },
});
