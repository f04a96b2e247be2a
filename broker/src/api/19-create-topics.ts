/**
 * CreateTopics (key 19), v2–7: creates topics, each wholly or not at all.
 *
 * v4 −1 for the broker's defaults (KIP-464) · v5 effective settings (KIP-525) · v7 topic id (KIP-516).
 * Errors: TOPIC_AUTHORIZATION_FAILED here; the rest from `Controller.createTopics`. The time limit of
 * the request is not needed: a topic is there when the answer goes out.
 */
import { ZERO_UUID } from "@runnel/kit/uuid.ts";
import type { ResponseOf } from "@runnel/protocol/api.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { CreateTopicsApi } from "@runnel/protocol/messages/19-create-topics.ts";
import type { Refused } from "#audit/changes.ts";
import { topicResource } from "#audit/entries.ts";
import { CLUSTER_RESOURCE } from "#auth/authorizer.ts";
import type { CreatedTopic } from "#controller/create-topics.ts";
import { actorOf } from "./actor.ts";
import type { AdminServices } from "./admin-services.ts";
import type { Handler } from "./handler.ts";

type TopicAnswer = ResponseOf<typeof CreateTopicsApi>["topics"][number];

export const createTopics: Handler<typeof CreateTopicsApi, AdminServices> = {
  api: CreateTopicsApi,
  versions: [2, 7],
  async handle(request, { authorizer, changes }, context) {
    const { principal } = context;
    const onCluster = authorizer.allows(principal, "create", "cluster", CLUSTER_RESOURCE);
    const isAllowed = (name: string) =>
      onCluster || authorizer.allows(principal, "create", "topic", name);
    const allowed = request.topics.filter(({ name }) => isAllowed(name));
    const actor = actorOf(context);
    const results = await changes.createTopics(
      actor,
      allowed.map(({ numPartitions, ...topic }) => ({ ...topic, partitionCount: numPartitions })),
      { isValidateOnly: request.validateOnly },
    );
    // By name: a topic that was named several times is answered once.
    const answers = new Map<string, TopicAnswer>();
    for (const { name } of request.topics) if (!isAllowed(name)) answers.set(name, forbidden(name));
    if (!request.validateOnly) await changes.refuse(actor, [...answers.values()].map(refusalOf));
    for (const result of results) {
      const { name } = result;
      const isDescribable = authorizer.allows(principal, "describeConfigs", "topic", name);
      answers.set(name, answer(result, isDescribable));
    }
    return { throttleTimeMs: 0, topics: [...answers.values()] };
  },
};

function answer(result: CreatedTopic, isDescribable: boolean): TopicAnswer {
  const { name, topicId, errorCode, message: errorMessage } = result;
  if (errorCode !== ErrorCode.NONE) return { name, topicId, errorCode, errorMessage, configs: [] };
  if (!isDescribable) {
    const topicConfigErrorCode = ErrorCode.TOPIC_AUTHORIZATION_FAILED;
    return { name, topicId, errorCode, errorMessage, topicConfigErrorCode, configs: null };
  }
  return {
    name,
    topicId,
    errorCode,
    errorMessage,
    numPartitions: result.partitionCount,
    replicationFactor: result.replicationFactor,
    configs: result.configs.map((entry) => ({
      name: entry.name,
      value: entry.value,
      readOnly: entry.isReadOnly,
      configSource: entry.source,
      isSensitive: false,
    })),
  };
}

function refusalOf({ name, errorCode, errorMessage = null }: TopicAnswer): Refused {
  const resource = topicResource(name);
  const code = errorCode as ErrorCode;
  return { operation: "topic.create", resource, errorCode: code, message: errorMessage };
}

function forbidden(name: string): TopicAnswer {
  return {
    name,
    topicId: ZERO_UUID,
    errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED,
    errorMessage: "not allowed to create this topic",
    configs: [],
  };
}
