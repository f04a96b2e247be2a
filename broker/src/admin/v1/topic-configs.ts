/** The settings of a topic. */
import type { AnswerOf } from "@runnel/contracts/routes.ts";
import { ResourceType } from "#controller/change-configs.ts";
import { topicConfigsVersion } from "#controller/versions.ts";
import { change, describe } from "./configs.ts";
import type { Call } from "./serve.ts";
import type { V1Services } from "./services.ts";
import { topicFor } from "./topic-view.ts";

export function getTopicConfigs(
  { params, caller }: Call<"getTopicConfigs">,
  services: V1Services,
): AnswerOf<"getTopicConfigs"> {
  const topic = topicFor(services, caller, "describeConfigs", params.topic);
  const resource = { type: ResourceType.TOPIC, name: topic.name };
  const etag = topicConfigsVersion(topic);
  return { etag, items: describe(services, resource, `topic ${topic.name}`) };
}

export async function changeTopicConfigs(
  { params, body, query, expectedVersion, caller }: Call<"changeTopicConfigs">,
  services: V1Services,
): Promise<AnswerOf<"changeTopicConfigs">> {
  const { name } = topicFor(services, caller, "alterConfigs", params.topic);
  return await change(services, {
    type: ResourceType.TOPIC,
    name,
    subject: `topic ${name}`,
    configs: body.configs,
    expectedVersion,
    isDryRun: query.dryRun === true,
    actor: caller.actor,
    version: () => topicConfigsVersion(topicFor(services, caller, "alterConfigs", name)),
  });
}
