/**
 * DeleteGroups (key 42), v0–2: removes empty groups and their offsets (KIP-229).
 *
 * v2 flexible. Not served: v3 (Kafka 4.4).
 * Errors, per group: GROUP_AUTHORIZATION_FAILED here; NON_EMPTY_GROUP, GROUP_ID_NOT_FOUND and the rest
 * from `GroupCoordinator.deleteGroup`.
 */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { DeleteGroupsApi } from "@runnel/protocol/messages/42-delete-groups.ts";
import { groupResource } from "#audit/entries.ts";
import { actorOf } from "./actor.ts";
import { checkGroupCount } from "./group-operations.ts";
import type { GroupServices } from "./group-services.ts";
import type { Handler } from "./handler.ts";

export const deleteGroups: Handler<typeof DeleteGroupsApi, GroupServices> = {
  api: DeleteGroupsApi,
  versions: [0, 2],
  async handle({ groupsNames }, { authorizer, groupChanges, changes }, context) {
    checkGroupCount(groupsNames.length);
    const actor = actorOf(context);
    // The response is a map in Kafka's clients: a group named twice is answered once.
    const results = [...new Set(groupsNames)].map(async (groupId) => {
      if (!authorizer.allows(context.principal, "delete", "group", groupId)) {
        const errorCode = ErrorCode.GROUP_AUTHORIZATION_FAILED;
        const refusal = { resource: groupResource(groupId), errorCode, message: null };
        await changes.refuse(actor, [{ operation: "group.delete", ...refusal }]);
        return { groupId, errorCode };
      }
      return { groupId, ...(await groupChanges.deleteGroup(actor, groupId)) };
    });
    return { throttleTimeMs: 0, results: await Promise.all(results) };
  },
};
