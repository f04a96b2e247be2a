/** A clock and a scheduler that stand still until a test moves them. */
import type { Clock, Scheduler, Timer } from "@runnel/kit/world.ts";

interface Pending {
  readonly atMs: number;
  readonly order: number;
  readonly work: () => void;
}

export class FakeTime implements Clock, Scheduler {
  #nowMs = 0;
  #order = 0;
  readonly #timers = new Set<Pending>();
  #soon: (() => void)[] = [];
  /** What the wall clock is ahead of the other. */
  wallOffsetMs = 1_700_000_000_000;

  nowMs(): number {
    return this.#nowMs + this.wallOffsetMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, work: () => void): Timer {
    this.#order += 1;
    const pending = { atMs: this.#nowMs + delayMs, order: this.#order, work };
    this.#timers.add(pending);
    return { cancel: () => this.#timers.delete(pending) };
  }

  soon(work: () => void): void {
    this.#soon.push(work);
  }

  /** Timers that wait. */
  get timerCount(): number {
    return this.#timers.size;
  }

  /** Runs what is ready now, and what that makes ready, without moving the clock. */
  async settle(): Promise<void> {
    for (let round = 0; round < 50; round += 1) await Promise.resolve();
    while (this.#soon.length > 0) {
      const ready = this.#soon;
      this.#soon = [];
      for (const work of ready) work();
      for (let round = 0; round < 50; round += 1) await Promise.resolve();
    }
  }

  /** Moves the clock, stopping at every timer on the way. */
  async advance(ms: number): Promise<void> {
    const until = this.#nowMs + ms;
    await this.settle();
    for (let next = this.#next(until); next !== null; next = this.#next(until)) {
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      this.#timers.delete(next);
      next.work();
      await this.settle();
    }
    this.#nowMs = until;
    await this.settle();
  }

  /** Moves the clock at once, as for a process that stood still; then runs what is due. */
  async jump(ms: number): Promise<void> {
    this.#nowMs += ms;
    await this.advance(0);
  }

  #next(until: number): Pending | null {
    let first: Pending | null = null;
    for (const pending of this.#timers) {
      if (pending.atMs > until) continue;
      const isEarlier =
        first === null ||
        pending.atMs < first.atMs ||
        (pending.atMs === first.atMs && pending.order < first.order);
      if (isEarlier) first = pending;
    }
    return first;
  }
}
