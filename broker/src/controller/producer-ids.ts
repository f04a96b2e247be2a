/** Hands out producer ids one by one from blocks that the metadata store gave to this broker. */
import type { ProducerIdBlock } from "./controller.ts";

export class ProducerIds {
  readonly #allocate: () => Promise<ProducerIdBlock>;
  #next = 0n;
  #left = 0;
  /** The block on its way; all who find none left wait for it together. */
  #loading: Promise<void> | null = null;

  constructor(allocate: () => Promise<ProducerIdBlock>) {
    this.#allocate = allocate;
  }

  /** An id that no producer had before, across restarts. Rejects with `IoError` where there is none. */
  async next(): Promise<bigint> {
    while (this.#left === 0) {
      this.#loading ??= this.#load().finally(() => {
        this.#loading = null;
      });
      await this.#loading;
    }
    const id = this.#next;
    this.#next += 1n;
    this.#left -= 1;
    return id;
  }

  async #load(): Promise<void> {
    const { first, count } = await this.#allocate();
    this.#next = first;
    this.#left = count;
  }
}
