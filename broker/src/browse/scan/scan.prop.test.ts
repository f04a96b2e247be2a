import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  fill,
  openLogs,
  type PlacedEvent,
  placed,
  runScan,
  type ScanOptions,
  snapshot,
  type TestBatch,
} from "../testing-logs.ts";

const RUNS = 60;

const event = (steady: boolean) =>
  fc.record({
    key: fc.option(fc.constantFrom("a", "b", "c"), { nil: null }),
    value: fc.option(fc.string({ maxLength: 40 }), { nil: null }),
    timestamp: steady ? fc.constant(0) : fc.integer({ min: -1, max: 200 }),
  });

const batch = (steady: boolean): fc.Arbitrary<TestBatch> =>
  fc.record(
    {
      events: fc.array(event(steady), { minLength: 1, maxLength: 6 }),
      codec: fc.constantFrom("none", "none", "gzip", "lz4", "zstd", "snappy"),
      ...(steady ? {} : { appendedAt: fc.nat({ max: 200 }) }),
    },
    { requiredKeys: ["events"] },
  );

/** Batches whose times never go back. */
const steadyPartition = fc
  .array(fc.tuple(batch(true), fc.array(fc.nat({ max: 3 }), { minLength: 6, maxLength: 6 })), {
    maxLength: 25,
  })
  .map((all) => {
    let now = 100;
    return all.map(([{ events, ...rest }, steps]) => ({
      ...rest,
      events: events.map((one, index) => {
        now += steps[index] ?? 0;
        return { ...one, timestamp: now };
      }),
    }));
  });

const unsteadyPartition = fc.array(batch(false), { maxLength: 25 });

const shape = fc.record({
  order: fc.constantFrom("newest" as const, "oldest" as const),
  chunkBytes: fc.constantFrom(100, 300, 1_000, 64 * 1024),
  memoryBytes: fc.constantFrom(0, 600, 1024 * 1024),
  segmentBytes: fc.constantFrom(150, 600, 1_000_000),
  indexIntervalBytes: fc.constantFrom(0, 100, 1_000, 1_000_000),
  wanted: fc.constantFrom("all", "a", "none"),
});

const wants = (wanted: string) => (one: PlacedEvent) =>
  wanted === "all" || (wanted === "a" && one.key === "a");

const key = ({ partition, offset }: PlacedEvent): string => `${partition}@${offset}`;

/** Partition for partition, what a scan gave, in its order. */
function byPartition(events: readonly PlacedEvent[], count: number): PlacedEvent[][] {
  return Array.from({ length: count }, (_, partition) =>
    events.filter((one) => one.partition === partition),
  );
}

describe("Scan", () => {
  test("finds what matches, all of it, in the order of offsets within a partition", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(unsteadyPartition, { minLength: 1, maxLength: 4 }),
        shape,
        fc.tuple(fc.integer({ min: -5, max: 220 }), fc.integer({ min: -5, max: 220 })),
        async (partitions, { order, wanted, ...sizes }, [fromMs, toMs]) => {
          const { rig, logs } = await openLogs(partitions.length, sizes);
          for (const [index, log] of logs.entries()) await fill(rig, log, partitions[index] ?? []);
          const options = { order, matches: wants(wanted), fromMs, toMs, ...sizes };
          const { events, end, skips } = await runScan(rig.disk, logs.map(snapshot), options);
          expect(end).toBe("end");
          expect(skips.count).toBe(0);
          const expected = partitions.map((batches, partition) => {
            const found = placed(partition, batches)
              .filter(wants(wanted))
              .filter(({ timestamp }) => timestamp >= fromMs && timestamp < toMs);
            return order === "oldest" ? found : found.reverse();
          });
          expect(byPartition(events, partitions.length)).toEqual(expected);
        },
      ),
      { numRuns: RUNS },
    );
  });

  test("merges partitions by time where times do not go back", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(steadyPartition, { minLength: 2, maxLength: 4 }),
        shape,
        async (partitions, { order, wanted, ...sizes }) => {
          const { rig, logs } = await openLogs(partitions.length, sizes);
          for (const [index, log] of logs.entries()) await fill(rig, log, partitions[index] ?? []);
          const options = { order, matches: wants(wanted), ...sizes };
          const { events } = await runScan(rig.disk, logs.map(snapshot), options);
          const times = events.map(({ timestamp }) => timestamp);
          const sorted = times.toSorted((a, b) => (order === "oldest" ? a - b : b - a));
          expect(times).toEqual(sorted);
        },
      ),
      { numRuns: RUNS },
    );
  });

  test("pages, one behind the other, give what one scan gives, in the same order", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(unsteadyPartition, { minLength: 1, maxLength: 4 }),
        shape,
        fc.record(
          { results: fc.integer({ min: 1, max: 7 }), bytes: fc.integer({ min: 1, max: 800 }) },
          { requiredKeys: [] },
        ),
        async (partitions, { order, wanted, ...sizes }, limits) => {
          const { rig, logs } = await openLogs(partitions.length, sizes);
          for (const [index, log] of logs.entries()) await fill(rig, log, partitions[index] ?? []);
          const options: ScanOptions = { order, matches: wants(wanted), ...sizes };
          const snapshots = logs.map(snapshot);
          const whole = await runScan(rig.disk, snapshots, options);
          const pages: PlacedEvent[] = [];
          const ranges = new Map(
            snapshots.map((one) => [one.partition, { low: 0, high: one.endOffset }]),
          );
          for (let end = "results", page = 0; end !== "end"; page += 1) {
            expect(page).toBeLessThan(400);
            const part = await runScan(rig.disk, snapshots, { ...options, limits, ranges });
            pages.push(...part.events);
            for (const [partition, position] of part.positions) {
              const range = ranges.get(partition) ?? { low: 0, high: 0 };
              const rest = order === "oldest" ? { low: position } : { high: position };
              ranges.set(partition, { ...range, ...rest });
            }
            end = part.end;
          }
          expect(pages.map(key)).toEqual(whole.events.map(key));
        },
      ),
      { numRuns: RUNS },
    );
  });
});
