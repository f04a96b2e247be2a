/**
 * Fetch (key 1), v4–18: reads record batches, for consumers and for followers.
 *
 * v5 log start offset · v7 sessions (KIP-227) · v9 leader epoch (KIP-320) · v10 zstd (KIP-110) ·
 * v11 rack, preferred replica (KIP-392) · v12 flexible, diverging epoch (KIP-595) · v13 topic ids
 * (KIP-516) · v15 replica state (KIP-903) · v16 node endpoints (KIP-951) · v17 directory ids
 * (KIP-853) · v18 high watermark (KIP-1166).
 */
import { defineApi } from "../api.ts";
import {
  array,
  bigint64,
  int8,
  int16,
  int32,
  int64,
  records,
  string,
  struct,
  uuid,
} from "../schema.ts";

export const FetchApi = defineApi({
  key: 1,
  name: "Fetch",
  versions: [4, 18],
  flexible: 12,
  request: {
    clusterId: string({ versions: "12+", nullable: "12+", default: null, tag: 0, tagged: "12+" }),
    replicaId: int32({ versions: "0-14", default: -1 }),
    replicaState: struct(
      { replicaId: int32({ default: -1 }), replicaEpoch: int64({ default: -1 }) },
      { versions: "15+", tag: 1, tagged: "15+" },
    ),
    maxWaitMs: int32(),
    minBytes: int32(),
    maxBytes: int32({ versions: "3+", default: 0x7fffffff }),
    isolationLevel: int8({ versions: "4+" }),
    sessionId: int32({ versions: "7+" }),
    sessionEpoch: int32({ versions: "7+", default: -1 }),
    topics: array({
      topic: string({ versions: "0-12" }),
      topicId: uuid({ versions: "13+" }),
      partitions: array({
        partition: int32(),
        currentLeaderEpoch: int32({ versions: "9+", default: -1 }),
        fetchOffset: int64(),
        lastFetchedEpoch: int32({ versions: "12+", default: -1 }),
        logStartOffset: int64({ versions: "5+", default: -1 }),
        partitionMaxBytes: int32(),
        replicaDirectoryId: uuid({ versions: "17+", tag: 0, tagged: "17+" }),
        highWatermark: int64({
          versions: "18+",
          default: "9223372036854775807",
          tag: 1,
          tagged: "18+",
        }),
      }),
    }),
    forgottenTopicsData: array(
      {
        topic: string({ versions: "7-12" }),
        topicId: uuid({ versions: "13+" }),
        partitions: array(int32(), { versions: "7+" }),
      },
      { versions: "7+" },
    ),
    rackId: string({ versions: "11+" }),
  },
  response: {
    throttleTimeMs: int32({ versions: "1+" }),
    errorCode: int16({ versions: "7+" }),
    sessionId: int32({ versions: "7+" }),
    responses: array({
      topic: string({ versions: "0-12" }),
      topicId: uuid({ versions: "13+" }),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        highWatermark: int64(),
        lastStableOffset: int64({ versions: "4+", default: -1 }),
        logStartOffset: int64({ versions: "5+", default: -1 }),
        divergingEpoch: struct(
          { epoch: int32({ default: -1 }), endOffset: int64({ default: -1 }) },
          { versions: "12+", tag: 0, tagged: "12+" },
        ),
        currentLeader: struct(
          { leaderId: int32({ default: -1 }), leaderEpoch: int32({ default: -1 }) },
          { versions: "12+", tag: 1, tagged: "12+" },
        ),
        snapshotId: struct(
          { endOffset: int64({ default: -1 }), epoch: int32({ default: -1 }) },
          { versions: "12+", tag: 2, tagged: "12+" },
        ),
        abortedTransactions: array(
          { producerId: bigint64(), firstOffset: int64() },
          { versions: "4+", nullable: "4+" },
        ),
        preferredReadReplica: int32({ versions: "11+", default: -1 }),
        records: records({ nullable: "0+" }),
      }),
    }),
    nodeEndpoints: array(
      {
        nodeId: int32(),
        host: string(),
        port: int32(),
        rack: string({ nullable: "16+", default: null }),
      },
      { versions: "16+", tag: 0, tagged: "16+" },
    ),
  },
});
