/** When a log is synced for its age, `flush.ms` after the first record that is not. */
import type { Scheduler } from "@runnel/kit/world.ts";

/** Longer is "never": what timers can hold. */
const FLUSH_MS_MAX = 0x7fffffff;

export class FlushTimer {
  readonly #scheduler: Scheduler;
  #isSet = false;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** Calls `flush` in `flushMs`, once, however often it is armed meanwhile. */
  arm(flushMs: number, flush: () => void): void {
    if (flushMs > FLUSH_MS_MAX || this.#isSet) return;
    this.#isSet = true;
    this.#scheduler.after(flushMs, () => {
      this.#isSet = false;
      flush();
    });
  }
}
