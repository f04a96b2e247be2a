/** Who may see and change the settings of a resource. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { type Authorizer, CLUSTER_RESOURCE, type Principal } from "#auth/authorizer.ts";
import { type ConfigResource, ResourceType } from "#controller/change-configs.ts";

/** NONE where `principal` may do `operation` with the settings of `resource`. */
export function configAuthorization(
  authorizer: Authorizer,
  principal: Principal,
  operation: "describeConfigs" | "alterConfigs",
  { type, name }: ConfigResource,
): ErrorCode {
  if (type === ResourceType.TOPIC) {
    return authorizer.allows(principal, operation, "topic", name)
      ? ErrorCode.NONE
      : ErrorCode.TOPIC_AUTHORIZATION_FAILED;
  }
  if (type === ResourceType.GROUP) {
    return authorizer.allows(principal, operation, "group", name)
      ? ErrorCode.NONE
      : ErrorCode.GROUP_AUTHORIZATION_FAILED;
  }
  return authorizer.allows(principal, operation, "cluster", CLUSTER_RESOURCE)
    ? ErrorCode.NONE
    : ErrorCode.CLUSTER_AUTHORIZATION_FAILED;
}

/** The message beside a code of `configAuthorization`. */
export const NOT_AUTHORIZED = "not allowed on the settings of this resource";
