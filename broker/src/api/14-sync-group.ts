/**
 * SyncGroup (key 14), v0–5: the leader hands in the assignment, each member gets its part.
 *
 * v3 group instance id (KIP-345) · v5 protocol type and name, which must be there and match (KIP-559).
 * Not served: nothing.
 * Errors: GROUP_AUTHORIZATION_FAILED and INCONSISTENT_GROUP_PROTOCOL here; the rest from
 * `GroupCoordinator.sync`.
 */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { SyncGroupApi } from "@runnel/protocol/messages/14-sync-group.ts";
import { refusedSync } from "#coordinator/group/rebalance.ts";
import type { GroupServices } from "./group-services.ts";
import type { Handler } from "./handler.ts";

const PROTOCOL_SINCE = 5;

export const syncGroup: Handler<typeof SyncGroupApi, GroupServices> = {
  api: SyncGroupApi,
  versions: [0, 5],
  async handle(request, { authorizer, groups }, { apiVersion, principal }) {
    const { groupId, memberId, groupInstanceId, generationId } = request;
    const { protocolType, protocolName, assignments } = request;
    if (!authorizer.allows(principal, "read", "group", groupId)) {
      return { throttleTimeMs: 0, ...refusedSync(ErrorCode.GROUP_AUTHORIZATION_FAILED) };
    }
    if (apiVersion >= PROTOCOL_SINCE && (protocolType === null || protocolName === null)) {
      return { throttleTimeMs: 0, ...refusedSync(ErrorCode.INCONSISTENT_GROUP_PROTOCOL) };
    }
    const synced = await groups.sync({
      groupId,
      memberId,
      groupInstanceId,
      generationId,
      protocolType,
      protocolName,
      assignments,
    });
    return { throttleTimeMs: 0, ...synced };
  },
};
