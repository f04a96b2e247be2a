/**
 * DescribeTopicPartitions (key 75), v0: topics and their partitions, page by page (KIP-966).
 *
 * Topics come by name, those named or all; a page holds at most 2,000 partitions, and the cursor says
 * where the next one begins. Topics without the right to describe are left out of "all", and refused
 * where they are named. Errors per topic: TOPIC_AUTHORIZATION_FAILED, UNKNOWN_TOPIC_OR_PARTITION,
 * INVALID_REQUEST for a cursor that points nowhere.
 */
import { ZERO_UUID } from "@runnel/kit/uuid.ts";
import type { RequestOf, ResponseOf } from "@runnel/protocol/api.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { DescribeTopicPartitionsApi } from "@runnel/protocol/messages/75-describe-topic-partitions.ts";
import { INTERNAL_TOPICS, type MetadataImage } from "#metadata/image.ts";
import type { AdminServices } from "./admin-services.ts";
import { authorizedOperations } from "./authorized-operations.ts";
import type { Handler, RequestContext } from "./handler.ts";
import { partitionState } from "./partition-state.ts";

type Request = RequestOf<typeof DescribeTopicPartitionsApi>;
type Response = ResponseOf<typeof DescribeTopicPartitionsApi>;
type TopicAnswer = Response["topics"][number];

/** Kafka's max.request.partition.size.limit. */
const PARTITIONS_PER_PAGE_MAX = 2_000;

export const describeTopicPartitions: Handler<typeof DescribeTopicPartitionsApi, AdminServices> = {
  api: DescribeTopicPartitionsApi,
  versions: [0, 0],
  handle(request, services, context) {
    const { image } = services.view;
    const names = namesOf(request, image, services, context);
    if (request.cursor !== null && request.cursor.partitionIndex < 0) {
      const topics = names.map((name) => failure(name, ErrorCode.INVALID_REQUEST));
      return { throttleTimeMs: 0, topics, nextCursor: null };
    }
    const { topicName = "", partitionIndex = 0 } = request.cursor ?? {};
    let left = Math.min(Math.max(1, request.responsePartitionLimit), PARTITIONS_PER_PAGE_MAX);
    const topics: TopicAnswer[] = [];
    for (const name of names) {
      if (name < topicName) continue;
      const first = name === topicName ? partitionIndex : 0;
      if (left === 0) return page(topics, { topicName: name, partitionIndex: first });
      const answer = topicAnswer(name, services, context, { first, count: left });
      topics.push(answer);
      left -= answer.partitions.length;
      const next = first + answer.partitions.length;
      const count = image.topicsByName.get(name)?.partitions.length ?? 0;
      if (left === 0 && next < count)
        return page(topics, { topicName: name, partitionIndex: next });
    }
    return page(topics, null);
  },
};

function page(topics: readonly TopicAnswer[], nextCursor: Response["nextCursor"]): Response {
  return { throttleTimeMs: 0, topics, nextCursor };
}

/** Names in order, each once; all that may be seen when none is named. */
function namesOf(
  request: Request,
  image: MetadataImage,
  { authorizer }: AdminServices,
  { principal }: RequestContext,
): readonly string[] {
  const names =
    request.topics.length > 0
      ? new Set(request.topics.map(({ name }) => name))
      : [...image.topicsByName.keys()].filter((name) =>
          authorizer.allows(principal, "describe", "topic", name),
        );
  return [...names].toSorted();
}

function topicAnswer(
  name: string,
  { authorizer, view }: AdminServices,
  { principal }: RequestContext,
  window: { readonly first: number; readonly count: number },
): TopicAnswer {
  if (!authorizer.allows(principal, "describe", "topic", name)) {
    return failure(name, ErrorCode.TOPIC_AUTHORIZATION_FAILED);
  }
  const topic = view.image.topicsByName.get(name);
  if (topic === undefined) return failure(name, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  return {
    errorCode: ErrorCode.NONE,
    name,
    topicId: topic.id,
    isInternal: topic.isInternal,
    partitions: topic.partitions
      .slice(window.first, window.first + window.count)
      .map((partition) => ({
        ...partitionState(view.image, partition),
        eligibleLeaderReplicas: partition.elr,
        lastKnownElr: partition.lastKnownElr,
      })),
    topicAuthorizedOperations: authorizedOperations(authorizer, principal, "topic", name),
  };
}

function failure(name: string, errorCode: ErrorCode): TopicAnswer {
  const isInternal = INTERNAL_TOPICS.has(name);
  return { errorCode, name, topicId: ZERO_UUID, isInternal, partitions: [] };
}
