/** Brokers that are away for a while: they restart, or the network is down. */
import { findErrorBy } from "@platformatic/kafka";
import { explain } from "./explain.ts";

/** Reading gives up after so many tries in a row, and this is the pause between two of them. */
export const OUTAGE_TRIES_MAX = 60;
export const OUTAGE_DELAY_MS = 500;

/** Whether a broker could not be reached or fell silent, so that waiting may help. */
export function isOutage(error: unknown): boolean {
  // Time-outs bear this code, too.
  return error instanceof Error && findErrorBy(error, "code", "PLT_KFK_NETWORK") !== null;
}

/** An outage is over once nothing has failed for so long. */
const CALM_AFTER_MS = 2_000;

/**
 * Bears an outage on behalf of a client of the library that tries again by itself, each operation of it
 * on its own: says once that we wait, and ends the waiting for all of them.
 */
export class Patience {
  readonly #onRemark: (text: string) => void;
  readonly #nowMs: () => number;
  readonly #lost = Promise.withResolvers<never>();
  #sinceMs: number | null = null;
  #failedAtMs = 0;
  #isAway = false;

  constructor(onRemark: (text: string) => void, nowMs: () => number = () => performance.now()) {
    this.#onRemark = onRemark;
    this.#nowMs = nowMs;
    this.lost.catch(() => {});
  }

  /** Rejects when it is no use to wait any longer. */
  get lost(): Promise<never> {
    return this.#lost.promise;
  }

  /** Whether the last thing we know is a failure. */
  get isAway(): boolean {
    return this.#isAway;
  }

  /** To be asked after every failure: the pause before the next try. */
  delayAfter(error: Error, bootstrap: string): number {
    if (!isOutage(error)) return OUTAGE_DELAY_MS;
    this.#failedAtMs = this.#nowMs();
    this.#isAway = true;
    if (this.#sinceMs === null) this.#onRemark(`Waiting: ${explain(error, bootstrap)}.`);
    this.#sinceMs ??= this.#failedAtMs;
    const spanMs = this.#failedAtMs - this.#sinceMs;
    if (spanMs > OUTAGE_TRIES_MAX * OUTAGE_DELAY_MS) this.end(error);
    return OUTAGE_DELAY_MS;
  }

  /** To be called when something has worked. */
  onSuccess(): void {
    this.#isAway = false;
    if (this.#nowMs() - this.#failedAtMs >= CALM_AFTER_MS) this.#sinceMs = null;
  }

  end(error: Error): void {
    this.#lost.reject(error);
  }

  orLost<Result>(work: Promise<Result>): Promise<Result> {
    return Promise.race([work, this.lost]);
  }
}
