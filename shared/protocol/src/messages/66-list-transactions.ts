/**
 * ListTransactions (key 66), v0–2: the transactional ids that this broker coordinates (KIP-664).
 *
 * v1 only those that have run for long (KIP-994) · v2 only those that match a pattern (KIP-1152).
 */
import { defineApi } from "../api.ts";
import { array, bigint64, int16, int32, int64, string } from "../schema.ts";

export const ListTransactionsApi = defineApi({
  key: 66,
  name: "ListTransactions",
  versions: [0, 2],
  flexible: 0,
  request: {
    stateFilters: array(string()),
    producerIdFilters: array(bigint64()),
    durationFilter: int64({ versions: "1+", default: -1 }),
    transactionalIdPattern: string({ versions: "2+", nullable: "2+", default: null }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    unknownStateFilters: array(string()),
    transactionStates: array({
      transactionalId: string(),
      producerId: bigint64(),
      transactionState: string(),
    }),
  },
});
