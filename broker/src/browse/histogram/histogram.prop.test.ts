import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createMemoryWorld } from "#io/memory/world.ts";
import { CUTS_REFINED_MAX } from "../limits.ts";
import { fill, openLogs, placed, snapshot, type TestBatch } from "../testing-logs.ts";
import { Job } from "../thread/job.ts";
import { runHistogram } from "./histogram-job.ts";
import type { Histogram } from "./histogram-task.ts";

/** Batches whose times do not go back. */
const steady = fc
  .array(
    fc.record({
      steps: fc.array(fc.nat({ max: 6 }), { minLength: 1, maxLength: 5 }),
      isAppendTime: fc.boolean(),
    }),
    { maxLength: 30 },
  )
  .map((all): TestBatch[] => {
    let now = 1_000;
    return all.map(({ steps, isAppendTime }) => {
      const events = steps.map((step) => {
        now += step;
        return { key: null, value: "v".repeat(30), timestamp: now };
      });
      return { events, ...(isAppendTime ? { appendedAt: now } : {}) };
    });
  });

async function histogramOf(
  partitions: readonly (readonly TestBatch[])[],
  options: {
    readonly indexIntervalBytes: number;
    readonly segmentBytes: number;
    readonly fromMs: number | null;
    readonly toMs: number | null;
    readonly bucketsMax: number;
  },
): Promise<Histogram> {
  const { rig, logs } = await openLogs(partitions.length, options);
  for (const [index, log] of logs.entries()) await fill(rig, log, partitions[index] ?? []);
  const said: unknown[] = [];
  const { time } = createMemoryWorld();
  const host = { disk: rig.disk, clock: time, scheduler: time, post: () => {} };
  const job = new Job(host, (message) => said.push(message));
  const { fromMs, toMs, bucketsMax } = options;
  const snapshots = logs.map(snapshot);
  await runHistogram({ kind: "histogram", snapshots, fromMs, toMs, bucketsMax }, job);
  return said[0] as Histogram;
}

describe("histogram", () => {
  test("counts what it calls exact, misses nothing, and is never off by more than a batch", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(steady, { minLength: 1, maxLength: 3 }),
        fc.record({
          indexIntervalBytes: fc.constantFrom(0, 150, 1_000_000),
          segmentBytes: fc.constantFrom(200, 700, 1_000_000),
          fromMs: fc.option(fc.integer({ min: 980, max: 1_200 }), { nil: null }),
          toMs: fc.option(fc.integer({ min: 1_000, max: 1_300 }), { nil: null }),
          bucketsMax: fc.integer({ min: 1, max: 12 }),
        }),
        async (partitions, options) => {
          const {
            fromMs,
            widthMs,
            bucketCount,
            partitions: found,
          } = await histogramOf(partitions, options);
          expect(bucketCount).toBeLessThanOrEqual(options.bucketsMax);
          for (const { partition, counts, areExact, isTotalExact } of found) {
            const events = placed(partition, partitions[partition] ?? []);
            const endMs = fromMs + bucketCount * widthMs;
            const inRange = events.filter(
              (one) => one.timestamp >= fromMs && one.timestamp < endMs,
            );
            const total = counts.reduce((sum, count) => sum + count, 0);
            const expected = counts.map((_, bucket) => {
              const start = fromMs + bucket * widthMs;
              return inRange.filter((one) => {
                return one.timestamp >= start && one.timestamp < start + widthMs;
              }).length;
            });
            const exact = counts.map((count, bucket) => (areExact[bucket] ? count : null));
            expect(exact).toEqual(expected.map((one, bucket) => (areExact[bucket] ? one : null)));
            expect(isTotalExact ? total : null).toBe(isTotalExact ? inRange.length : null);
            // A batch has at most five records, and each end of a range may lie in one.
            expect(Math.abs(total - inRange.length)).toBeLessThanOrEqual(10);
            for (const [bucket, count] of counts.entries()) {
              expect(Math.abs(count - (expected[bucket] ?? 0))).toBeLessThanOrEqual(10);
            }
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  test("the whole of a topic is counted, to the last event", async () => {
    const partitions = [1, 2].map((partition): TestBatch[] =>
      Array.from({ length: 40 }, (_, n) => ({
        events: [{ key: null, value: "v", timestamp: 1_000 * partition + n }],
      })),
    );
    const options = { indexIntervalBytes: 100, segmentBytes: 500, fromMs: null, toMs: null };
    const { partitions: found, fromMs } = await histogramOf(partitions, {
      ...options,
      bucketsMax: 7,
    });
    expect(fromMs).toBe(1_000);
    expect(found.map(({ counts }) => counts.reduce((sum, one) => sum + one, 0))).toEqual([40, 40]);
    expect(found.every(({ areExact }) => areExact.every(Boolean))).toBe(true);
  });

  test("of many partitions, those are exact that it takes some trouble to count", async () => {
    const count = 136;
    const bucketsMax = 60;
    expect(count * (bucketsMax + 1)).toBeGreaterThan(CUTS_REFINED_MAX);
    const one = (timestamp: number): TestBatch => ({
      events: [{ key: null, value: "v", timestamp }],
    });
    const busy = Array.from({ length: 600 }, (_, n) => one(1_000 + n * 10));
    const partitions = Array.from({ length: count }, (_, index) =>
      index === 0 || index === count - 1 ? busy : [one(1_000), one(6_990)],
    );
    const options = { indexIntervalBytes: 4_096, segmentBytes: 1 << 24, fromMs: null, toMs: null };
    const { partitions: found } = await histogramOf(partitions, { ...options, bucketsMax });
    for (const { counts, areExact, isTotalExact } of found) {
      expect(areExact.every(Boolean) && isTotalExact).toBe(true);
      expect(counts).toHaveLength(bucketsMax);
    }
  });

  test("a topic without events has a histogram without any", async () => {
    const options = { indexIntervalBytes: 0, segmentBytes: 500, fromMs: null, toMs: null };
    const { partitions, bucketCount } = await histogramOf([[]], { ...options, bucketsMax: 9 });
    expect(bucketCount).toBe(1);
    expect(partitions).toEqual([
      { partition: 0, counts: [0], areExact: [true], isTotalExact: true },
    ]);
  });
});
