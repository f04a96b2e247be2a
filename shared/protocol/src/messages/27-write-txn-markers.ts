/**
 * WriteTxnMarkers (key 27), v1–2: coordinator to leader: write commit or abort markers (KIP-98).
 *
 * v1 flexible (KIP-482) · v2 transaction version, for a stricter epoch check (KIP-1228).
 */
import { defineApi } from "../api.ts";
import { array, bigint64, bool, int8, int16, int32, string } from "../schema.ts";

export const WriteTxnMarkersApi = defineApi({
  key: 27,
  name: "WriteTxnMarkers",
  versions: [1, 2],
  flexible: 1,
  request: {
    markers: array({
      producerId: bigint64(),
      producerEpoch: int16(),
      transactionResult: bool(),
      topics: array({ name: string(), partitionIndexes: array(int32()) }),
      coordinatorEpoch: int32(),
      transactionVersion: int8({ versions: "2+" }),
    }),
  },
  response: {
    markers: array({
      producerId: bigint64(),
      topics: array({
        name: string(),
        partitions: array({ partitionIndex: int32(), errorCode: int16() }),
      }),
    }),
  },
});
