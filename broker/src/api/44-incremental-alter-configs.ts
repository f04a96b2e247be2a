/**
 * IncrementalAlterConfigs (key 44), v0–1: changes single settings of topics and brokers (KIP-339).
 *
 * v1 flexible. Operations: 0 set, 1 delete, 2 append to a list, 3 subtract from it. All changes of a
 * resource are made or none. Errors: authorization and unknown operations here; the rest from
 * `Controller.alterConfigs`.
 */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { IncrementalAlterConfigsApi } from "@runnel/protocol/messages/44-incremental-alter-configs.ts";
import type { ConfigChange } from "#config/change.ts";
import { failed } from "#controller/outcome.ts";
import type { AdminServices } from "./admin-services.ts";
import { alterResources } from "./alter-resources.ts";
import type { Handler } from "./handler.ts";

/** AlterConfigOp.OpType, by its number. */
const OPERATIONS: readonly ConfigChange["operation"][] = ["set", "delete", "append", "subtract"];

export const incrementalAlterConfigs: Handler<typeof IncrementalAlterConfigsApi, AdminServices> = {
  api: IncrementalAlterConfigsApi,
  versions: [0, 1],
  async handle({ resources, validateOnly }, services, context) {
    const requests = resources.map(({ resourceType, resourceName, configs }) => {
      const resource = { type: resourceType, name: resourceName };
      const changes: ConfigChange[] = [];
      for (const { name, configOperation, value } of configs) {
        const operation = OPERATIONS[configOperation];
        if (operation === undefined) {
          const message = `there is no operation ${configOperation}`;
          return { ...resource, ...failed(ErrorCode.INVALID_REQUEST, message) };
        }
        changes.push({ name, operation, value });
      }
      return { ...resource, changes, isReplacing: false };
    });
    const responses = await alterResources(services, context, requests, validateOnly);
    return { throttleTimeMs: 0, responses };
  },
};
