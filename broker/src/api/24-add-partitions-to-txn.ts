/**
 * AddPartitionsToTxn (key 24), v0–5: says which partitions transactions will write to, or asks whether
 * they were said.
 *
 * v2 PRODUCER_FENCED, before that INVALID_PRODUCER_EPOCH · v4 several transactions, verify only
 * (KIP-890) · v5 TRANSACTION_ABORTABLE, before that INVALID_TXN_STATE. From v4 it is meant for brokers;
 * clients that send it all the same are judged by what they may write to, as in the versions before.
 * Errors: TRANSACTIONAL_ID_AUTHORIZATION_FAILED; TOPIC_AUTHORIZATION_FAILED, INVALID_TOPIC_EXCEPTION
 * (internal topic), UNKNOWN_TOPIC_OR_PARTITION, with OPERATION_NOT_ATTEMPTED for the others of the
 * transaction; the rest from `TransactionCoordinator`.
 */
import type { RequestOf } from "@runnel/protocol/api.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { AddPartitionsToTxnApi } from "@runnel/protocol/messages/24-add-partitions-to-txn.ts";
import { CLUSTER_RESOURCE } from "#auth/authorizer.ts";
import type { Handler, RequestContext } from "./handler.ts";
import { checkTransactionCount, FENCED_SINCE, fencedAsEpoch } from "./transaction-errors.ts";
import type { TransactionServices } from "./transaction-services.ts";

type Transaction = RequestOf<typeof AddPartitionsToTxnApi>["transactions"][number];
type Topics = Transaction["topics"];

const BATCHED_SINCE = 4;
const ABORTABLE_SINCE = 5;

export const addPartitionsToTxn: Handler<typeof AddPartitionsToTxnApi, TransactionServices> = {
  api: AddPartitionsToTxnApi,
  versions: [0, 5],
  async handle(request, services, context) {
    if (context.apiVersion < BATCHED_SINCE) {
      const transaction: Transaction = {
        transactionalId: request.v3AndBelowTransactionalId,
        producerId: request.v3AndBelowProducerId,
        producerEpoch: request.v3AndBelowProducerEpoch,
        verifyOnly: false,
        topics: request.v3AndBelowTopics,
      };
      const resultsByTopicV3AndBelow = await handleOne(transaction, services, context);
      return { throttleTimeMs: 0, resultsByTopicV3AndBelow };
    }
    checkTransactionCount(request.transactions.length);
    const results = request.transactions.map(async (transaction) => ({
      transactionalId: transaction.transactionalId,
      topicResults: await handleOne(transaction, services, context),
    }));
    return {
      throttleTimeMs: 0,
      errorCode: ErrorCode.NONE,
      resultsByTransaction: await Promise.all(results),
    };
  },
};

async function handleOne(
  transaction: Transaction,
  services: TransactionServices,
  context: RequestContext,
) {
  const { topics } = transaction;
  const refusal = refusalOf(transaction, services, context);
  const asked = refusal ?? (await ask(transaction, services));
  return topics.map(({ name, partitions }, t) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex, p) => ({
      partitionIndex,
      partitionErrorCode: inVersion(asked[t]?.[p] ?? ErrorCode.UNKNOWN_SERVER_ERROR, context),
    })),
  }));
}

type Codes = readonly (readonly ErrorCode[])[];

async function ask(
  transaction: Transaction,
  { transactions }: TransactionServices,
): Promise<Codes> {
  const { transactionalId, producerId, producerEpoch, verifyOnly } = transaction;
  const topics = transaction.topics.map(({ name, partitions }) => ({ topic: name, partitions }));
  const input = { transactionalId, producerId, producerEpoch, topics };
  if (verifyOnly) return (await transactions.verifyPartitions(input)).errorCodes;
  const { errorCode } = await transactions.addPartitions({ ...input, clientVersion: 0 });
  return everywhere(transaction.topics, errorCode);
}

/** Why nothing is asked, by topic and partition; null where nothing speaks against it. */
function refusalOf(
  { transactionalId, topics }: Transaction,
  services: TransactionServices,
  { principal, apiVersion }: RequestContext,
): Codes | null {
  const { authorizer } = services;
  const isBroker =
    apiVersion >= BATCHED_SINCE &&
    authorizer.allows(principal, "clusterAction", "cluster", CLUSTER_RESOURCE);
  if (!isBroker && !authorizer.allows(principal, "write", "transactionalId", transactionalId)) {
    return everywhere(topics, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
  }
  const codes = topics.map(({ name, partitions }) => {
    const isAllowed = isBroker || authorizer.allows(principal, "write", "topic", name);
    if (!isAllowed) return partitions.map(() => ErrorCode.TOPIC_AUTHORIZATION_FAILED);
    const topic = services.view.image.topicsByName.get(name);
    if (topic?.isInternal === true) {
      return partitions.map(() => ErrorCode.INVALID_TOPIC_EXCEPTION);
    }
    return partitions.map((index) =>
      topic?.partitions[index] === undefined
        ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        : ErrorCode.NONE,
    );
  });
  if (codes.every((all) => all.every((code) => code === ErrorCode.NONE))) return null;
  return codes.map((all) =>
    all.map((code) => (code === ErrorCode.NONE ? ErrorCode.OPERATION_NOT_ATTEMPTED : code)),
  );
}

function everywhere(topics: Topics, errorCode: ErrorCode): Codes {
  return topics.map(({ partitions }) => partitions.map(() => errorCode));
}

function inVersion(errorCode: ErrorCode, { apiVersion }: RequestContext): ErrorCode {
  return errorCode === ErrorCode.TRANSACTION_ABORTABLE && apiVersion < ABORTABLE_SINCE
    ? ErrorCode.INVALID_TXN_STATE
    : fencedAsEpoch(errorCode, apiVersion, FENCED_SINCE);
}
