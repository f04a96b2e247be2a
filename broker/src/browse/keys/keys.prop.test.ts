import { seededRandom } from "@runnel/kit/seeded-random.ts";
import type { Random } from "@runnel/kit/world.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { MemoryDisk } from "#io/memory/memory-disk.ts";
import { createMemoryWorld } from "#io/memory/world.ts";
import type { PartitionLog } from "#log/partition-log.ts";
import {
  fill,
  openLogs,
  type PlacedEvent,
  placed,
  runScan,
  snapshot,
  type TestBatch,
} from "../testing-logs.ts";
import { Job } from "../thread/job.ts";
import { runIndex } from "./index-job.ts";
import type { IndexSaid } from "./index-task.ts";

const KEYS = ["a", "b", "c", "d", "e", "f", "g", "h"];

const batch: fc.Arbitrary<TestBatch> = fc.record({
  events: fc.array(
    fc.record({
      key: fc.option(fc.constantFrom(...KEYS, "a", "a"), { nil: null }),
      value: fc.string({ maxLength: 60 }),
      timestamp: fc.integer({ min: 0, max: 100 }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  codec: fc.constantFrom("none", "none", "gzip"),
});

/** Segments so small that all are worth an index, and pieces so small that there are several. */
const shape = fc.record({
  order: fc.constantFrom("newest" as const, "oldest" as const),
  chunkBytes: fc.constantFrom(100, 400, 64 * 1024),
  segmentBytes: fc.constantFrom(70_000, 150_000, 1_000_000),
  indexIntervalBytes: fc.constantFrom(0, 1_000, 1_000_000),
});

/** Makes the index of a log as it is now. */
async function index(disk: MemoryDisk, log: PartitionLog): Promise<IndexSaid[]> {
  const said: IndexSaid[] = [];
  const { time } = createMemoryWorld();
  const scheduler = { after: (_ms: number, work: () => void) => soon(work), soon };
  const host = { disk, clock: time, scheduler, post: () => {} };
  const job = new Job(host, (message) => said.push(message as IndexSaid));
  const task = { kind: "index", snapshot: snapshot(log) } as const;
  await runIndex({ ...task, closedCount: log.segments.length - 1 }, job);
  return said;
}

function soon(work: () => void): { cancel(): void } {
  queueMicrotask(work);
  return { cancel: () => {} };
}

const is = (key: string) => (one: PlacedEvent) => one.key === key;

/** Enough beside the drawn batches that segments are large enough to be indexed. */
const padding = (n: number): TestBatch => ({
  events: [{ key: `p${n}`, value: "x".repeat(9_000), timestamp: n }],
});

describe("key index", () => {
  test("a look-up finds what a scan finds, whenever the index was made", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(batch, fc.nat({ max: 99 }).map(padding)), { maxLength: 60 }),
        fc.array(fc.nat({ max: 60 }), { maxLength: 3 }),
        shape,
        fc.constantFrom(...KEYS),
        fc.tuple(fc.nat({ max: 120 }), fc.nat({ max: 120 })),
        async (batches, moments, { order, ...sizes }, key, [low, high]) => {
          const { rig, logs } = await openLogs(1, sizes);
          const log = logs[0] as PartitionLog;
          const disk = rig.disk as MemoryDisk;
          for (const [at, one] of batches.entries()) {
            await fill(rig, log, [one]);
            if (moments.includes(at)) await index(disk, log);
          }
          const ranges = new Map([[0, { low, high: Math.max(low, high) }]]);
          const scan = { order, matches: is(key), ranges, ...sizes };
          const found = await runScan(disk, [snapshot(log)], { ...scan, keys: [key] });
          const expected = await runScan(disk, [snapshot(log)], scan);
          expect(found.events).toEqual(expected.events);
          expect(found.skips.count).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("of a key that is everywhere it reads as much at once as without an index", async () => {
    const { rig, logs } = await openLogs(1, { segmentBytes: 300_000, indexIntervalBytes: 4_096 });
    const log = logs[0] as PartitionLog;
    const event = { key: "hot", value: "x".repeat(400), timestamp: 1 };
    await fill(
      rig,
      log,
      Array.from({ length: 2_000 }, () => ({ events: [event] })),
    );
    const disk = rig.disk as MemoryDisk;
    await index(disk, log);
    const reads = async (order: "oldest" | "newest"): Promise<number> => {
      let count = 0;
      disk.fault = (operation) => {
        if (operation === "read") count += 1;
        return null;
      };
      const scan = { order, chunkBytes: 1 << 18, keys: ["hot"] };
      const { events } = await runScan(disk, [snapshot(log)], scan);
      expect(events).toHaveLength(2_000);
      return count;
    };
    expect(await reads("newest")).toBeLessThanOrEqual(2 * (await reads("oldest")));
  });

  test("of a rare key it reads little, also page by page", async () => {
    const { rig, logs } = await openLogs(1, { segmentBytes: 200_000, indexIntervalBytes: 1_000 });
    const log = logs[0] as PartitionLog;
    const batches = Array.from({ length: 200 }, (_, n) =>
      n % 50 === 7 ? { events: [{ key: "rare", value: `v${n}`, timestamp: n }] } : padding(n),
    );
    await fill(rig, log, batches);
    const disk = rig.disk as MemoryDisk;
    const said = await index(disk, log);
    expect(said.slice(0, -1).every(({ isDone }) => isDone)).toBe(true);
    const all = placed(0, batches).filter(is("rare"));
    for (const order of ["oldest", "newest"] as const) {
      const scan = { order, matches: is("rare"), keys: ["rare"] };
      const found = await runScan(disk, [snapshot(log)], scan);
      expect(found.events).toEqual(order === "oldest" ? all : all.toReversed());
      // All but the active segment, which is too small to be indexed, and the batches themselves.
      expect(found.bytes).toBeLessThan(log.size / 5);
      expect(found.passedBytes + found.bytes).toBeGreaterThan(log.size * 0.9);
      const limits = { results: 2 };
      const page = await runScan(disk, [snapshot(log)], { ...scan, limits });
      expect(page.events).toEqual(found.events.slice(0, 2));
    }
  });

  test("a damaged index is not believed, and costs nothing but time", async () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const random = seededRandom(seed);
      const { rig, logs } = await openLogs(1, { segmentBytes: 80_000, indexIntervalBytes: 1_000 });
      const log = logs[0] as PartitionLog;
      const batches = Array.from({ length: 25 }, (_, n) =>
        random.below(3) === 0
          ? { events: [{ key: KEYS[random.below(8)] ?? "", value: "v", timestamp: n }] }
          : padding(n),
      );
      const disk = rig.disk as MemoryDisk;
      await fill(rig, log, batches.slice(0, 15));
      await index(disk, log);
      await fill(rig, log, batches.slice(15));
      if (random.below(2) === 0) await index(disk, log);
      await damageOne(disk, log.folder, random);
      const scan = { order: "newest", matches: is("a") } as const;
      const found = await runScan(disk, [snapshot(log)], { ...scan, keys: ["a"] });
      expect(found.events).toEqual((await runScan(disk, [snapshot(log)], scan)).events);
      expect(found.skips.count).toBe(0);
      // It is mended or made anew when it is looked at again.
      await index(disk, log);
      await index(disk, log);
      const again = await runScan(disk, [snapshot(log)], { ...scan, keys: ["a"] });
      expect(again.events).toEqual(found.events);
    }
  });

  test("whichever change of the disk fails, the index that is left is honest", async () => {
    for (let failing = 1, isOver = false; !isOver; failing += 1) {
      const { rig, logs } = await openLogs(1, { segmentBytes: 80_000, indexIntervalBytes: 1_000 });
      const log = logs[0] as PartitionLog;
      const disk = rig.disk as MemoryDisk;
      await fill(
        rig,
        log,
        Array.from({ length: 12 }, (_, n) => padding(n)),
      );
      await index(disk, log);
      await fill(
        rig,
        log,
        Array.from({ length: 12 }, (_, n) => padding(n % 5)),
      );
      let changes = 0;
      disk.fault = (operation, path) => {
        const isChange = ["create", "write", "truncate", "rename"].includes(operation);
        if (!isChange || !path.includes(".keyindex")) return null;
        changes += 1;
        if (changes !== failing) return null;
        return failing % 2 === 0
          ? { kind: "cut", bytes: 30, code: "ENOSPC" }
          : { kind: "fail", code: "EIO" };
      };
      await index(disk, log).catch(() => {});
      disk.fault = null;
      isOver = changes < failing;
      const scan = { order: "oldest", matches: is("p3") } as const;
      const found = await runScan(disk, [snapshot(log)], { ...scan, keys: ["p3"] });
      expect(found.events).toEqual((await runScan(disk, [snapshot(log)], scan)).events);
      await index(disk, log);
      const again = await runScan(disk, [snapshot(log)], { ...scan, keys: ["p3"] });
      expect(again.events).toEqual(found.events);
      expect(again.passedBytes).toBeGreaterThan(0);
    }
  });
});

/** Changes a byte of one key index, cuts it, or puts bytes behind it. */
async function damageOne(disk: MemoryDisk, folder: string, random: Random): Promise<void> {
  const names = (await disk.list(folder)).filter((name) => name.endsWith(".keyindex"));
  const name = names[random.below(names.length)];
  if (name === undefined) return;
  const file = await disk.open(`${folder}/${name}`, { create: false });
  const size = await file.size();
  const at = random.below(size);
  const kind = random.below(4);
  if (kind === 0) await file.truncate(at);
  else if (kind === 1) await file.write([random.bytes(100)], size);
  else {
    const byte = new Uint8Array(1);
    await file.read(byte, at);
    byte[0] = (byte[0] as number) ^ (1 << random.below(8));
    await file.write([byte], at);
  }
  await file.close();
}
