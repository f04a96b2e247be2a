/**
 * DescribeCluster (key 60), v0–2: the brokers and the controller.
 *
 * v1 endpoint type (KIP-919) · v2 fenced brokers (KIP-1073; there are none in the metadata). Errors:
 * MISMATCHED_ENDPOINT_TYPE where controllers are asked for, which have no listeners of their own;
 * UNSUPPORTED_ENDPOINT_TYPE for what is neither.
 */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { DescribeClusterApi } from "@runnel/protocol/messages/60-describe-cluster.ts";
import { CLUSTER_RESOURCE } from "#auth/authorizer.ts";
import type { AdminServices } from "./admin-services.ts";
import { authorizedOperations, OPERATIONS_NOT_ASKED } from "./authorized-operations.ts";
import type { Handler } from "./handler.ts";

const BROKERS = 1;
const CONTROLLERS = 2;

export const describeCluster: Handler<typeof DescribeClusterApi, AdminServices> = {
  api: DescribeClusterApi,
  versions: [0, 2],
  handle(request, { authorizer, brokers, view }, context) {
    const { endpointType } = request;
    const { clusterId, controllerId } = view.image;
    if (endpointType !== BROKERS) {
      const isKnown = endpointType === CONTROLLERS;
      return {
        throttleTimeMs: 0,
        errorCode: isKnown
          ? ErrorCode.MISMATCHED_ENDPOINT_TYPE
          : ErrorCode.UNSUPPORTED_ENDPOINT_TYPE,
        errorMessage: isKnown
          ? "this is a broker: ask for brokers"
          : `there are no endpoints of type ${endpointType}`,
        endpointType,
        clusterId,
        brokers: [],
      };
    }
    return {
      throttleTimeMs: 0,
      errorCode: ErrorCode.NONE,
      endpointType,
      clusterId,
      controllerId,
      brokers: brokers.all(context).map(({ nodeId, host, port, rack }) => {
        return { brokerId: nodeId, host, port, rack, isFenced: false };
      }),
      clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
        ? authorizedOperations(authorizer, context.principal, "cluster", CLUSTER_RESOURCE)
        : OPERATIONS_NOT_ASKED,
    };
  },
};
