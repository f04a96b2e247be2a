/** What this process takes of the machine, as the runtime tells it. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { ProcessStats } from "../ports.ts";

/** How often the event loop is looked at: what blocks it for less is seen now and then. */
const LOOP_LOOK_MS = 20;
const NANOSECONDS_PER_MS = 1e6;

/** Begins to watch the event loop, until `close`. */
export function createProcessStats(): ProcessStats {
  const delays = watchLoop();
  return {
    memory() {
      const { rss, heapUsed, external } = process.memoryUsage();
      return { residentBytes: rss, heapUsedBytes: heapUsed, externalBytes: external };
    },
    cpuSeconds() {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
    loopDelay() {
      // Deno has the function and measures something else: not the time between two looks.
      const isMeasured = delays !== null && delays.max > (LOOP_LOOK_MS / 2) * NANOSECONDS_PER_MS;
      if (!isMeasured) return null;
      const [p50, p99, max] = [delays.percentile(50), delays.percentile(99), delays.max].map(delay);
      delays.reset();
      return { p50: p50 as number, p99: p99 as number, max: max as number };
    },
    close: () => void delays?.disable(),
  };
}

/** Null on a runtime that cannot. */
function watchLoop(): ReturnType<typeof monitorEventLoopDelay> | null {
  try {
    const delays = monitorEventLoopDelay({ resolution: LOOP_LOOK_MS });
    delays.enable();
    return delays;
  } catch {
    return null;
  }
}

/** In seconds. Node records the time between two looks, which is never less than what was asked for. */
function delay(nanoseconds: number): number {
  return Math.max(0, nanoseconds / NANOSECONDS_PER_MS - LOOP_LOOK_MS) / 1000;
}
