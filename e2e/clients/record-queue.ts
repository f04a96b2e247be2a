/** The records that a consumer has received and its caller has not asked for yet. */
import type { ConsumedRecord } from "./calls.ts";

export class RecordQueue {
  readonly #records: ConsumedRecord[] = [];
  /** `topic/partition` → the offset after the last record handed over. */
  readonly #positions = new Map<string, number>();
  #onChange: (() => void) | null = null;
  #failure: Error | null = null;

  push(record: ConsumedRecord): void {
    this.#records.push(record);
    this.#onChange?.();
  }

  /** Makes the current and every later read throw. */
  fail(error: Error): void {
    this.#failure = error;
    this.#onChange?.();
  }

  /** Waits until there are `count` records or the time is over, and hands over up to `count`. */
  async read(count: number, withinMs: number): Promise<readonly ConsumedRecord[]> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, withinMs);
    this.#onChange = () => {
      if (this.#records.length >= count || this.#failure !== null) {
        resolve();
      }
    };
    this.#onChange();
    await promise;
    this.#onChange = null;
    clearTimeout(timer);
    if (this.#failure !== null) {
      throw this.#failure;
    }
    const taken = this.#records.splice(0, count);
    for (const { topic, partition, offset } of taken) {
      this.#positions.set(`${topic}/${partition}`, offset + 1);
    }
    return taken;
  }

  /** What there is to commit of the partitions that the member still has, as `topic/partition`. */
  positions(
    assignment: readonly string[],
  ): readonly { topic: string; partition: number; offset: number }[] {
    const owned = [...this.#positions].filter(([key]) => assignment.includes(key));
    return owned.map(([key, offset]) => {
      const slash = key.lastIndexOf("/");
      return { topic: key.slice(0, slash), partition: Number(key.slice(slash + 1)), offset };
    });
  }
}
