/**
 * ListTransactions (key 66), v0–2: the transactional ids that this broker coordinates (KIP-664).
 *
 * v1 only those that have run for long (KIP-994): of transactions under way; an id without one has no
 * age · v2 only ids that match a regular expression of RE2 (KIP-1152). Not served: nothing.
 * Errors: INVALID_REGULAR_EXPRESSION, COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE from `TransactionCoordinator.list`; an
 * id that the client may not describe is left out.
 */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { ListTransactionsApi } from "@runnel/protocol/messages/66-list-transactions.ts";
import { TRANSACTION_STATES } from "#coordinator/txn/model.ts";
import type { Handler } from "./handler.ts";
import type { TransactionServices } from "./transaction-services.ts";

/** Kafka's states that no id of ours is ever in are known all the same. */
const KNOWN_STATES: ReadonlySet<string> = new Set([
  ...TRANSACTION_STATES,
  "Dead",
  "PrepareEpochFence",
]);

export const listTransactions: Handler<typeof ListTransactionsApi, TransactionServices> = {
  api: ListTransactionsApi,
  versions: [0, 2],
  async handle(request, { authorizer, transactions }, { principal }) {
    const { stateFilters, producerIdFilters, durationFilter } = request;
    const listed = await transactions.list({
      states: new Set(stateFilters),
      producerIds: new Set(producerIdFilters),
      runningMs: durationFilter,
      idPattern: request.transactionalIdPattern,
    });
    const visible = listed.transactions.filter(({ transactionalId }) =>
      authorizer.allows(principal, "describe", "transactionalId", transactionalId),
    );
    const isListed = listed.errorCode === ErrorCode.NONE;
    return {
      throttleTimeMs: 0,
      errorCode: listed.errorCode,
      unknownStateFilters: isListed ? stateFilters.filter((name) => !KNOWN_STATES.has(name)) : [],
      transactionStates: visible.map(({ transactionalId, producerId, state }) => ({
        transactionalId,
        producerId,
        transactionState: state,
      })),
    };
  },
};
