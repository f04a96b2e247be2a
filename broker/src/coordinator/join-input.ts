/** A JoinGroup before it reaches its group: lengths, and copies of what is kept. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { JoinEvent } from "./group/events.ts";
import type { Protocol } from "./group/model.ts";
import { isGroupId, isName } from "./names.ts";

type JoinNames = Pick<
  JoinEvent,
  "groupId" | "memberId" | "groupInstanceId" | "protocolType" | "protocols"
>;

export function checkJoinNames(input: JoinNames): ErrorCode {
  const { groupId, memberId, groupInstanceId, protocolType, protocols } = input;
  if (groupId === "" || !isGroupId(groupId)) return ErrorCode.INVALID_GROUP_ID;
  if (!isName(memberId)) return ErrorCode.UNKNOWN_MEMBER_ID;
  if (groupInstanceId !== null && (groupInstanceId === "" || !isName(groupInstanceId))) {
    return ErrorCode.INVALID_REQUEST;
  }
  return isName(protocolType) && protocols.every(({ name }) => isName(name))
    ? ErrorCode.NONE
    : ErrorCode.INCONSISTENT_GROUP_PROTOCOL;
}

/** Copies; the first of each name counts. */
export function uniqueProtocols(protocols: readonly Protocol[]): readonly Protocol[] {
  const unique = new Map<string, Protocol>();
  for (const { name, metadata } of protocols) {
    if (!unique.has(name)) unique.set(name, { name, metadata: metadata.slice() });
  }
  return [...unique.values()];
}
