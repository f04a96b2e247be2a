/**
 * Produce (key 0), v3–13: appends one record batch to each of several partitions.
 *
 * v3 transactional id, record batch v2 (KIP-98) · v4 may fail with KAFKA_STORAGE_ERROR (KIP-112) ·
 * v5 log start offset · v7 zstd (KIP-110) · v8 says which records were wrong (KIP-467) · v9 flexible
 * (KIP-482) · v10 tells the new leader (KIP-951) · v11 may fail with TRANSACTION_ABORTABLE (KIP-890) ·
 * v12 adds the partition to the transaction by itself (KIP-890) · v13 topic ids (KIP-516).
 */
import { defineApi } from "../api.ts";
import { array, int16, int32, int64, records, string, struct, uuid } from "../schema.ts";

export const ProduceApi = defineApi({
  key: 0,
  name: "Produce",
  versions: [3, 13],
  flexible: 9,
  request: {
    transactionalId: string({ versions: "3+", nullable: "3+", default: null }),
    acks: int16(),
    timeoutMs: int32(),
    topicData: array({
      name: string({ versions: "0-12" }),
      topicId: uuid({ versions: "13+" }),
      partitionData: array({ index: int32(), records: records({ nullable: "0+" }) }),
    }),
  },
  response: {
    responses: array({
      name: string({ versions: "0-12" }),
      topicId: uuid({ versions: "13+" }),
      partitionResponses: array({
        index: int32(),
        errorCode: int16(),
        baseOffset: int64(),
        logAppendTimeMs: int64({ versions: "2+", default: -1 }),
        logStartOffset: int64({ versions: "5+", default: -1 }),
        recordErrors: array(
          {
            batchIndex: int32(),
            batchIndexErrorMessage: string({ nullable: "8+", default: null }),
          },
          { versions: "8+" },
        ),
        errorMessage: string({ versions: "8+", nullable: "8+", default: null }),
        currentLeader: struct(
          { leaderId: int32({ default: -1 }), leaderEpoch: int32({ default: -1 }) },
          { versions: "10+", tag: 0, tagged: "10+" },
        ),
      }),
    }),
    throttleTimeMs: int32({ versions: "1+" }),
    nodeEndpoints: array(
      {
        nodeId: int32(),
        host: string(),
        port: int32(),
        rack: string({ nullable: "10+", default: null }),
      },
      { versions: "10+", tag: 0, tagged: "10+" },
    ),
  },
});
