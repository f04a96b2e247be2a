/** The other side of `polite-worker.ts`: how the polite client fares. */
import { Worker } from "node:worker_threads";
import { waitFor } from "../harness/wait.ts";

type News = { readonly ms: number } | { readonly failure: string };

export class Polite implements AsyncDisposable {
  readonly #worker: Worker;
  #roundTrips = 0;
  #slowestMs = 0;
  #startedAt = performance.now();
  #failure: string | null = null;

  constructor(address: string, topic: string) {
    this.#worker = new Worker(new URL("./polite-worker.ts", import.meta.url), {
      workerData: { address, topic },
    });
    this.#worker.on("error", (error) => {
      this.#failure = String(error);
    });
    this.#worker.on("message", (news: News) => {
      if ("failure" in news) this.#failure = news.failure;
      else {
        this.#roundTrips += 1;
        this.#slowestMs = Math.max(this.#slowestMs, news.ms);
        this.#startedAt = performance.now();
      }
    });
  }

  get roundTrips(): number {
    return this.#roundTrips;
  }

  /** The slowest round trip since the last `forget`, the one under way included. */
  get slowestMs(): number {
    return Math.max(this.#slowestMs, performance.now() - this.#startedAt);
  }

  forget(): void {
    this.#slowestMs = 0;
    this.#startedAt = performance.now();
  }

  /** Resolves after `count` more round trips; rejects when one has failed. */
  async progress(count: number): Promise<void> {
    const target = this.#roundTrips + count;
    await waitFor(`${count} round trips of the polite client`, () => {
      return this.#failure !== null || this.#roundTrips >= target;
    });
    if (this.#failure !== null) throw new Error(`the polite client: ${this.#failure}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}
