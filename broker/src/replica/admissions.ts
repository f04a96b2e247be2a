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

export class Admissions {
  /** Epochs by producer. */
  readonly #granted = new Map<bigint, number>();
  readonly #asking = new Map<bigint, Promise<ErrorCode>>();

  has({ producerId, producerEpoch }: ProducerIdentity): boolean {
    return this.#granted.get(producerId) === producerEpoch && !this.#asking.has(producerId);
  }

  /** Asks, once for all batches of the producer that come meanwhile: they keep their order. */
  request(producer: ProducerIdentity, ask: () => Promise<ErrorCode>): Promise<ErrorCode> {
    const { producerId } = producer;
    const running = this.#asking.get(producerId);
    if (running !== undefined) return running;
    if (this.#granted.size + this.#asking.size >= OPEN_TRANSACTIONS_MAX) {
      return Promise.resolve(ErrorCode.INVALID_TXN_STATE);
    }
    const asking: Promise<ErrorCode> = ask().then(
      (errorCode) => {
        const isCurrent = this.#asking.get(producerId) === asking;
        if (isCurrent) this.#asking.delete(producerId);
        if (errorCode !== ErrorCode.NONE) return errorCode;
        // The transaction ended while the coordinator was asked about it.
        if (!isCurrent) return ErrorCode.INVALID_TXN_STATE;
        this.#granted.set(producerId, producer.producerEpoch);
        return errorCode;
      },
      (error: unknown) => {
        if (this.#asking.get(producerId) === asking) this.#asking.delete(producerId);
        throw error;
      },
    );
    this.#asking.set(producerId, asking);
    return asking;
  }

  /** The producer's transaction is open here, or has ended. */
  revoke(producerId: bigint): void {
    this.#granted.delete(producerId);
    this.#asking.delete(producerId);
  }
}
