/** What handlers of groups share: permissions as bits (KIP-430), and how many groups one may name. */
import { DecodeError } from "@runnel/kit/errors.ts";
import type { Authorizer, Operation, Principal } from "#auth/authorizer.ts";
import { GROUPS_MAX } from "#coordinator/limits.ts";

/** Kafka's codes of the operations that a group knows: each is the place of its bit. */
const GROUP_OPERATIONS: readonly (readonly [operation: Operation, code: number])[] = [
  ["read", 3],
  ["delete", 6],
  ["describe", 8],
  ["describeConfigs", 10],
  ["alterConfigs", 11],
];

export function groupOperations(
  authorizer: Authorizer,
  principal: Principal,
  groupId: string,
): number {
  return GROUP_OPERATIONS.reduce(
    (bits, [operation, code]) =>
      authorizer.allows(principal, operation, "group", groupId) ? bits | (1 << code) : bits,
    0,
  );
}

/**
 * Throws `DecodeError` for more groups in one request than a broker keeps: nobody has so many to ask
 * for, and each takes microseconds in which nobody else is served.
 */
export function checkGroupCount(count: number): void {
  if (count <= GROUPS_MAX) return;
  throw new DecodeError(`${count} groups in one request, at most ${GROUPS_MAX} can exist`);
}
