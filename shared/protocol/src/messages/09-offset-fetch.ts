/**
 * OffsetFetch (key 9), v1–10: the committed positions of a group, or of several.
 *
 * v1 from the offsets topic · v2 `null` topics = all, top-level error (KIP-88) · v3 throttle time
 * (KIP-124) · v5 leader epoch (KIP-320) · v6 flexible (KIP-482) · v7 can insist on stable offsets
 * (KIP-447) · v8 several groups (KIP-709) · v9 member id and epoch (KIP-848) · v10 topic ids (KIP-848).
 */
import { defineApi } from "../api.ts";
import { array, bool, int16, int32, int64, string, uuid } from "../schema.ts";

export const OffsetFetchApi = defineApi({
  key: 9,
  name: "OffsetFetch",
  versions: [1, 10],
  flexible: 6,
  request: {
    groupId: string({ versions: "0-7" }),
    topics: array(
      { name: string(), partitionIndexes: array(int32()) },
      { versions: "0-7", nullable: "2-7" },
    ),
    groups: array(
      {
        groupId: string(),
        memberId: string({ versions: "9+", nullable: "9+", default: null }),
        memberEpoch: int32({ versions: "9+", default: -1 }),
        topics: array(
          {
            name: string({ versions: "8-9" }),
            topicId: uuid({ versions: "10+" }),
            partitionIndexes: array(int32()),
          },
          { nullable: "8+" },
        ),
      },
      { versions: "8+" },
    ),
    requireStable: bool({ versions: "7+" }),
  },
  response: {
    throttleTimeMs: int32({ versions: "3+" }),
    topics: array(
      {
        name: string(),
        partitions: array({
          partitionIndex: int32(),
          committedOffset: int64(),
          committedLeaderEpoch: int32({ versions: "5-7", default: -1 }),
          metadata: string({ nullable: "0-7" }),
          errorCode: int16(),
        }),
      },
      { versions: "0-7" },
    ),
    errorCode: int16({ versions: "2-7" }),
    groups: array(
      {
        groupId: string(),
        topics: array({
          name: string({ versions: "8-9" }),
          topicId: uuid({ versions: "10+" }),
          partitions: array({
            partitionIndex: int32(),
            committedOffset: int64(),
            committedLeaderEpoch: int32({ default: -1 }),
            metadata: string({ nullable: "8+" }),
            errorCode: int16(),
          }),
        }),
        errorCode: int16(),
      },
      { versions: "8+" },
    ),
  },
});
