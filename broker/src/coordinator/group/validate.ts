/** Whether somebody is who they say: the checks that all requests of members share. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { MemberIdentity } from "./events.ts";
import type { Group } from "./model.ts";

/**
 * NONE for a member. A group instance id that another member id holds now is FENCED_INSTANCE_ID; an
 * unknown one, and an unknown member id, are UNKNOWN_MEMBER_ID (KIP-345).
 */
export function checkMember(
  group: Group,
  { memberId, groupInstanceId }: MemberIdentity,
): ErrorCode {
  if (groupInstanceId !== null) {
    const holder = group.staticMembers.get(groupInstanceId);
    if (holder === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
    if (holder !== memberId) return ErrorCode.FENCED_INSTANCE_ID;
  }
  return group.members.has(memberId) ? ErrorCode.NONE : ErrorCode.UNKNOWN_MEMBER_ID;
}

/** The same, and the generation must be the running one. */
export function checkGeneration(
  group: Group,
  event: MemberIdentity & { readonly generationId: number },
): ErrorCode {
  const errorCode = checkMember(group, event);
  if (errorCode !== ErrorCode.NONE) return errorCode;
  return event.generationId === group.generationId ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION;
}
