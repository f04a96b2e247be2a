/**
 * InitProducerId (key 22), v0–5: gives an idempotent or transactional producer its id and epoch.
 *
 * v2 flexible · v3 the id and epoch the producer has (KIP-360) · v4 PRODUCER_FENCED, before that
 * INVALID_PRODUCER_EPOCH · v5 nothing new. Not served: two-phase commit (v6, KIP-939).
 * Errors: CLUSTER_AUTHORIZATION_FAILED, TRANSACTIONAL_ID_AUTHORIZATION_FAILED, INVALID_REQUEST for an
 * empty transactional id and for only one of producer id and epoch; the rest from
 * `TransactionCoordinator.initProducerId`.
 */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { InitProducerIdApi } from "@runnel/protocol/messages/22-init-producer-id.ts";
import { NO_PRODUCER_EPOCH, NO_PRODUCER_ID } from "@runnel/protocol/records/batch.ts";
import { CLUSTER_RESOURCE } from "#auth/authorizer.ts";
import type { Handler } from "./handler.ts";
import { fencedAsEpoch } from "./transaction-errors.ts";
import type { TransactionServices } from "./transaction-services.ts";

const FENCED_SINCE = 4;

export const initProducerId: Handler<typeof InitProducerIdApi, TransactionServices> = {
  api: InitProducerIdApi,
  versions: [0, 5],
  async handle(request, services, { principal, apiVersion }) {
    const { authorizer, producerIds, transactions } = services;
    const { transactionalId, transactionTimeoutMs: timeoutMs, producerId, producerEpoch } = request;
    if (transactionalId === "") return refused(ErrorCode.INVALID_REQUEST);
    const hasId = producerId !== NO_PRODUCER_ID;
    if (hasId !== (producerEpoch !== NO_PRODUCER_EPOCH)) return refused(ErrorCode.INVALID_REQUEST);
    if (transactionalId !== null) {
      if (!authorizer.allows(principal, "write", "transactionalId", transactionalId)) {
        return refused(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
      }
      const expected = hasId ? { producerId, producerEpoch } : null;
      const found = await transactions.initProducerId({ transactionalId, timeoutMs, expected });
      const errorCode = fencedAsEpoch(found.errorCode, apiVersion, FENCED_SINCE);
      return { ...refused(errorCode), ...identityOf(found) };
    }
    if (!authorizer.allows(principal, "idempotentWrite", "cluster", CLUSTER_RESOURCE)) {
      return refused(ErrorCode.CLUSTER_AUTHORIZATION_FAILED);
    }
    return { ...refused(ErrorCode.NONE), producerId: await producerIds.next(), producerEpoch: 0 };
  },
};

function identityOf(found: { readonly producerId: bigint; readonly producerEpoch: number }) {
  return { producerId: found.producerId, producerEpoch: found.producerEpoch };
}

function refused(errorCode: ErrorCode) {
  const nobody = { producerId: NO_PRODUCER_ID, producerEpoch: NO_PRODUCER_EPOCH };
  return { throttleTimeMs: 0, errorCode, ...nobody };
}
