/**
 * OffsetCommit (key 8), v2–10: stores a group's position in partitions.
 *
 * v2 retention time instead of commit time · v3 throttle time (KIP-124) · v5 without retention time
 * (KIP-211) · v6 leader epoch (KIP-320) · v7 group instance id (KIP-345) · v8 flexible (KIP-482) · v9
 * members of the new group protocol (KIP-848) · v10 topic ids (KIP-848).
 */
import { defineApi } from "../api.ts";
import { array, int16, int32, int64, string, uuid } from "../schema.ts";

export const OffsetCommitApi = defineApi({
  key: 8,
  name: "OffsetCommit",
  versions: [2, 10],
  flexible: 8,
  request: {
    groupId: string(),
    generationIdOrMemberEpoch: int32({ versions: "1+", default: -1 }),
    memberId: string({ versions: "1+" }),
    groupInstanceId: string({ versions: "7+", nullable: "7+", default: null }),
    retentionTimeMs: int64({ versions: "2-4", default: -1 }),
    topics: array({
      name: string({ versions: "0-9" }),
      topicId: uuid({ versions: "10+" }),
      partitions: array({
        partitionIndex: int32(),
        committedOffset: int64(),
        committedLeaderEpoch: int32({ versions: "6+", default: -1 }),
        committedMetadata: string({ nullable: "0+" }),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32({ versions: "3+" }),
    topics: array({
      name: string({ versions: "0-9" }),
      topicId: uuid({ versions: "10+" }),
      partitions: array({ partitionIndex: int32(), errorCode: int16() }),
    }),
  },
});
