/** Time that moves only when told, as clock and scheduler in one; for tests and the simulator. */
import type { Clock, Scheduler, Timer } from "@runnel/kit/world.ts";

interface Pending {
  readonly dueMs: number;
  /** Breaks ties: what was asked for first runs first. */
  readonly order: number;
  readonly work: () => void;
}

/** Wall time of a new `ManualTime`: late enough that no span from it is negative. */
const START_AT = 1_700_000_000_000;
/** Microtask rounds after which promises that were settled have had their say. */
const ROUNDS = 32;
/** Rounds of `soon` work after which a loop is taken for an endless one. */
const TURNS_MAX = 100_000;

export class ManualTime implements Clock, Scheduler {
  #monotonicMs = 0;
  /** Wall time minus monotonic time; a test may let the calendar jump. */
  wallOffsetMs = START_AT;
  #order = 0;
  readonly #timers = new Set<Pending>();
  #soon: (() => void)[] = [];

  nowMs(): number {
    return Math.floor(this.wallOffsetMs + this.#monotonicMs);
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  /** Timers that have not run. */
  get timerCount(): number {
    return this.#timers.size;
  }

  after(delayMs: number, work: () => void): Timer {
    const pending = { dueMs: this.#monotonicMs + delayMs, order: this.#order, work };
    this.#order += 1;
    this.#timers.add(pending);
    return { cancel: () => void this.#timers.delete(pending) };
  }

  soon(work: () => void): void {
    this.#soon.push(work);
  }

  /** Runs what was asked for `soon`, and what that asks for, until nothing is left. */
  runSoon(): void {
    for (let turn = 0; this.#soon.length > 0; turn += 1) {
      if (turn > TURNS_MAX) throw new Error("work that asks for itself without end");
      const turnWork = this.#soon;
      this.#soon = [];
      for (const work of turnWork) work();
    }
  }

  /** Moves time by `spanMs` and runs, in order, every timer that falls due, and `soon` work. */
  advance(spanMs: number): void {
    const end = this.#monotonicMs + spanMs;
    this.runSoon();
    for (let next = this.#earliest(end); next !== null; next = this.#earliest(end)) {
      this.#run(next);
      this.runSoon();
    }
    this.#monotonicMs = end;
  }

  /** As `advance`, and lets promises settle before, between and after. */
  async advanceAsync(spanMs: number): Promise<void> {
    const end = this.#monotonicMs + spanMs;
    await this.settle();
    for (let next = this.#earliest(end); next !== null; next = this.#earliest(end)) {
      this.#run(next);
      await this.settle();
    }
    this.#monotonicMs = end;
  }

  /** Runs `soon` work and lets promises settle, in turn, until there is no more `soon` work. */
  async settle(): Promise<void> {
    do {
      this.runSoon();
      for (let round = 0; round < ROUNDS; round += 1) await Promise.resolve();
    } while (this.#soon.length > 0);
  }

  #run(timer: Pending): void {
    this.#timers.delete(timer);
    this.#monotonicMs = Math.max(this.#monotonicMs, timer.dueMs);
    timer.work();
  }

  #earliest(untilMs: number): Pending | null {
    let best: Pending | null = null;
    for (const timer of this.#timers) {
      if (timer.dueMs > untilMs) continue;
      const isEarlier =
        best === null ||
        timer.dueMs < best.dueMs ||
        (timer.dueMs === best.dueMs && timer.order < best.order);
      if (isEarlier) best = timer;
    }
    return best;
  }
}
