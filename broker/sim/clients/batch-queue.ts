/**
 * What one producer has for one partition: batches that wait, that are under way, and the sequence
 * numbers they bear. After a failure batches go out again in their order, one at a time, as in the
 * clients of Kafka.
 */
import type { CodecName } from "@runnel/protocol/records/batch.ts";
import { buildBatch } from "@runnel/protocol/records/build.ts";
import type { Send } from "../history.ts";
import { recordOf } from "./records.ts";

export interface ProducerIdentity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly isTransactional: boolean;
}

export interface QueuedBatch {
  readonly sends: readonly Send[];
  readonly codec: CodecName;
  readonly padding: number;
  readonly timestamp: number;
  /** Monotonic ms after which nobody waits for it any more. */
  readonly deadline: number;
  /** Of its first record; null while it was never sent. */
  sequence: number | null;
  attempts: number;
}

const SEQUENCE_SPAN = 2 ** 31;

export class BatchQueue {
  readonly partition: string;
  #waiting: QueuedBatch[] = [];
  readonly #flying = new Set<QueuedBatch>();
  #nextSequence: number;
  /** Monotonic ms before which nothing is sent: something failed just now. */
  #retryAt = 0;

  constructor(partition: string, firstSequence: number) {
    this.partition = partition;
    this.#nextSequence = firstSequence;
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  get flyingCount(): number {
    return this.#flying.size;
  }

  add(batch: QueuedBatch): void {
    this.#waiting.push(batch);
  }

  /** The next batch to send, which is under way from here on; null where it is nobody's turn. */
  take(flyingMax: number, nowMs: number): QueuedBatch | null {
    const [next] = this.#waiting;
    if (next === undefined || this.#flying.size >= flyingMax || nowMs < this.#retryAt) return null;
    // A batch that failed goes alone: those behind it would be out of order again.
    const isAgain = next.attempts > 0 || [...this.#flying].some(({ attempts }) => attempts > 1);
    if (isAgain && this.#flying.size > 0) return null;
    this.#waiting.shift();
    this.#flying.add(next);
    next.attempts += 1;
    if (next.sequence === null) {
      next.sequence = this.#nextSequence;
      this.#nextSequence = (this.#nextSequence + next.sends.length) % SEQUENCE_SPAN;
    }
    return next;
  }

  /** Whether everything that was sent before `batch` has its answer. */
  isNext(batch: QueuedBatch): boolean {
    const before = (one: QueuedBatch): boolean => one !== batch && order(one) < order(batch);
    return ![...this.#flying, ...this.#waiting].some((one) => one.attempts > 0 && before(one));
  }

  /** `batch` is done with. */
  finish(batch: QueuedBatch): void {
    this.#flying.delete(batch);
  }

  /** `batch` has to be sent again, in its place, after `retryAt`. */
  putBack(batch: QueuedBatch, retryAt: number): void {
    this.#retryAt = retryAt;
    this.#flying.delete(batch);
    const at = this.#waiting.findIndex((one) => order(one) > order(batch));
    this.#waiting.splice(at === -1 ? this.#waiting.length : at, 0, batch);
  }

  /** Takes out what waits and fulfils `test`. */
  drop(test: (batch: QueuedBatch) => boolean): QueuedBatch[] {
    const dropped = this.#waiting.filter(test);
    this.#waiting = this.#waiting.filter((batch) => !test(batch));
    return dropped;
  }

  /** A new epoch of the producer: sequences begin at 0 again. Nothing may be under way. */
  renumber(): void {
    this.#nextSequence = 0;
    for (const batch of this.#waiting) batch.sequence = null;
  }
}

function order({ sends }: QueuedBatch): number {
  return (sends[0] as Send).value;
}

/** The bytes of `batch` as `identity` sends it; null for a producer without an id. */
export function encodeBatch(batch: QueuedBatch, identity: ProducerIdentity | null): Uint8Array {
  const { sends, codec, padding, timestamp, sequence } = batch;
  const records = sends.map(({ value }) => recordOf(value, timestamp, padding));
  if (identity === null) return buildBatch({ records, codec });
  return buildBatch({ ...identity, records, codec, baseSequence: sequence ?? 0 });
}
