/** What clients call things, cut to what a broker keeps (bad-input row P14). */
import { utf8Length } from "@runnel/kit/byte-writer.ts";
import { CLIENT_ID_LENGTH_MAX, GROUP_ID_BYTES_MAX, NAME_BYTES_MAX } from "./limits.ts";

export function isGroupId(groupId: string): boolean {
  return groupId.length <= GROUP_ID_BYTES_MAX && utf8Length(groupId) <= GROUP_ID_BYTES_MAX;
}

/** Whether it may be a member id, an instance id or the name of a protocol. */
export function isName(name: string): boolean {
  return name.length <= NAME_BYTES_MAX && utf8Length(name) <= NAME_BYTES_MAX;
}

/** For show and as the first part of member ids; cut between characters, never inside one. */
export function shorten(text: string): string {
  const cut = text.slice(0, CLIENT_ID_LENGTH_MAX);
  return cut.isWellFormed() ? cut : cut.toWellFormed();
}
