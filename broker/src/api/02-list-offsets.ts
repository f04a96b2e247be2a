/**
 * ListOffsets (key 2), v1–11: an offset by time, or one of the special ones.
 *
 * −1 latest · −2 earliest · −3 newest timestamp (v7, KIP-734) · −4 earliest local (v8, the same without
 * tiers) · −5 latest tiered (v9) and −6 earliest pending upload (v11): none without tiers.
 * Errors: TOPIC_AUTHORIZATION_FAILED, UNKNOWN_TOPIC_OR_PARTITION, NOT_LEADER_OR_FOLLOWER,
 * FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH, INVALID_REQUEST (asked twice), UNSUPPORTED_VERSION,
 * KAFKA_STORAGE_ERROR.
 */
import { messageOf } from "@runnel/kit/errors.ts";
import type { RequestOf } from "@runnel/protocol/api.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { ListOffsetsApi } from "@runnel/protocol/messages/02-list-offsets.ts";
import { findByTimestamp, findNewest } from "#log/log-lookup.ts";
import { leaderEpochError } from "#replica/fetch.ts";
import type { Partition } from "#replica/partition.ts";
import type { DataServices } from "./data-services.ts";
import type { Handler, RequestContext } from "./handler.ts";
import { type FoundTopic, topicByName, withPartition } from "./partition-lookup.ts";

const LATEST = -1;
const EARLIEST = -2;
const NEWEST_TIMESTAMP = -3;
const EARLIEST_LOCAL = -4;
const LATEST_TIERED = -5;
const EARLIEST_PENDING_UPLOAD = -6;

/** The first version that may ask for each special timestamp. */
const SINCE = new Map([
  [LATEST, 1],
  [EARLIEST, 1],
  [NEWEST_TIMESTAMP, 7],
  [EARLIEST_LOCAL, 8],
  [LATEST_TIERED, 9],
  [EARLIEST_PENDING_UPLOAD, 11],
]);

type Asked = RequestOf<typeof ListOffsetsApi>["topics"][number]["partitions"][number];

interface Answer {
  readonly errorCode: ErrorCode;
  readonly offset?: number;
  readonly timestamp?: number;
  readonly leaderEpoch?: number;
}

export const listOffsets: Handler<typeof ListOffsetsApi, DataServices> = {
  api: ListOffsetsApi,
  versions: [1, 11],
  async handle(request, services, context) {
    const asked = countAsked(request);
    const topics = request.topics.map(async (topic) => {
      const found = topicByName(services, context, "describe", topic.name);
      const partitions = topic.partitions.map(async (one) => {
        const isTwice = (asked.get(`${topic.name}:${one.partitionIndex}`) ?? 0) > 1;
        const answer = isTwice
          ? { errorCode: ErrorCode.INVALID_REQUEST }
          : await answerFor(one, found, services, context);
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
  context: RequestContext,
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
    const { reads } = services;
    const found = needsRecords(asked.timestamp)
      ? reads.reads.run(() => find(asked.timestamp, partition))
      : find(asked.timestamp, partition);
    return found.catch((error: unknown) => {
      const { topicName: topic, index } = partition.identity;
      services.reads.logger.error(
        { topic, partition: index, error: messageOf(error) },
        "looking up an offset failed",
      );
      return { errorCode: ErrorCode.KAFKA_STORAGE_ERROR };
    });
  });
}

/** Lookups that read segments take their turn with the reads of fetches: each holds a megabyte or more. */
function needsRecords(timestamp: number): boolean {
  return timestamp >= 0 || timestamp === NEWEST_TIMESTAMP;
}

async function find(timestamp: number, partition: Partition): Promise<Answer> {
  const { log, highWatermark } = partition;
  const at = (offset: number, time = -1): Answer => ({
    errorCode: ErrorCode.NONE,
    offset,
    timestamp: time,
    leaderEpoch:
      offset < 0
        ? -1
        : offset >= log.logEndOffset
          ? partition.leaderEpoch
          : log.epochs.epochAt(offset),
  });
  switch (timestamp) {
    case LATEST:
      return at(highWatermark);
    case EARLIEST:
    case EARLIEST_LOCAL:
      return at(log.logStartOffset);
    case LATEST_TIERED:
    case EARLIEST_PENDING_UPLOAD:
      return at(-1);
    default: {
      const record =
        timestamp === NEWEST_TIMESTAMP
          ? await findNewest(log, highWatermark)
          : await findByTimestamp(log, timestamp, highWatermark);
      return record === null ? at(-1) : at(record.offset, record.timestamp);
    }
  }
}
