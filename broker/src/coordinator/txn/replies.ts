/** Answers that several events get. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { IdentityResult, TransactionDescription } from "./events.ts";
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
