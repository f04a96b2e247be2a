/**
 * DeleteTopics (key 20), v1–6: deletes topics by name or, from v6 on, by id.
 *
 * v5 error message · v6 topic ids (KIP-516). Errors: TOPIC_DELETION_DISABLED (v3 on; INVALID_REQUEST
 * before) and authorization here; the rest from `Controller.deleteTopics`. A topic is gone for clients
 * when the answer goes out; its files follow.
 */
import { ZERO_UUID } from "@runnel/kit/uuid.ts";
import type { ResponseOf } from "@runnel/protocol/api.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { DeleteTopicsApi } from "@runnel/protocol/messages/20-delete-topics.ts";
import type { Refused } from "#audit/changes.ts";
import { topicResource } from "#audit/entries.ts";
import type { TopicReference } from "#controller/change-topics.ts";
import { actorOf } from "./actor.ts";
import type { AdminServices } from "./admin-services.ts";
import type { Handler, RequestContext } from "./handler.ts";

type TopicAnswer = ResponseOf<typeof DeleteTopicsApi>["responses"][number];

export const deleteTopics: Handler<typeof DeleteTopicsApi, AdminServices> = {
  api: DeleteTopicsApi,
  versions: [1, 6],
  async handle(request, services, context) {
    const references: readonly TopicReference[] =
      context.apiVersion >= 6
        ? request.topics
        : request.topicNames.map((name) => ({ name, topicId: ZERO_UUID }));
    const refusals = references.map((reference) => refusal(reference, services, context));
    const actor = actorOf(context);
    await services.changes.refuse(actor, refusals.flatMap(refusedOf));
    const results = await services.changes.deleteTopics(
      actor,
      references.filter((_reference, index) => refusals[index] === null),
    );
    let next = 0;
    const responses = refusals.map((refused): TopicAnswer => {
      if (refused !== null) return refused;
      const result = results[next];
      next += 1;
      const { name = null, topicId = ZERO_UUID } = result ?? {};
      const errorCode = result?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
      return { name, topicId, errorCode, errorMessage: result?.message ?? null };
    });
    return { throttleTimeMs: 0, responses };
  },
};

function refusedOf(answer: TopicAnswer | null): Refused[] {
  if (answer === null) return [];
  const { name, topicId = ZERO_UUID, errorCode, errorMessage = null } = answer;
  const resource = topicResource(name ?? topicId);
  const code = errorCode as ErrorCode;
  return [{ operation: "topic.delete", resource, errorCode: code, message: errorMessage }];
}

/** Why the topic is not even looked at; null when it is. */
function refusal(
  { name, topicId }: TopicReference,
  services: AdminServices,
  { principal, apiVersion }: RequestContext,
): TopicAnswer | null {
  const { authorizer, view, isTopicDeletionEnabled } = services;
  if (!isTopicDeletionEnabled) {
    const errorCode =
      apiVersion < 3 ? ErrorCode.INVALID_REQUEST : ErrorCode.TOPIC_DELETION_DISABLED;
    const errorMessage = "delete.topic.enable is false on this broker";
    return { name, topicId, errorCode, errorMessage };
  }
  const known = name ?? view.image.topicsById.get(topicId)?.name;
  if (known === undefined || authorizer.allows(principal, "delete", "topic", known)) return null;
  const isHidden = name === null && !authorizer.allows(principal, "describe", "topic", known);
  // An id of a topic that one may not see is answered as one that no topic has.
  return isHidden
    ? { name, topicId, errorCode: ErrorCode.UNKNOWN_TOPIC_ID, errorMessage: "no topic has this id" }
    : {
        name,
        topicId,
        errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED,
        errorMessage: "not allowed to delete this topic",
      };
}
