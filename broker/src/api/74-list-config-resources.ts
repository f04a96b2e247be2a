/**
 * ListConfigResources (key 74), v0–1: what there is to describe with DescribeConfigs (KIP-1142).
 *
 * v0 lists client metrics (there are none) · v1 the types that are asked for, all when none is named.
 * Errors: CLUSTER_AUTHORIZATION_FAILED; UNSUPPORTED_VERSION for a type that does not exist.
 */
import type { ResponseOf } from "@runnel/protocol/api.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { ListConfigResourcesApi } from "@runnel/protocol/messages/74-list-config-resources.ts";
import { CLUSTER_RESOURCE } from "#auth/authorizer.ts";
import { ResourceType } from "#controller/change-configs.ts";
import type { MetadataImage } from "#metadata/image.ts";
import type { AdminServices } from "./admin-services.ts";
import type { Handler } from "./handler.ts";

type ResourceAnswer = ResponseOf<typeof ListConfigResourcesApi>["configResources"][number];

const ALL_TYPES: readonly number[] = Object.values(ResourceType);

export const listConfigResources: Handler<typeof ListConfigResourcesApi, AdminServices> = {
  api: ListConfigResourcesApi,
  versions: [0, 1],
  handle({ resourceTypes }, { authorizer, view }, { principal, apiVersion }) {
    if (!authorizer.allows(principal, "describeConfigs", "cluster", CLUSTER_RESOURCE)) {
      const errorCode = ErrorCode.CLUSTER_AUTHORIZATION_FAILED;
      return { throttleTimeMs: 0, errorCode, configResources: [] };
    }
    const asked = apiVersion === 0 ? [ResourceType.CLIENT_METRICS] : resourceTypes;
    const types = new Set(asked.length === 0 ? ALL_TYPES : asked);
    if ([...types].some((type) => !ALL_TYPES.includes(type))) {
      return { throttleTimeMs: 0, errorCode: ErrorCode.UNSUPPORTED_VERSION, configResources: [] };
    }
    const configResources = [...types].flatMap((type) => resourcesOf(view.image, type));
    return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, configResources };
  },
};

/** Log levels and client metrics have no settings that could be listed. */
function resourcesOf(image: MetadataImage, resourceType: number): readonly ResourceAnswer[] {
  const named = (resourceName: string) => ({ resourceName, resourceType });
  if (resourceType === ResourceType.TOPIC) return [...image.topicsByName.keys()].map(named);
  if (resourceType === ResourceType.BROKER) return [...image.brokers.keys()].map(String).map(named);
  if (resourceType === ResourceType.GROUP) return [...image.groupConfigs.keys()].map(named);
  return [];
}
