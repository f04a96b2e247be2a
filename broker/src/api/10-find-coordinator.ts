/**
 * FindCoordinator (key 10), v0–6: which broker coordinates a group or a transactional id.
 *
 * v1 key type · v4 several keys, an error for each (KIP-699) · v6 keys of share groups. Not served: key
 * type 2 (share groups), which gets INVALID_REQUEST with a sentence.
 * Errors: INVALID_REQUEST for an empty transactional id, GROUP_AUTHORIZATION_FAILED, TRANSACTIONAL_ID_AUTHORIZATION_FAILED; COORDINATOR_NOT_AVAILABLE
 * while the internal topic is being made or has no leader.
 */
import { ErrorCode, errorInfo } from "@runnel/protocol/errors.ts";
import { FindCoordinatorApi } from "@runnel/protocol/messages/10-find-coordinator.ts";
import { OFFSETS_TOPIC } from "#coordinator/group-coordinator.ts";
import { TRANSACTION_TOPIC } from "#coordinator/transaction-coordinator.ts";
import type { BrokerAddress, GroupServices } from "./group-services.ts";
import type { Handler, RequestContext } from "./handler.ts";
import type { TransactionServices } from "./transaction-services.ts";

const SEVERAL_KEYS_SINCE = 4;

const KeyType = { GROUP: 0, TRANSACTION: 1 } as const;

const NOWHERE: BrokerAddress = { nodeId: -1, host: "", port: -1 };

type Services = GroupServices & Pick<TransactionServices, "transactions">;

interface Found extends BrokerAddress {
  readonly errorCode: ErrorCode;
  readonly errorMessage: string | null;
}

export const findCoordinator: Handler<typeof FindCoordinatorApi, Services> = {
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

function find(key: string, keyType: number, services: Services, context: RequestContext): Found {
  const { authorizer, groups, transactions } = services;
  const isAllowed = (resourceType: "group" | "transactionalId"): boolean =>
    authorizer.allows(context.principal, "describe", resourceType, key);
  if (keyType === KeyType.GROUP) {
    if (!isAllowed("group")) return failed(ErrorCode.GROUP_AUTHORIZATION_FAILED);
    return locate(OFFSETS_TOPIC, groups.findPartition(key), services, context);
  }
  if (keyType !== KeyType.TRANSACTION) {
    return failed(ErrorCode.INVALID_REQUEST, `key type ${keyType} is not served by this broker`);
  }
  if (!isAllowed("transactionalId")) {
    return failed(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
  }
  if (key === "") return failed(ErrorCode.INVALID_REQUEST, "the transactional id is empty");
  return locate(TRANSACTION_TOPIC, transactions.findPartition(key), services, context);
}

function locate(
  topic: string,
  partition: number | null,
  { coordinators }: Services,
  context: RequestContext,
): Found {
  const address = partition === null ? null : coordinators.locate(topic, partition, context);
  if (address === null) return failed(ErrorCode.COORDINATOR_NOT_AVAILABLE);
  const { nodeId, host, port } = address;
  return { nodeId, host, port, errorCode: ErrorCode.NONE, errorMessage: null };
}

function failed(errorCode: ErrorCode, message?: string): Found {
  return { ...NOWHERE, errorCode, errorMessage: message ?? errorInfo(errorCode)?.text ?? null };
}
