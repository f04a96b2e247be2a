/** Answers that several events get. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type {
  DescribeEvent,
  IdentityResult,
  TransactionDescription,
  TransactionReply,
} from "./events.ts";
import type { Transaction } from "./live.ts";
import type { ProducerIdentity, TransactionValue } from "./model.ts";

export const NOBODY: ProducerIdentity = { producerId: -1n, producerEpoch: -1 };

export function identified({ producerId, producerEpoch }: ProducerIdentity): IdentityResult {
  return { errorCode: ErrorCode.NONE, producerId, producerEpoch, needsProducerId: false };
}

export function refusedIdentity(errorCode: ErrorCode): IdentityResult {
  return { ...NOBODY, errorCode, needsProducerId: false };
}

/** As long as nobody asks again this is an answer, too: to try again. */
export const NEEDS_PRODUCER_ID: IdentityResult = {
  ...NOBODY,
  errorCode: ErrorCode.CONCURRENT_TRANSACTIONS,
  needsProducerId: true,
};

/** An id in the words of whoever asks about it. */
export function described(
  transactionalId: string,
  value: TransactionValue,
): TransactionDescription {
  const { state, producerId, producerEpoch, timeoutMs, startedAt, updatedAt } = value;
  const topics = [...value.partitions].map(([topic, indexes]) => {
    return { topic, partitions: [...indexes] };
  });
  const times = { timeoutMs, startedAt, updatedAt };
  return { transactionalId, state, producerId, producerEpoch, ...times, topics };
}

export function describeReply(
  { transactionalId, value }: Transaction,
  { kind, ticket }: DescribeEvent,
): TransactionReply {
  if (value === null) {
    const errorCode = ErrorCode.TRANSACTIONAL_ID_NOT_FOUND;
    return { kind, ticket, result: { errorCode, transaction: null } };
  }
  const transaction = described(transactionalId, value);
  return { kind, ticket, result: { errorCode: ErrorCode.NONE, transaction } };
}
