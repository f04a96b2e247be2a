/**
 * TxnOffsetCommit (key 28), v0–5: stores a group's position as part of a transaction (KIP-98).
 *
 * v2 leader epoch (KIP-320) · v3 flexible; generation, member and instance id (KIP-447) · v4 may fail
 * with TRANSACTION_ABORTABLE (KIP-890) · v5 adds the offsets to the transaction by itself (KIP-890).
 */
import { defineApi } from "../api.ts";
import { array, bigint64, int16, int32, int64, string } from "../schema.ts";

export const TxnOffsetCommitApi = defineApi({
  key: 28,
  name: "TxnOffsetCommit",
  versions: [0, 5],
  flexible: 3,
  request: {
    transactionalId: string(),
    groupId: string(),
    producerId: bigint64(),
    producerEpoch: int16(),
    generationIdOrMemberEpoch: int32({ versions: "3+", default: -1 }),
    memberId: string({ versions: "3+" }),
    groupInstanceId: string({ versions: "3+", nullable: "3+", default: null }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        committedOffset: int64(),
        committedLeaderEpoch: int32({ versions: "2+", default: -1 }),
        committedMetadata: string({ nullable: "0+" }),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    topics: array({
      name: string(),
      partitions: array({ partitionIndex: int32(), errorCode: int16() }),
    }),
  },
});
