/**
 * DeleteRecords (key 21), v0–2: moves the start of a log; −1 means up to the high watermark.
 *
 * Errors: TOPIC_AUTHORIZATION_FAILED, UNKNOWN_TOPIC_OR_PARTITION, NOT_LEADER_OR_FOLLOWER,
 * OFFSET_OUT_OF_RANGE (above the high watermark), INVALID_TOPIC_EXCEPTION (internal topic),
 * KAFKA_STORAGE_ERROR. What was asked for twice is done once.
 */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { DeleteRecordsApi } from "@runnel/protocol/messages/21-delete-records.ts";
import {
  type DeletedRecords,
  deleteRecords as deletePartitionRecords,
} from "#replica/delete-records.ts";
import type { DataServices } from "./data-services.ts";
import type { Handler } from "./handler.ts";
import { type FoundTopic, topicByName, withPartition } from "./partition-lookup.ts";

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
): Promise<DeletedRecords> {
  if (found.topic === null) return failed(found.errorCode);
  if (found.topic.isInternal) return failed(ErrorCode.INVALID_TOPIC_EXCEPTION);
  const { logs, reads } = services;
  return await withPartition<DeletedRecords>(services, found.topic.id, index, (lookup) =>
    lookup.partition === null
      ? failed(lookup.errorCode)
      : deletePartitionRecords({ logs, logger: reads.logger }, lookup.partition, offset),
  );
}

function failed(errorCode: ErrorCode): DeletedRecords {
  return { lowWatermark: -1, errorCode };
}
