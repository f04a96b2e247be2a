/**
 * DescribeLogDirs (key 35), v1–5: data folders of a broker, and the size of each replica (KIP-113).
 *
 * v2 flexible (KIP-482) · v3 top-level error (KIP-784) · v4 size and free space of the volume (KIP-827) ·
 * v5 whether the folder is closed to new replicas (KIP-1066).
 */
import { defineApi } from "../api.ts";
import { array, bool, int16, int32, int64, string } from "../schema.ts";

export const DescribeLogDirsApi = defineApi({
  key: 35,
  name: "DescribeLogDirs",
  versions: [1, 5],
  flexible: 2,
  request: {
    topics: array({ topic: string(), partitions: array(int32()) }, { nullable: "0+" }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16({ versions: "3+" }),
    results: array({
      errorCode: int16(),
      logDir: string(),
      topics: array({
        name: string(),
        partitions: array({
          partitionIndex: int32(),
          partitionSize: int64(),
          offsetLag: int64(),
          isFutureKey: bool(),
        }),
      }),
      totalBytes: int64({ versions: "4+", default: -1 }),
      usableBytes: int64({ versions: "4+", default: -1 }),
      isCordoned: bool({ versions: "5+" }),
    }),
  },
});
