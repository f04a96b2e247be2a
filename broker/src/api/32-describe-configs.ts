/**
 * DescribeConfigs (key 32), v1–4: the settings of topics, brokers and groups, every one with its
 * effective value.
 *
 * v1 synonyms and sources (KIP-226) · v3 documentation and types (KIP-569) · v4 flexible. The static
 * settings of a broker are told by that broker alone; an empty broker name asks for the dynamic
 * defaults of all brokers. Errors: authorization here; the rest from `Controller.describeConfigs`.
 */
import type { ResponseOf } from "@runnel/protocol/api.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { DescribeConfigsApi } from "@runnel/protocol/messages/32-describe-configs.ts";
import type { ConfigEntry } from "#config/describe.ts";
import type { AdminServices } from "./admin-services.ts";
import { configAuthorization, NOT_AUTHORIZED } from "./config-resources.ts";
import type { Handler } from "./handler.ts";

type EntryAnswer = ResponseOf<typeof DescribeConfigsApi>["results"][number]["configs"][number];

export const describeConfigs: Handler<typeof DescribeConfigsApi, AdminServices> = {
  api: DescribeConfigsApi,
  versions: [1, 4],
  handle(request, { authorizer, controller }, { principal }) {
    const results = request.resources.map(({ resourceType, resourceName, configurationKeys }) => {
      const resource = { type: resourceType, name: resourceName };
      const allowed = configAuthorization(authorizer, principal, "describeConfigs", resource);
      const described =
        allowed === ErrorCode.NONE
          ? controller.describeConfigs(resource, configurationKeys)
          : { errorCode: allowed, message: NOT_AUTHORIZED, entries: null };
      return {
        errorCode: described.errorCode,
        errorMessage: described.message,
        resourceType,
        resourceName,
        configs: (described.entries ?? []).map((entry) => entryAnswer(entry, request)),
      };
    });
    return { throttleTimeMs: 0, results };
  },
};

function entryAnswer(
  entry: ConfigEntry,
  asked: { readonly includeSynonyms: boolean; readonly includeDocumentation: boolean },
): EntryAnswer {
  return {
    name: entry.name,
    value: entry.value,
    readOnly: entry.isReadOnly,
    configSource: entry.source,
    isSensitive: false,
    synonyms: asked.includeSynonyms
      ? entry.synonyms.map(({ name, value, source }) => ({ name, value, source }))
      : [],
    configType: entry.type,
    documentation: asked.includeDocumentation ? entry.doc : null,
  };
}
