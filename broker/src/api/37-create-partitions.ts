/**
 * CreatePartitions (key 37), v0–3: gives topics more partitions.
 *
 * v2 flexible · v3 may throttle (never here). Errors: TOPIC_AUTHORIZATION_FAILED here; the rest from
 * `Controller.createPartitions`.
 */
import type { ResponseOf } from "@runnel/protocol/api.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { CreatePartitionsApi } from "@runnel/protocol/messages/37-create-partitions.ts";
import type { AdminServices } from "./admin-services.ts";
import type { Handler } from "./handler.ts";

type TopicAnswer = ResponseOf<typeof CreatePartitionsApi>["results"][number];

export const createPartitions: Handler<typeof CreatePartitionsApi, AdminServices> = {
  api: CreatePartitionsApi,
  versions: [0, 3],
  async handle(request, { authorizer, controller }, { principal }) {
    const isAllowed = (name: string) => authorizer.allows(principal, "alter", "topic", name);
    const allowed = request.topics.filter(({ name }) => isAllowed(name));
    const grown = await controller.createPartitions(
      allowed.map(({ name, count, assignments }) => ({
        name,
        count,
        assignments: assignments?.map(({ brokerIds }) => brokerIds) ?? null,
      })),
      { isValidateOnly: request.validateOnly },
    );
    const forbidden = request.topics
      .filter(({ name }) => !isAllowed(name))
      .map(({ name }): TopicAnswer => {
        const errorMessage = "not allowed to change this topic";
        return { name, errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, errorMessage };
      });
    const done = grown.map(({ name, errorCode, message }): TopicAnswer => {
      return { name, errorCode, errorMessage: message };
    });
    return { throttleTimeMs: 0, results: [...done, ...forbidden] };
  },
};
