/**
 * ListGroups (key 16), v0–5: the groups that this broker coordinates.
 *
 * v4 filter by state (KIP-518) · v5 filter by type (KIP-848). Not served: nothing.
 * Errors: COORDINATOR_LOAD_IN_PROGRESS and COORDINATOR_NOT_AVAILABLE from `GroupCoordinator.list`; a
 * group that the client may not describe is left out.
 */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { ListGroupsApi } from "@runnel/protocol/messages/16-list-groups.ts";
import { CLUSTER_RESOURCE } from "#auth/authorizer.ts";
import type { GroupServices } from "./group-services.ts";
import type { Handler } from "./handler.ts";

export const listGroups: Handler<typeof ListGroupsApi, GroupServices> = {
  api: ListGroupsApi,
  versions: [0, 5],
  async handle({ statesFilter, typesFilter }, { authorizer, groups }, { principal }) {
    const listed = await groups.list({ states: statesFilter, types: typesFilter });
    if (listed.errorCode !== ErrorCode.NONE) {
      return { throttleTimeMs: 0, errorCode: listed.errorCode, groups: [] };
    }
    const seesAll = authorizer.allows(principal, "describe", "cluster", CLUSTER_RESOURCE);
    const visible = listed.groups.filter(
      ({ groupId }) => seesAll || authorizer.allows(principal, "describe", "group", groupId),
    );
    return {
      throttleTimeMs: 0,
      errorCode: ErrorCode.NONE,
      groups: visible.map(({ groupId, protocolType, state, type }) => ({
        groupId,
        protocolType,
        groupState: state,
        groupType: type,
      })),
    };
  },
};
