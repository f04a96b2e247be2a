/**
 * DeleteRecords (key 21), v0–2: moves the start of a log; −1 means up to the high watermark.
 *
 * Errors: TOPIC_AUTHORIZATION_FAILED, UNKNOWN_TOPIC_OR_PARTITION, NOT_LEADER_OR_FOLLOWER,
 * OFFSET_OUT_OF_RANGE (above the high watermark), INVALID_TOPIC_EXCEPTION (internal topic),
 * KAFKA_STORAGE_ERROR. What was asked for twice is done once.
 */
import { messageOf } from "@runnel/kit/errors.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { DeleteRecordsApi } from "@runnel/protocol/messages/21-delete-records.ts";
import type { Partition } from "#replica/partition.ts";
import type { DataServices } from "./data-services.ts";
import type { Handler } from "./handler.ts";
import { type FoundTopic, topicByName, withPartition } from "./partition-lookup.ts";

const UP_TO_HIGH_WATERMARK = -1;

interface Answer {
  readonly lowWatermark: number;
  readonly errorCode: ErrorCode;
}

export const deleteRecords: Handler<typeof DeleteRecordsApi, DataServices> = {
  api: DeleteRecordsApi,
  versions: [0, 2],
  async handle(request, services, context) {
    const topics = request.topics.map(async ({ name, partitions }) => {
      const found = topicByName(services, context, "delete", name);
      const answers = partitions.map(async ({ partitionIndex, offset }) => ({
        partitionIndex,
        ...(await deleteUpTo(offset, found, partitionIndex, services)),
      }));
      return { name, partitions: await Promise.all(answers) };
    });
    return { throttleTimeMs: 0, topics: await Promise.all(topics) };
  },
};

async function deleteUpTo(
  offset: number,
  found: FoundTopic,
  index: number,
  services: DataServices,
): Promise<Answer> {
  if (found.topic === null) return failed(found.errorCode);
  if (found.topic.isInternal) return failed(ErrorCode.INVALID_TOPIC_EXCEPTION);
  return await withPartition<Answer>(services, found.topic.id, index, (lookup) =>
    lookup.partition === null
      ? failed(lookup.errorCode)
      : moveStart(lookup.partition, offset, services),
  );
}

async function moveStart(
  { log, highWatermark, identity }: Partition,
  asked: number,
  services: DataServices,
): Promise<Answer> {
  const offset = asked === UP_TO_HIGH_WATERMARK ? highWatermark : asked;
  if (offset < 0 || offset > highWatermark) return failed(ErrorCode.OFFSET_OUT_OF_RANGE);
  try {
    await services.logs.deleteRecords(log, offset);
    return { lowWatermark: log.logStartOffset, errorCode: ErrorCode.NONE };
  } catch (error) {
    const { topicName: topic, index: partition } = identity;
    services.reads.logger.error(
      { topic, partition, error: messageOf(error) },
      "deleting records failed",
    );
    return failed(ErrorCode.KAFKA_STORAGE_ERROR);
  }
}

function failed(errorCode: ErrorCode): Answer {
  return { lowWatermark: -1, errorCode };
}
