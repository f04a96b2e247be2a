/**
 * AddPartitionsToTxn (key 24), v0–5: says which partitions a transaction will write to (KIP-98).
 *
 * v2 may fail with PRODUCER_FENCED (KIP-588) · v3 flexible (KIP-482) · v4 several transactions, verify
 * only, meant for brokers (KIP-890) · v5 may fail with TRANSACTION_ABORTABLE (KIP-890).
 */
import { defineApi } from "../api.ts";
import { array, bigint64, bool, int16, int32, string } from "../schema.ts";

const topic = { name: string(), partitions: array(int32()) } as const;

const topicResult = {
  name: string(),
  resultsByPartition: array({ partitionIndex: int32(), partitionErrorCode: int16() }),
} as const;

export const AddPartitionsToTxnApi = defineApi({
  key: 24,
  name: "AddPartitionsToTxn",
  versions: [0, 5],
  flexible: 3,
  request: {
    transactions: array(
      {
        transactionalId: string(),
        producerId: bigint64(),
        producerEpoch: int16(),
        verifyOnly: bool({ default: false }),
        topics: array(topic),
      },
      { versions: "4+" },
    ),
    v3AndBelowTransactionalId: string({ versions: "0-3" }),
    v3AndBelowProducerId: bigint64({ versions: "0-3" }),
    v3AndBelowProducerEpoch: int16({ versions: "0-3" }),
    v3AndBelowTopics: array(topic, { versions: "0-3" }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16({ versions: "4+" }),
    resultsByTransaction: array(
      { transactionalId: string(), topicResults: array(topicResult) },
      { versions: "4+" },
    ),
    resultsByTopicV3AndBelow: array(topicResult, { versions: "0-3" }),
  },
});
