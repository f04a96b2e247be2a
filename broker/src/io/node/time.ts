/** The machine's clocks, timers and source of chance. */
import { randomBytes } from "node:crypto";
import { performance } from "node:perf_hooks";
import { clearTimeout, setImmediate, setTimeout } from "node:timers";
import { assert } from "@runnel/kit/assert.ts";
import type { Clock, Random, Scheduler, Timer } from "@runnel/kit/world.ts";

/** The longest delay a timer of the runtime takes (24.8 days); a longer one would fire at once. */
const DELAY_MS_MAX = 2 ** 31 - 1;

export const nodeClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

class NodeTimer implements Timer {
  #timeout: ReturnType<typeof setTimeout> | undefined;

  constructor(delayMs: number, work: () => void) {
    this.#wait(delayMs, work);
  }

  #wait(delayMs: number, work: () => void): void {
    const partMs = Math.min(delayMs, DELAY_MS_MAX);
    const next = partMs < delayMs ? () => this.#wait(delayMs - partMs, work) : work;
    this.#timeout = setTimeout(next, partMs);
    this.#timeout.unref();
  }

  cancel(): void {
    clearTimeout(this.#timeout);
  }
}

export const nodeScheduler: Scheduler = {
  after(delayMs, work) {
    assert(delayMs >= 0, `timer of ${delayMs} ms`);
    return new NodeTimer(delayMs, work);
  },
  soon(work) {
    setImmediate(work);
  },
};

const TWO_32 = 0x1_0000_0000;
const TWO_53 = 2 ** 53;

export const nodeRandom: Random = {
  below(bound) {
    assert(bound >= 1 && bound <= TWO_53, `chance below ${bound}`);
    // What lies above the last whole multiple is drawn again: every number is as likely as the next.
    const limit = TWO_53 - (TWO_53 % bound);
    for (;;) {
      const bytes = randomBytes(8);
      const drawn = (bytes.readUInt32LE(0) & 0x1f_ffff) * TWO_32 + bytes.readUInt32LE(4);
      if (drawn < limit) return drawn % bound;
    }
  },
  bytes: (length) => randomBytes(length),
};
