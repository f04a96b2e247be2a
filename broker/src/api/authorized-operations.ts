/** What a principal may do with a resource, as the bit field of KIP-430. */
import type { Authorizer, Operation, Principal, ResourceType } from "#auth/authorizer.ts";

/** The answer where nobody asked. */
export const OPERATIONS_NOT_ASKED = -0x8000_0000;

/** AclOperation codes (KIP-140). */
const CODES: Readonly<Record<Operation, number>> = {
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  clusterAction: 9,
  describeConfigs: 10,
  alterConfigs: 11,
  idempotentWrite: 12,
};

/** Operations there are per type of resource. */
const OPERATIONS: Readonly<Record<ResourceType, readonly Operation[]>> = {
  topic: [
    "read",
    "write",
    "create",
    "delete",
    "alter",
    "describe",
    "describeConfigs",
    "alterConfigs",
  ],
  group: ["read", "delete", "describe", "describeConfigs", "alterConfigs"],
  cluster: [
    "create",
    "alter",
    "describe",
    "clusterAction",
    "describeConfigs",
    "alterConfigs",
    "idempotentWrite",
  ],
  transactionalId: ["write", "describe"],
};

/** One bit per operation that is allowed. */
export function authorizedOperations(
  authorizer: Authorizer,
  principal: Principal,
  resourceType: ResourceType,
  resourceName: string,
): number {
  return OPERATIONS[resourceType]
    .filter((operation) => authorizer.allows(principal, operation, resourceType, resourceName))
    .reduce((bits, operation) => bits | (1 << CODES[operation]), 0);
}
