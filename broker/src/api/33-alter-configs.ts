/**
 * AlterConfigs (key 33), v0–2: replaces all settings of a resource by those that are named.
 *
 * v2 flexible. Superseded by IncrementalAlterConfigs: two clients that use this one undo each other's
 * changes. Errors: authorization here; the rest from `Controller.alterConfigs`.
 */
import { AlterConfigsApi } from "@runnel/protocol/messages/33-alter-configs.ts";
import type { ConfigChange } from "#config/change.ts";
import type { AdminServices } from "./admin-services.ts";
import { alterResources } from "./alter-resources.ts";
import type { Handler } from "./handler.ts";

export const alterConfigs: Handler<typeof AlterConfigsApi, AdminServices> = {
  api: AlterConfigsApi,
  versions: [0, 2],
  async handle({ resources, validateOnly }, services, context) {
    const requests = resources.map(({ resourceType, resourceName, configs }) => ({
      type: resourceType,
      name: resourceName,
      isReplacing: true,
      // Null stands for the default: the setting is not among those that are set afterwards.
      changes: configs.map(({ name, value }): ConfigChange => {
        return { name, operation: value === null ? "delete" : "set", value };
      }),
    }));
    const responses = await alterResources(services, context, requests, validateOnly);
    return { throttleTimeMs: 0, responses };
  },
};
