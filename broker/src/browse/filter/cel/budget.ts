/** What one evaluation may spend: steps, and time in case the steps are slow. */
import { EVALUATION_MS_MAX, STEPS_MAX } from "./limits.ts";
import { Failure, type Spending } from "./values.ts";

/** Steps between two looks at the clock. */
const STEPS_PER_LOOK = 512;

export class Budget implements Spending {
  readonly #nowMs: () => number;
  #left = 0;
  #nextLook = 0;
  #deadlineMs = 0;
  /** The failure to go on with once the budget is used up; null before. */
  exhausted: Failure | null = null;

  /** `nowMs` is a monotonic clock. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Starts the evaluation of another record. */
  renew(): void {
    this.#left = STEPS_MAX;
    this.#nextLook = STEPS_MAX - STEPS_PER_LOOK;
    // Most evaluations take a handful of steps and never need the clock.
    this.#deadlineMs = -1;
    this.exhausted = null;
  }

  spend(steps: number): boolean {
    this.#left -= steps;
    if (this.#left > this.#nextLook) return true;
    return this.exhausted === null && this.#look();
  }

  #look(): boolean {
    if (this.#left <= 0) {
      this.exhausted = new Failure(`more than ${STEPS_MAX} steps`, { isFinal: true });
      return false;
    }
    this.#nextLook = this.#left - STEPS_PER_LOOK;
    const now = this.#nowMs();
    if (this.#deadlineMs < 0) this.#deadlineMs = now + EVALUATION_MS_MAX;
    if (now <= this.#deadlineMs) return true;
    this.exhausted = new Failure(`more than ${EVALUATION_MS_MAX} ms`, { isFinal: true });
    return false;
  }
}
