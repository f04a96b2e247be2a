/**
 * DeleteRecords (key 21), v0–2: moves the start of a log; −1 means up to the high watermark.
 *
 * Errors: TOPIC_AUTHORIZATION_FAILED, UNKNOWN_TOPIC_OR_PARTITION, NOT_LEADER_OR_FOLLOWER,
 * OFFSET_OUT_OF_RANGE (above the high watermark), INVALID_TOPIC_EXCEPTION (internal topic),
 * POLICY_VIOLATION (the topic is only compacted), KAFKA_STORAGE_ERROR. What was asked for twice is done once.
 */
import type { RequestOf } from "@runnel/protocol/api.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { DeleteRecordsApi } from "@runnel/protocol/messages/21-delete-records.ts";
import { topicResource } from "#audit/entries.ts";
import type { DeletedRecords } from "#replica/delete-records.ts";
import { actorOf } from "./actor.ts";
import type { DataServices } from "./data-services.ts";
import type { Handler, RequestContext } from "./handler.ts";
import { topicByName } from "./partition-lookup.ts";

type RequestTopic = RequestOf<typeof DeleteRecordsApi>["topics"][number];

export const deleteRecords: Handler<typeof DeleteRecordsApi, DataServices> = {
  api: DeleteRecordsApi,
  versions: [0, 2],
  async handle(request, services, context) {
    const topics = request.topics.map(async (topic) => {
      const results = await deleteIn(topic, services, context);
      const partitions = topic.partitions.map(({ partitionIndex }, at) => {
        const { errorCode, lowWatermark } = results[at] ?? UNKNOWN;
        return { partitionIndex, lowWatermark, errorCode };
      });
      return { name: topic.name, partitions };
    });
    return { throttleTimeMs: 0, topics: await Promise.all(topics) };
  },
};

const UNKNOWN: DeletedRecords = { lowWatermark: -1, errorCode: ErrorCode.UNKNOWN_SERVER_ERROR };

async function deleteIn(
  { name, partitions }: RequestTopic,
  services: DataServices,
  context: RequestContext,
): Promise<readonly DeletedRecords[]> {
  const { changes } = services;
  const actor = actorOf(context);
  const found = topicByName(services, context, "delete", name);
  const refusal =
    found.topic === null
      ? found.errorCode
      : found.topic.isInternal
        ? ErrorCode.INVALID_TOPIC_EXCEPTION
        : ErrorCode.NONE;
  if (found.topic === null || refusal !== ErrorCode.NONE) {
    const outcome = { errorCode: refusal, message: null };
    const resource = topicResource(name);
    await changes.refuse(actor, [{ operation: "records.delete", resource, ...outcome }]);
    return partitions.map(() => ({ lowWatermark: -1, errorCode: refusal }));
  }
  const places = partitions.map(({ partitionIndex, offset }) => ({
    index: partitionIndex,
    offset,
  }));
  return await changes.deleteRecords(actor, found.topic, places);
}
