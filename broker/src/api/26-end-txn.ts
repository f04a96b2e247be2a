/**
 * EndTxn (key 26), v0–5: commits or aborts a transaction. Answered when the outcome is durable; the
 * markers follow.
 *
 * v2 PRODUCER_FENCED, before that INVALID_PRODUCER_EPOCH · v4 nothing new · v5 every end gives the
 * producer another epoch (KIP-890). Not served: nothing.
 * Errors: TRANSACTIONAL_ID_AUTHORIZATION_FAILED here; the rest from
 * `TransactionCoordinator.endTransaction`.
 */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { EndTxnApi } from "@runnel/protocol/messages/26-end-txn.ts";
import type { Handler } from "./handler.ts";
import { FENCED_SINCE, fencedAsEpoch } from "./transaction-errors.ts";
import type { TransactionServices } from "./transaction-services.ts";

const BUMPS_EPOCH_SINCE = 5;

export const endTxn: Handler<typeof EndTxnApi, TransactionServices> = {
  api: EndTxnApi,
  versions: [0, 5],
  async handle(request, { authorizer, transactions }, { principal, apiVersion }) {
    const { transactionalId, producerId, producerEpoch, committed: isCommit } = request;
    if (!authorizer.allows(principal, "write", "transactionalId", transactionalId)) {
      return { throttleTimeMs: 0, errorCode: ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED };
    }
    const bumpsEpoch = apiVersion >= BUMPS_EPOCH_SINCE;
    const producer = { transactionalId, producerId, producerEpoch };
    const ended = await transactions.endTransaction({ ...producer, isCommit, bumpsEpoch });
    return {
      throttleTimeMs: 0,
      errorCode: fencedAsEpoch(ended.errorCode, apiVersion, FENCED_SINCE),
      producerId: ended.producerId,
      producerEpoch: ended.producerEpoch,
    };
  },
};
