/** Whether a transactional batch may be appended: what the coordinator says, in the words of Produce. */
import { ErrorCode, errorName } from "@runnel/protocol/errors.ts";
import { type BatchHeader, isTransactional } from "@runnel/protocol/records/batch.ts";
import type { Partition } from "./partition.ts";
import type { TransactionGate } from "./ports.ts";

/** The transaction that a request belongs to. */
export interface ProduceTransaction {
  readonly transactionalId: string;
  /** Produce v12 and later: the partition is added by the first batch (KIP-890, part 2). */
  readonly mayAdd: boolean;
  /** Produce v11 and later: the client knows TRANSACTION_ABORTABLE. */
  readonly knowsAbortable: boolean;
}

/** Why a batch is not appended, with what to tell its producer. */
export interface AdmissionRefusal {
  readonly errorCode: ErrorCode;
  readonly message: string;
}

/** Whether the batch is of a transaction that is not open in the partition yet. */
export function opensTransaction(partition: Partition, header: BatchHeader): boolean {
  if (!isTransactional(header.attributes)) return false;
  const entry = partition.log.producers.entryOf(header.producerId);
  return (
    entry === undefined || entry.transactionStart === null || entry.epoch !== header.producerEpoch
  );
}

/**
 * Asks the coordinator where that is needed; null where nothing stands against the batch. Not a promise
 * where nobody has to be asked.
 */
export function admit(
  gate: TransactionGate,
  partition: Partition,
  header: BatchHeader,
  transaction: ProduceTransaction | null,
): AdmissionRefusal | null | Promise<AdmissionRefusal | null> {
  if (!opensTransaction(partition, header) || partition.admissions.has(header)) return null;
  if (transaction === null) {
    const errorCode = ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
    return { errorCode, message: "transactional batch in a request without a transactional id" };
  }
  const { transactionalId, mayAdd } = transaction;
  const { producerId, producerEpoch } = header;
  const { topicName: topic, index } = partition.identity;
  const claim = { transactionalId, producerId, producerEpoch };
  const asked = partition.admissions.request(claim, () =>
    gate.admit({ ...claim, topic, partition: index, mayAdd }),
  );
  return asked.then((errorCode) => {
    if (errorCode === ErrorCode.NONE) return null;
    const told = toldTo(transaction, errorCode);
    const message = `transactional id ${transactionalId}: ${errorName(errorCode)}`;
    return { errorCode: told, message };
  });
}

/** Errors of the coordinator as producers of that version understand them (KIP-890). */
function toldTo({ mayAdd, knowsAbortable }: ProduceTransaction, errorCode: ErrorCode): ErrorCode {
  switch (errorCode) {
    case ErrorCode.INVALID_TXN_STATE:
      return knowsAbortable ? ErrorCode.TRANSACTION_ABORTABLE : errorCode;
    case ErrorCode.PRODUCER_FENCED:
      return ErrorCode.INVALID_PRODUCER_EPOCH;
    case ErrorCode.CONCURRENT_TRANSACTIONS:
      return mayAdd ? errorCode : ErrorCode.NOT_ENOUGH_REPLICAS;
    case ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
    case ErrorCode.COORDINATOR_NOT_AVAILABLE:
    case ErrorCode.NOT_COORDINATOR:
      // Old clients send the batch again for this one.
      return ErrorCode.NOT_ENOUGH_REPLICAS;
    default:
      return errorCode;
  }
}
