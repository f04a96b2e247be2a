/**
 * Requests that wait until an offset is passed: produces for the high watermark, in the order in which
 * they were appended.
 */

export type WaitOutcome = "reached" | "failed" | "expired";

interface Waiter {
  readonly offset: number;
  /** Monotonic ms. */
  readonly deadline: number;
  readonly done: (outcome: WaitOutcome) => void;
}

export class OffsetWaiters {
  #waiters: Waiter[] = [];

  get size(): number {
    return this.#waiters.length;
  }

  /** Calls `done` once: when `offset` is reached, the log fails, or `deadline` (monotonic ms) passes. */
  add(offset: number, deadline: number, done: (outcome: WaitOutcome) => void): void {
    let at = this.#waiters.length;
    // Only a batch that is sent again, and is not durable yet, waits for less than others before it.
    while (at > 0 && (this.#waiters[at - 1] as Waiter).offset > offset) at -= 1;
    this.#waiters.splice(at, 0, { offset, deadline, done });
  }

  /** Answers those whose offset is at most `reached`: the first ones, for they stand in order. */
  reach(reached: number): void {
    let count = 0;
    while (count < this.#waiters.length && (this.#waiters[count] as Waiter).offset <= reached) {
      count += 1;
    }
    if (count === 0) return;
    for (const waiter of this.#waiters.splice(0, count)) waiter.done("reached");
  }

  /** Answers all as failed. */
  fail(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter.done("failed");
  }

  /** Answers those whose time is over. */
  expire(monotonicMs: number): void {
    if (!this.#waiters.some((waiter) => waiter.deadline <= monotonicMs)) return;
    const expired = this.#waiters.filter((waiter) => waiter.deadline <= monotonicMs);
    this.#waiters = this.#waiters.filter((waiter) => waiter.deadline > monotonicMs);
    for (const waiter of expired) waiter.done("expired");
  }
}
