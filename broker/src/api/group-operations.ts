/** What a client may do with a group, as the bits that Describe responses carry (KIP-430). */
import type { Authorizer, Operation, Principal } from "#auth/authorizer.ts";

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
