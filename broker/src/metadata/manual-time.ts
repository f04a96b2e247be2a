/** Clock and timers that stand still until told: for tests. */
import type { Clock, Scheduler } from "@runnel/kit/world.ts";

export interface ManualTime {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Moves both clocks on and runs what has become due, in order. */
  advance(spanMs: number): void;
}

export function manualTime(startMs = 1_000): ManualTime {
  let now = startMs;
  let order = 0;
  const timers = new Map<number, { readonly at: number; readonly work: () => void }>();
  const runDue = (until: number): boolean => {
    const due = [...timers].filter(([, timer]) => timer.at <= until);
    const next = due.toSorted((a, b) => a[1].at - b[1].at || a[0] - b[0])[0];
    if (next === undefined) return false;
    timers.delete(next[0]);
    now = Math.max(now, next[1].at);
    next[1].work();
    return true;
  };
  return {
    clock: { nowMs: () => now, monotonicMs: () => now },
    scheduler: {
      after(delayMs, work) {
        order += 1;
        const id = order;
        timers.set(id, { at: now + delayMs, work });
        return { cancel: () => void timers.delete(id) };
      },
      soon: (work) => void Promise.resolve().then(work),
    },
    advance(spanMs) {
      const until = now + spanMs;
      while (runDue(until));
      now = until;
    },
  };
}
