/** The one way to end a transaction that is somebody else's, with its entry in the audit log. */
import type { AuditState } from "@runnel/contracts/audit.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { AbortInput, TransactionCoordinator } from "#coordinator/transaction-coordinator.ts";
import type { ResultOf, TransactionDescription } from "#coordinator/txn/events.ts";
import type { Actor } from "./actor.ts";
import { type Audit, tell } from "./audit-log.ts";
import { list } from "./cut.ts";
import { resultOf, transactionResource } from "./entries.ts";

export interface TransactionChangesOptions {
  readonly transactions: Pick<TransactionCoordinator, "abort" | "describe">;
  readonly audit: Audit;
}

export interface Aborted extends Pick<ResultOf["abort"], "errorCode"> {
  /** What was there before; null for an id that is not known. */
  readonly before: TransactionDescription | null;
  /** What is there now; null where nothing was done. */
  readonly after: TransactionDescription | null;
}

export class TransactionChanges {
  readonly #options: TransactionChangesOptions;

  constructor(options: TransactionChangesOptions) {
    this.#options = options;
  }

  /**
   * Aborts what is under way under the id, in all its partitions; its producer is fenced. Waits a while
   * for the markers.
   */
  async abort(actor: Actor, input: AbortInput): Promise<Aborted> {
    const { transactions, audit } = this.#options;
    const { transactionalId, isValidateOnly } = input;
    const { errorCode, transaction: before } = await transactions.abort(input);
    const isDone = errorCode === ErrorCode.NONE && !isValidateOnly;
    const after = isDone ? (await transactions.describe(transactionalId, true)).transaction : null;
    if (!isValidateOnly) {
      await tell(audit, actor, [
        {
          operation: "transaction.end",
          resource: transactionResource(transactionalId),
          asked: { result: "abort" },
          before: isDone ? stateOf(before) : null,
          after: isDone ? stateOf(after) : null,
          result: resultOf({ errorCode, message: null }),
        },
      ]);
    }
    return { errorCode, before, after };
  }
}

function stateOf(transaction: TransactionDescription | null): AuditState {
  if (transaction === null) return null;
  const { state, producerId, producerEpoch, topics } = transaction;
  const partitions = topics.map(({ topic, partitions: some }) => ({
    topic,
    partitions: list(some),
  }));
  return { state, producerId: String(producerId), producerEpoch, partitions: list(partitions) };
}
