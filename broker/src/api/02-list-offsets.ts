/**
 * ListOffsets (key 2), v1–11: an offset by time, or one of the special ones.
 *
 * −1 latest · −2 earliest · −3 newest timestamp (v7, KIP-734) · −4 earliest local (v8, the same without
 * tiers) · −5 latest tiered (v9) and −6 earliest pending upload (v11): none without tiers.
 * Errors: TOPIC_AUTHORIZATION_FAILED, UNKNOWN_TOPIC_OR_PARTITION, NOT_LEADER_OR_FOLLOWER,
 * FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH, INVALID_REQUEST (asked twice), UNSUPPORTED_VERSION,
 * KAFKA_STORAGE_ERROR.
 */
import type { RequestOf } from "@runnel/protocol/api.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { ListOffsetsApi } from "@runnel/protocol/messages/02-list-offsets.ts";
import { leaderEpochError } from "#replica/fetch.ts";
import { type ListedOffset, listOffset, SpecialTime } from "#replica/list-offset.ts";
import type { DataServices } from "./data-services.ts";
import type { Handler, RequestContext } from "./handler.ts";
import { type FoundTopic, topicByName, withPartition } from "./partition-lookup.ts";

/** The first version that may ask for each special timestamp. */
const SINCE = new Map<number, number>([
  [SpecialTime.LATEST, 1],
  [SpecialTime.EARLIEST, 1],
  [SpecialTime.NEWEST_TIMESTAMP, 7],
  [SpecialTime.EARLIEST_LOCAL, 8],
  [SpecialTime.LATEST_TIERED, 9],
  [SpecialTime.EARLIEST_PENDING_UPLOAD, 11],
]);

const READ_COMMITTED = 1;

type Asked = RequestOf<typeof ListOffsetsApi>["topics"][number]["partitions"][number];

type Answer = Pick<ListedOffset, "errorCode"> & Partial<ListedOffset>;

export const listOffsets: Handler<typeof ListOffsetsApi, DataServices> = {
  api: ListOffsetsApi,
  versions: [1, 11],
  async handle(request, services, context) {
    const asked = countAsked(request);
    const readCommitted = request.isolationLevel === READ_COMMITTED;
    const topics = request.topics.map(async (topic) => {
      const found = topicByName(services, context, "describe", topic.name);
      const partitions = topic.partitions.map(async (one) => {
        const isTwice = (asked.get(`${topic.name}:${one.partitionIndex}`) ?? 0) > 1;
        const answer = isTwice
          ? { errorCode: ErrorCode.INVALID_REQUEST }
          : await answerFor(one, found, services, { context, readCommitted });
        return { partitionIndex: one.partitionIndex, ...answer };
      });
      return { name: topic.name, partitions: await Promise.all(partitions) };
    });
    return { throttleTimeMs: 0, topics: await Promise.all(topics) };
  },
};

function countAsked(request: RequestOf<typeof ListOffsetsApi>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { name, partitions } of request.topics) {
    for (const { partitionIndex } of partitions) {
      const key = `${name}:${partitionIndex}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return counts;
}

async function answerFor(
  asked: Asked,
  found: FoundTopic,
  services: DataServices,
  { context, readCommitted }: { readonly context: RequestContext; readonly readCommitted: boolean },
): Promise<Answer> {
  if (found.topic === null) return { errorCode: found.errorCode };
  const since = asked.timestamp >= 0 ? 1 : SINCE.get(asked.timestamp);
  if (since === undefined || context.apiVersion < since) {
    return { errorCode: ErrorCode.UNSUPPORTED_VERSION };
  }
  return await withPartition<Answer>(services, found.topic.id, asked.partitionIndex, (lookup) => {
    if (lookup.partition === null) return { errorCode: lookup.errorCode };
    const { partition } = lookup;
    const errorCode = leaderEpochError(asked.currentLeaderEpoch, partition.leaderEpoch);
    if (errorCode !== ErrorCode.NONE) return { errorCode };
    return listOffset(services.reads, partition, { timestamp: asked.timestamp, readCommitted });
  });
}
