/**
 * CreatePartitions (key 37), v0–3: gives topics more partitions.
 *
 * v2 flexible · v3 may throttle (never here). Errors: TOPIC_AUTHORIZATION_FAILED here; the rest from
 * `Controller.createPartitions`.
 */
import type { ResponseOf } from "@runnel/protocol/api.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { CreatePartitionsApi } from "@runnel/protocol/messages/37-create-partitions.ts";
import type { Refused } from "#audit/changes.ts";
import { topicResource } from "#audit/entries.ts";
import { actorOf } from "./actor.ts";
import type { AdminServices } from "./admin-services.ts";
import type { Handler } from "./handler.ts";

type TopicAnswer = ResponseOf<typeof CreatePartitionsApi>["results"][number];

export const createPartitions: Handler<typeof CreatePartitionsApi, AdminServices> = {
  api: CreatePartitionsApi,
  versions: [0, 3],
  async handle(request, { authorizer, changes }, context) {
    const actor = actorOf(context);
    const isAllowed = (name: string) =>
      authorizer.allows(context.principal, "alter", "topic", name);
    const allowed = request.topics.filter(({ name }) => isAllowed(name));
    const grown = await changes.createPartitions(
      actor,
      allowed.map(({ name, count, assignments }) => ({
        name,
        count,
        assignments: assignments?.map(({ brokerIds }) => brokerIds) ?? null,
      })),
      { isValidateOnly: request.validateOnly },
    );
    const refused = request.topics.filter(({ name }) => !isAllowed(name));
    const forbidden = refused.map(({ name }): TopicAnswer => ({ name, ...FORBIDDEN }));
    if (!request.validateOnly) await changes.refuse(actor, refused.map(refusalOf));
    const done = grown.map(({ name, errorCode, message }): TopicAnswer => {
      return { name, errorCode, errorMessage: message };
    });
    return { throttleTimeMs: 0, results: [...done, ...forbidden] };
  },
};

const FORBIDDEN = {
  errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED,
  errorMessage: "not allowed to change this topic",
} as const;

function refusalOf({ name }: { readonly name: string }): Refused {
  const { errorCode, errorMessage: message } = FORBIDDEN;
  return { operation: "topic.grow", resource: topicResource(name), errorCode, message };
}
