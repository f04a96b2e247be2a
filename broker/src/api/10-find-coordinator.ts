/**
 * FindCoordinator (key 10), v0–6: which broker coordinates a group.
 *
 * v1 key type · v4 several keys, an error for each (KIP-699) · v6 keys of share groups. Not served: key
 * types 1 (transactional ids) and 2 (share groups), which get INVALID_REQUEST with a sentence.
 * Errors: GROUP_AUTHORIZATION_FAILED, TRANSACTIONAL_ID_AUTHORIZATION_FAILED; COORDINATOR_NOT_AVAILABLE
 * while the internal topic is being made or has no leader.
 */
import { ErrorCode, errorInfo } from "@runnel/protocol/errors.ts";
import { FindCoordinatorApi } from "@runnel/protocol/messages/10-find-coordinator.ts";
import { OFFSETS_TOPIC } from "#coordinator/group-coordinator.ts";
import type { BrokerAddress, GroupServices } from "./group-services.ts";
import type { Handler, RequestContext } from "./handler.ts";

const SEVERAL_KEYS_SINCE = 4;

const KeyType = { GROUP: 0, TRANSACTION: 1 } as const;

const NOWHERE: BrokerAddress = { nodeId: -1, host: "", port: -1 };

interface Found extends BrokerAddress {
  readonly errorCode: ErrorCode;
  readonly errorMessage: string | null;
}

export const findCoordinator: Handler<typeof FindCoordinatorApi, GroupServices> = {
  api: FindCoordinatorApi,
  versions: [0, 6],
  handle({ key, keyType, coordinatorKeys }, services, context) {
    if (context.apiVersion < SEVERAL_KEYS_SINCE) {
      return { throttleTimeMs: 0, ...find(key, keyType, services, context) };
    }
    return {
      throttleTimeMs: 0,
      coordinators: coordinatorKeys.map((each) => ({
        key: each,
        ...find(each, keyType, services, context),
      })),
    };
  },
};

function find(
  key: string,
  keyType: number,
  { authorizer, groups, coordinators }: GroupServices,
  context: RequestContext,
): Found {
  if (keyType === KeyType.TRANSACTION) {
    return authorizer.allows(context.principal, "describe", "transactionalId", key)
      ? failed(ErrorCode.INVALID_REQUEST, "transactions are not served by this broker")
      : failed(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
  }
  if (keyType !== KeyType.GROUP) {
    return failed(ErrorCode.INVALID_REQUEST, `key type ${keyType} is not served by this broker`);
  }
  if (!authorizer.allows(context.principal, "describe", "group", key)) {
    return failed(ErrorCode.GROUP_AUTHORIZATION_FAILED);
  }
  const partition = groups.findPartition(key);
  const address =
    partition === null ? null : coordinators.locate(OFFSETS_TOPIC, partition, context);
  if (address === null) return failed(ErrorCode.COORDINATOR_NOT_AVAILABLE);
  const { nodeId, host, port } = address;
  return { nodeId, host, port, errorCode: ErrorCode.NONE, errorMessage: null };
}

function failed(errorCode: ErrorCode, message?: string): Found {
  return { ...NOWHERE, errorCode, errorMessage: message ?? errorInfo(errorCode)?.text ?? null };
}
