/** The life of one simulated process: what it scheduled, and what it waits for, ends with it. */
import type { Scheduler } from "@runnel/kit/world.ts";

export class Life {
  #isOver = false;

  get isOver(): boolean {
    return this.#isOver;
  }

  /** From now on nothing of this process happens any more, as after `kill -9`. */
  end(): void {
    this.#isOver = true;
  }

  /** `scheduler` as the process sees it. */
  scheduler(scheduler: Scheduler): Scheduler {
    const guarded = (work: () => void) => (): void => {
      if (!this.#isOver) work();
    };
    return {
      after: (delayMs, work) => scheduler.after(delayMs, guarded(work)),
      soon: (work) => scheduler.soon(guarded(work)),
    };
  }
}
