/**
 * JoinGroup (key 11), v0–9: enters a classic group, and waits until the others have, too.
 *
 * v1 rebalance timeout (KIP-62) · v4 members get their id first (KIP-394) · v5 group instance id
 * (KIP-345) · v7 protocol type (KIP-559) · v8 reason, not kept · v9 the leader may skip the
 * assignment (KIP-814). Not served: nothing.
 * Errors: GROUP_AUTHORIZATION_FAILED here; the rest from `GroupCoordinator.join`.
 */

import type { ResponseOf } from "@runnel/protocol/api.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { JoinGroupApi } from "@runnel/protocol/messages/11-join-group.ts";
import type { JoinResult } from "#coordinator/group/events.ts";
import { refusedJoin } from "#coordinator/group/rebalance.ts";
import type { GroupServices } from "./group-services.ts";
import type { Handler } from "./handler.ts";

/** Before this version the protocol name is a string in every response, empty for none. */
const NULLABLE_PROTOCOL_NAME_SINCE = 7;

export const joinGroup: Handler<typeof JoinGroupApi, GroupServices> = {
  api: JoinGroupApi,
  versions: [0, 9],
  async handle(request, { authorizer, groups }, { apiVersion, principal, clientId, clientHost }) {
    const { groupId, memberId, groupInstanceId, protocolType, protocols } = request;
    const { sessionTimeoutMs, rebalanceTimeoutMs } = request;
    if (!authorizer.allows(principal, "read", "group", groupId)) {
      return toResponse(refusedJoin(ErrorCode.GROUP_AUTHORIZATION_FAILED, memberId), apiVersion);
    }
    const joined = await groups.join({
      apiVersion,
      groupId,
      memberId,
      groupInstanceId,
      clientId,
      clientHost,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      protocolType,
      protocols,
    });
    return toResponse(joined, apiVersion);
  },
};

function toResponse(joined: JoinResult, apiVersion: number): ResponseOf<typeof JoinGroupApi> {
  const { errorCode, generationId, protocolType, protocolName, memberId } = joined;
  const { leaderId, skipAssignment, members } = joined;
  return {
    throttleTimeMs: 0,
    errorCode,
    generationId,
    protocolType,
    protocolName: apiVersion < NULLABLE_PROTOCOL_NAME_SINCE ? (protocolName ?? "") : protocolName,
    leader: leaderId,
    skipAssignment,
    memberId,
    members,
  };
}
