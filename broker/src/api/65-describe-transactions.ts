/**
 * DescribeTransactions (key 65), v0: state and partitions of transactions, by their ids (KIP-664).
 *
 * Not served: nothing. Errors, for each id: TRANSACTIONAL_ID_AUTHORIZATION_FAILED here; the rest, with
 * TRANSACTIONAL_ID_NOT_FOUND, from `TransactionCoordinator.describe`. Topics that the client may not
 * describe are left out. An id that is asked for twice is described once: an answer is no larger than what
 * there is.
 */
import type { ResponseOf } from "@runnel/protocol/api.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { DescribeTransactionsApi } from "@runnel/protocol/messages/65-describe-transactions.ts";
import type { Handler, RequestContext } from "./handler.ts";
import { checkTransactionCount } from "./transaction-errors.ts";
import type { TransactionServices } from "./transaction-services.ts";

type Described = ResponseOf<typeof DescribeTransactionsApi>["transactionStates"][number];

export const describeTransactions: Handler<typeof DescribeTransactionsApi, TransactionServices> = {
  api: DescribeTransactionsApi,
  versions: [0, 0],
  async handle({ transactionalIds }, services, context) {
    checkTransactionCount(transactionalIds.length);
    const described = [...new Set(transactionalIds)].map((id) => describe(id, services, context));
    return { throttleTimeMs: 0, transactionStates: await Promise.all(described) };
  },
};

async function describe(
  transactionalId: string,
  { authorizer, transactions }: TransactionServices,
  { principal }: RequestContext,
): Promise<Described> {
  if (!authorizer.allows(principal, "describe", "transactionalId", transactionalId)) {
    return nothing(transactionalId, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
  }
  const { errorCode, transaction } = await transactions.describe(transactionalId);
  if (transaction === null) return nothing(transactionalId, errorCode);
  return {
    errorCode,
    transactionalId,
    transactionState: transaction.state,
    transactionTimeoutMs: transaction.timeoutMs,
    transactionStartTimeMs: transaction.startedAt,
    producerId: transaction.producerId,
    producerEpoch: transaction.producerEpoch,
    topics: transaction.topics.filter(({ topic }) =>
      authorizer.allows(principal, "describe", "topic", topic),
    ),
  };
}

function nothing(transactionalId: string, errorCode: ErrorCode): Described {
  return {
    errorCode,
    transactionalId,
    transactionState: "",
    transactionTimeoutMs: 0,
    transactionStartTimeMs: 0,
    producerId: 0n,
    producerEpoch: 0,
    topics: [],
  };
}
