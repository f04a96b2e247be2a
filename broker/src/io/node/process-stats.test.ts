import { setTimeout as after } from "node:timers/promises";
import { expect, test } from "vitest";
import { createProcessStats } from "./process-stats.ts";

test("createProcessStats() sees memory, processor time, and an event loop that is held up", async () => {
  const stats = createProcessStats();
  expect(stats.memory().residentBytes).toBeGreaterThan(stats.memory().heapUsedBytes);
  let delay = stats.loopDelay();
  // The first look falls somewhere: hold the loop up until one was late.
  for (let turn = 0; turn < 100 && (delay === null || delay.max < 0.05); turn += 1) {
    await after(25);
    for (const start = performance.now(); performance.now() - start < 100; );
    await after(25);
    delay = stats.loopDelay();
  }
  expect(delay?.max).toBeGreaterThan(0.05);
  expect(delay?.p50).toBeLessThanOrEqual(delay?.max ?? 0);
  expect(stats.cpuSeconds()).toBeGreaterThan(0.1);
  stats.close();
});
