/**
 * DescribeTransactions (key 65), v0: state and partitions of transactions, by their ids (KIP-664).
 */
import { defineApi } from "../api.ts";
import { array, bigint64, int16, int32, int64, string } from "../schema.ts";

export const DescribeTransactionsApi = defineApi({
  key: 65,
  name: "DescribeTransactions",
  versions: [0, 0],
  flexible: 0,
  request: { transactionalIds: array(string()) },
  response: {
    throttleTimeMs: int32(),
    transactionStates: array({
      errorCode: int16(),
      transactionalId: string(),
      transactionState: string(),
      transactionTimeoutMs: int32(),
      transactionStartTimeMs: int64(),
      producerId: bigint64(),
      producerEpoch: int16(),
      topics: array({ topic: string(), partitions: array(int32()) }),
    }),
  },
});
