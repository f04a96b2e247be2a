/**
 * The time by which things become old: records and tombstones, producers, committed offsets, transactional
 * ids. It follows the wall clock, but a leap ahead is believed only once it has lasted: a clock that somebody
 * set wrong for an hour must not delete what was to be kept.
 *
 * What it compares is wall time minus monotonic time, which stays the same while nobody moves the
 * calendar, and of which it believes the least value of the last one to two hours. A step back counts
 * at once, as nothing is deleted too early by it. A machine that slept leaps ahead as well, since its
 * monotonic clock stood still: it catches up an hour or two after waking.
 */
import type { Clock } from "@runnel/kit/world.ts";

/** How long a leap of the wall clock must last before anything is deleted because of it. */
export const LEAP_DOUBT_MS = 3_600_000;

export class RetentionClock {
  readonly #clock: Clock;
  /** The least difference of the clocks in the period that has ended, and in the one under way. */
  #before: number;
  #least: number;
  #periodStart: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#periodStart = clock.monotonicMs();
    this.#least = clock.nowMs() - this.#periodStart;
    this.#before = this.#least;
  }

  /** Wall ms as far as they are believed. To be asked every hour at least: it learns by being asked. */
  nowMs(): number {
    return Math.floor(this.#believed() + this.#clock.monotonicMs());
  }

  /** How far the wall clock is ahead of that, in ms: a leap, or what it drifted. */
  doubtMs(): number {
    return Math.max(0, this.#clock.nowMs() - this.nowMs());
  }

  #believed(): number {
    const monotonic = this.#clock.monotonicMs();
    const difference = this.#clock.nowMs() - monotonic;
    if (monotonic - this.#periodStart >= LEAP_DOUBT_MS) {
      this.#before = this.#least;
      this.#least = difference;
      this.#periodStart = monotonic;
    }
    this.#least = Math.min(this.#least, difference);
    return Math.min(this.#before, this.#least);
  }
}
