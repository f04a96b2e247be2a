/** Lets a pass work a share of the time, and read and write so many bytes a second. */
import type { Clock, Scheduler } from "@runnel/kit/world.ts";
import {
  CPU_SHARE_MAX,
  PRESSED_SHARE_MAX,
  PRESSED_TURN_MS,
  REST_MS_MAX,
  TURN_MS,
} from "./limits.ts";

export class Pace {
  /** Others need the processors and the disk: work less of the time. */
  isPressed = false;
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #bytesPerSecondMax: number;
  #turnBeganAt: number;
  /** When as many bytes as were counted may have been moved, monotonic ms. */
  #bytesDueAt: number;

  constructor(clock: Clock, scheduler: Scheduler, bytesPerSecondMax: number) {
    this.#clock = clock;
    this.#scheduler = scheduler;
    this.#bytesPerSecondMax = bytesPerSecondMax;
    this.#turnBeganAt = clock.monotonicMs();
    this.#bytesDueAt = this.#turnBeganAt;
  }

  /** Counts bytes that were read or written. */
  count(bytes: number): void {
    const ms = (bytes / this.#bytesPerSecondMax) * 1000;
    this.#bytesDueAt = Math.max(this.#bytesDueAt, this.#turnBeganAt) + ms;
  }

  /**
   * Returns true when there may be more work; everything else in the thread had its turn where it was time.
   * False where it is not time yet and `REST_MS_MAX` are over: the caller says that it lives, and asks again.
   */
  async breathe(): Promise<boolean> {
    const now = this.#clock.monotonicMs();
    const workedMs = now - this.#turnBeganAt;
    const aheadMs = this.#bytesDueAt - now;
    if (workedMs < (this.isPressed ? PRESSED_TURN_MS : TURN_MS) && aheadMs <= 0) return true;
    const share = this.isPressed ? PRESSED_SHARE_MAX : CPU_SHARE_MAX;
    const restMs = Math.max(workedMs * (1 / share - 1), aheadMs);
    await this.#sleep(Math.min(restMs, REST_MS_MAX));
    this.#turnBeganAt = this.#clock.monotonicMs();
    return restMs <= REST_MS_MAX;
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#scheduler.after(ms, resolve);
    });
  }
}
