/** Answers that several events get. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { IdentityResult } from "./events.ts";
import type { ProducerIdentity } from "./model.ts";

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
