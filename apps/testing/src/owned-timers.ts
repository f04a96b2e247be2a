/** Timers that know their owner: all of them end with it, whoever in the broker set them. */
import { nodeScheduler } from "@runnel/broker/io/node/time.ts";
import type { Scheduler, Timer } from "@runnel/kit/world.ts";

/** The timers of the runtime, with an end. Nothing scheduled runs after `cancelAll`. */
export class OwnedTimers implements Scheduler {
  readonly #pending = new Set<Timer>();
  #isOver = false;

  after(delayMs: number, work: () => void): Timer {
    if (this.#isOver) return { cancel() {} };
    const timer = nodeScheduler.after(delayMs, () => {
      this.#pending.delete(timer);
      work();
    });
    this.#pending.add(timer);
    return {
      cancel: () => {
        this.#pending.delete(timer);
        timer.cancel();
      },
    };
  }

  soon(work: () => void): void {
    nodeScheduler.soon(work);
  }

  /** Cancels what is pending and refuses what comes later; idempotent. */
  cancelAll(): void {
    this.#isOver = true;
    for (const timer of this.#pending) timer.cancel();
    this.#pending.clear();
  }
}
