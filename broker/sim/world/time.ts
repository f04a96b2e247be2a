/**
 * Time of a simulated world: one queue of events, by due time and then by order of asking. Between two
 * events every promise that is settled has its say, however long the chain, so what happens depends on
 * the queue alone.
 */
import { setImmediate } from "node:timers";
import type { Clock, Scheduler, Timer } from "@runnel/kit/world.ts";

interface Pending {
  readonly dueMs: number;
  readonly order: number;
  /** Null once it was cancelled. */
  work: (() => void) | null;
}

/** Wall time of a new world: late enough that no span from it is negative. */
const START_AT = 1_700_000_000_000;
/** Events at one moment after which the world is taken for one that turns in a circle. */
const EVENTS_AT_ONCE_MAX = 200_000;

export class SimTime implements Clock, Scheduler {
  /** Wall time minus monotonic time; the calendar may jump. */
  wallOffsetMs = START_AT;
  eventCount = 0;
  #nowMs = 0;
  #order = 0;
  #eventsNow = 0;
  /** A binary heap. */
  readonly #queue: Pending[] = [];
  /** What only the real world can finish, such as loading a module; time stands still for it. */
  readonly #outside = new Set<Promise<unknown>>();

  nowMs(): number {
    return Math.floor(this.wallOffsetMs + this.#nowMs);
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, work: () => void): Timer {
    const pending: Pending = { dueMs: this.#nowMs + delayMs, order: this.#order, work };
    this.#order += 1;
    this.#push(pending);
    return {
      cancel() {
        pending.work = null;
      },
    };
  }

  soon(work: () => void): void {
    this.after(0, work);
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.after(delayMs, resolve));
  }

  /** Lets no event happen until `promise` is settled, and returns it. */
  hold<T>(promise: Promise<T>): Promise<T> {
    this.#outside.add(promise);
    const forget = (): void => void this.#outside.delete(promise);
    promise.then(forget, forget);
    return promise;
  }

  /**
   * Runs events until `isDone` says so between two of them (true), or until none is left that is due by
   * `untilMs` (false; it is that time then). What an event throws rejects, as it would end a process.
   */
  run(isDone: () => boolean, untilMs: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const turn = (): void => {
        if (this.#outside.size > 0) {
          void Promise.allSettled(this.#outside).then(() => setImmediate(turn));
          return;
        }
        try {
          if (isDone()) resolve(true);
          else if (this.#step(untilMs)) setImmediate(turn);
          else resolve(false);
        } catch (error) {
          reject(error);
        }
      };
      setImmediate(turn);
    });
  }

  /** Runs the next event; false when none is due by `untilMs`. */
  #step(untilMs: number): boolean {
    for (;;) {
      const next = this.#queue[0];
      if (next === undefined || next.dueMs > untilMs) {
        this.#nowMs = Math.max(this.#nowMs, untilMs);
        return false;
      }
      this.#pop();
      if (next.work === null) continue;
      this.#count(next.dueMs);
      next.work();
      return true;
    }
  }

  #count(dueMs: number): void {
    this.eventCount += 1;
    this.#eventsNow = dueMs > this.#nowMs ? 0 : this.#eventsNow + 1;
    this.#nowMs = Math.max(this.#nowMs, dueMs);
    if (this.#eventsNow > EVENTS_AT_ONCE_MAX)
      throw new Error("time stands still: a circle of events");
  }

  #push(pending: Pending): void {
    const queue = this.#queue;
    let at = queue.length;
    queue.push(pending);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = queue[parent] as Pending;
      if (!isEarlier(pending, above)) break;
      queue[at] = above;
      at = parent;
    }
    queue[at] = pending;
  }

  #pop(): void {
    const queue = this.#queue;
    const last = queue.pop() as Pending;
    if (queue.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= queue.length) break;
      const right = queue[child + 1];
      if (right !== undefined && isEarlier(right, queue[child] as Pending)) child += 1;
      if (!isEarlier(queue[child] as Pending, last)) break;
      queue[at] = queue[child] as Pending;
      at = child;
    }
    queue[at] = last;
  }
}

function isEarlier(one: Pending, other: Pending): boolean {
  return one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.order < other.order);
}
