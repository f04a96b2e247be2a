/**
 * Which producers may open their transaction in a partition: asked for once, granted until the
 * transaction is open here or has ended.
 */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { OPEN_TRANSACTIONS_MAX } from "#log/producer-state.ts";

export interface ProducerIdentity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

/** What a producer says that it is. */
export interface Claim extends ProducerIdentity {
  readonly transactionalId: string;
}

export class Admissions {
  /** Epochs by producer. */
  readonly #granted = new Map<bigint, number>();
  /** By producer, then by the rest of the claim: what is said of one is no answer to another. */
  readonly #asking = new Map<bigint, Map<string, Promise<ErrorCode>>>();

  has({ producerId, producerEpoch }: ProducerIdentity): boolean {
    return this.#granted.get(producerId) === producerEpoch;
  }

  /** Asks, once for all batches of the same claim that come meanwhile: they keep their order. */
  request(claim: Claim, ask: () => Promise<ErrorCode>): Promise<ErrorCode> {
    const { producerId, producerEpoch, transactionalId } = claim;
    const key = `${producerEpoch}/${transactionalId}`;
    const running = this.#asking.get(producerId)?.get(key);
    if (running !== undefined) return running;
    if (this.#granted.size + this.#asking.size >= OPEN_TRANSACTIONS_MAX) {
      return Promise.resolve(ErrorCode.INVALID_TXN_STATE);
    }
    const questions = this.#asking.get(producerId) ?? new Map<string, Promise<ErrorCode>>();
    this.#asking.set(producerId, questions);
    const asking = this.#ask(claim, ask, () => {
      questions.delete(key);
      const isCurrent = this.#asking.get(producerId) === questions;
      if (isCurrent && questions.size === 0) this.#asking.delete(producerId);
      return isCurrent;
    });
    questions.set(key, asking);
    return asking;
  }

  /** `answered` is called with the answer; it says whether the transaction did not end meanwhile. */
  async #ask(
    { producerId, producerEpoch }: Claim,
    ask: () => Promise<ErrorCode>,
    answered: () => boolean,
  ): Promise<ErrorCode> {
    let isCurrent = false;
    let errorCode: ErrorCode;
    try {
      errorCode = await ask();
    } finally {
      isCurrent = answered();
    }
    if (errorCode !== ErrorCode.NONE) return errorCode;
    if (!isCurrent) return ErrorCode.INVALID_TXN_STATE;
    this.#granted.set(producerId, producerEpoch);
    return errorCode;
  }

  /** The producer's transaction is open here, or has ended. */
  revoke(producerId: bigint): void {
    this.#granted.delete(producerId);
    this.#asking.delete(producerId);
  }
}
