/**
 * AddOffsetsToTxn (key 25), v0–4: says that a transaction will commit offsets of a group, which makes the
 * group's partition of the internal topic one of the transaction's.
 *
 * v2 PRODUCER_FENCED, before that INVALID_PRODUCER_EPOCH · v4 nothing new. Not served: nothing.
 * Errors: TRANSACTIONAL_ID_AUTHORIZATION_FAILED, GROUP_AUTHORIZATION_FAILED, COORDINATOR_NOT_AVAILABLE
 * where the internal topic of groups cannot be made; the rest from `TransactionCoordinator`.
 */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { AddOffsetsToTxnApi } from "@runnel/protocol/messages/25-add-offsets-to-txn.ts";
import { OFFSETS_TOPIC } from "#coordinator/group-coordinator.ts";
import type { Handler } from "./handler.ts";
import { FENCED_SINCE, fencedAsEpoch } from "./transaction-errors.ts";
import type { TransactionServices } from "./transaction-services.ts";

export const addOffsetsToTxn: Handler<typeof AddOffsetsToTxnApi, TransactionServices> = {
  api: AddOffsetsToTxnApi,
  versions: [0, 4],
  async handle({ groupId, ...producer }, services, { principal, apiVersion }) {
    const { authorizer, groups, transactions } = services;
    const { transactionalId, producerId, producerEpoch } = producer;
    if (!authorizer.allows(principal, "write", "transactionalId", transactionalId)) {
      return answer(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    }
    if (!authorizer.allows(principal, "read", "group", groupId)) {
      return answer(ErrorCode.GROUP_AUTHORIZATION_FAILED);
    }
    const partition = await groups.partitionOf(groupId);
    if (partition === null) return answer(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    const topics = [{ topic: OFFSETS_TOPIC, partitions: [partition] }];
    const input = { transactionalId, producerId, producerEpoch, topics, clientVersion: 0 };
    const { errorCode } = await transactions.addPartitions(input);
    return answer(fencedAsEpoch(errorCode, apiVersion, FENCED_SINCE));
  },
};

function answer(errorCode: ErrorCode) {
  return { throttleTimeMs: 0, errorCode };
}
