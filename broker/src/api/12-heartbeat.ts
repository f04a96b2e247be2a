/**
 * Heartbeat (key 12), v0–4: keeps a classic-group member alive, and tells it of rebalances.
 *
 * v1 throttle time · v3 group instance id (KIP-345) · v4 flexible (KIP-482). Not served: nothing.
 * Errors: GROUP_AUTHORIZATION_FAILED here; the rest from `GroupCoordinator.heartbeat`.
 */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { HeartbeatApi } from "@runnel/protocol/messages/12-heartbeat.ts";
import type { GroupServices } from "./group-services.ts";
import type { Handler } from "./handler.ts";

export const heartbeat: Handler<typeof HeartbeatApi, GroupServices> = {
  api: HeartbeatApi,
  versions: [0, 4],
  async handle(request, { authorizer, groups }, { principal }) {
    if (!authorizer.allows(principal, "read", "group", request.groupId)) {
      return { throttleTimeMs: 0, errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED };
    }
    const { errorCode } = await groups.heartbeat(request);
    return { throttleTimeMs: 0, errorCode };
  },
};
