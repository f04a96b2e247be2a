/**
 * Partitions that join a transaction one by one, as their first batches come (KIP-890). What comes while
 * one is being written is written together, behind it: ten partitions take two appends, not ten.
 */
import type { ErrorResult } from "./events.ts";
import type { ProducerIdentity } from "./model.ts";
import type { TopicPartition } from "./ports.ts";

export interface Joining extends ProducerIdentity {
  readonly transactionalId: string;
}

/** Never rejects. */
type Add = (joining: Joining, partitions: readonly TopicPartition[]) => Promise<ErrorResult>;

interface Waiting {
  readonly partitions: TopicPartition[];
  readonly result: Promise<ErrorResult>;
  start(): void;
}

export class JointAdds {
  readonly #add: Add;
  /** By producer with an add under way: what waits behind it; null for nothing. */
  readonly #behind = new Map<string, Waiting | null>();

  constructor(add: Add) {
    this.#add = add;
  }

  /** Asks at once, or together with the others that wait. */
  add(joining: Joining, partition: TopicPartition): Promise<ErrorResult> {
    const key = keyOf(joining);
    const waiting = this.#behind.get(key);
    if (waiting === undefined) return this.#run(joining, [partition]);
    if (waiting !== null) {
      waiting.partitions.push(partition);
      return waiting.result;
    }
    const partitions = [partition];
    const { promise: result, resolve } = Promise.withResolvers<ErrorResult>();
    const start = (): void => resolve(this.#run(joining, partitions));
    this.#behind.set(key, { partitions, result, start });
    return result;
  }

  async #run(joining: Joining, partitions: readonly TopicPartition[]): Promise<ErrorResult> {
    const key = keyOf(joining);
    this.#behind.set(key, null);
    const result = await this.#add(joining, partitions);
    const next = this.#behind.get(key) ?? null;
    this.#behind.delete(key);
    next?.start();
    return result;
  }
}

function keyOf({ transactionalId, producerId, producerEpoch }: Joining): string {
  return `${producerId}/${producerEpoch}/${transactionalId}`;
}
