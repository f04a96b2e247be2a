/**
 * LeaveGroup (key 13), v0–5: members go, or are sent away by an administrator.
 *
 * v0–2 one member, whose error is the response's · v3 several, an error for each; an instance id alone
 * names a static member (KIP-345) · v5 reason, not kept (KIP-800). Not served: nothing.
 * Errors: GROUP_AUTHORIZATION_FAILED here; the rest from `GroupCoordinator.leave`.
 */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { LeaveGroupApi } from "@runnel/protocol/messages/13-leave-group.ts";
import { actorOf } from "./actor.ts";
import type { GroupServices } from "./group-services.ts";
import type { Handler } from "./handler.ts";

const SEVERAL_MEMBERS_SINCE = 3;

export const leaveGroup: Handler<typeof LeaveGroupApi, GroupServices> = {
  api: LeaveGroupApi,
  versions: [0, 5],
  async handle({ groupId, memberId, members }, { authorizer, groupChanges }, context) {
    const actor = actorOf(context);
    if (!authorizer.allows(context.principal, "read", "group", groupId)) {
      const errorCode = ErrorCode.GROUP_AUTHORIZATION_FAILED;
      await groupChanges.refuseLeave(actor, { groupId, members }, errorCode);
      return { throttleTimeMs: 0, errorCode };
    }
    if (context.apiVersion >= SEVERAL_MEMBERS_SINCE) {
      const left = await groupChanges.leave(actor, { groupId, members });
      return { throttleTimeMs: 0, errorCode: left.errorCode, members: left.members };
    }
    const one = [{ memberId, groupInstanceId: null }];
    const left = await groupChanges.leave(actor, { groupId, members: one });
    const errorCode = left.errorCode || (left.members[0]?.errorCode ?? ErrorCode.NONE);
    return { throttleTimeMs: 0, errorCode };
  },
};
