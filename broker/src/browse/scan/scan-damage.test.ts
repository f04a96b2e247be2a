import { assert } from "@runnel/kit/assert.ts";
import { seededRandom } from "@runnel/kit/seeded-random.ts";
import type { Random } from "@runnel/kit/world.ts";
import { describe, expect, test } from "vitest";
import type { MemoryDisk } from "#io/memory/memory-disk.ts";
import type { Skip } from "../source/skips.ts";
import {
  fill,
  openLogs,
  type PlacedEvent,
  placed,
  runScan,
  type ScanOutcome,
  snapshot,
  type TestBatch,
} from "../testing-logs.ts";

const CASES = 150;
const ORDERS = ["oldest", "newest"] as const;

function batches(random: Random, count: number): TestBatch[] {
  let now = 1_000;
  return Array.from({ length: count }, () => ({
    codec: random.below(3) === 0 ? "gzip" : "none",
    events: Array.from({ length: 1 + random.below(4) }, () => {
      now += random.below(5);
      return { key: "k", value: "v".repeat(random.below(60)), timestamp: now };
    }),
  }));
}

async function openFilled(seed: number, config = {}) {
  const random = seededRandom(seed);
  const { rig, logs } = await openLogs(2, {
    segmentBytes: 700,
    indexIntervalBytes: 150,
    ...config,
  });
  const partitions = logs.map(() => batches(random, 12));
  for (const [index, log] of logs.entries()) await fill(rig, log, partitions[index] ?? []);
  const disk = rig.disk as MemoryDisk;
  const all = partitions.flatMap((one, partition) => placed(partition, one));
  return { random, rig, logs, disk, all, snapshots: logs.map(snapshot) };
}

const textOf = ({ offset, timestamp, key, value }: PlacedEvent): string =>
  `${offset} ${timestamp} ${key} ${value}`;

/** What was found is as it was written, in order; what is missing was told of. */
function dishonesties(
  { events, skips }: ScanOutcome,
  all: readonly PlacedEvent[],
  order: "oldest" | "newest",
): string[] {
  const wrong: string[] = [];
  const isTold = ({ partition, offset }: PlacedEvent): boolean =>
    skips.listed.some(
      (skip: Skip) =>
        skip.partition === partition && offset >= skip.fromOffset && offset < skip.toOffset,
    );
  for (const partition of [0, 1]) {
    const found = events.filter((one) => one.partition === partition);
    const there = all.filter((one) => one.partition === partition);
    const offsets = new Set(found.map(({ offset }) => offset));
    const expected = there.filter((one) => offsets.has(one.offset));
    const ordered = order === "oldest" ? expected : expected.toReversed();
    if (found.map(textOf).join() !== ordered.map(textOf).join()) wrong.push(`in ${partition}`);
    const untold = there.filter((one) => !offsets.has(one.offset) && !isTold(one));
    wrong.push(...untold.map(({ offset }) => `nothing said of ${partition}@${offset}`));
  }
  return wrong;
}

/** What a failing disk does to one read; null where it does the same to any look. */
type Mishap = (bytes: Uint8Array, count: number) => number;

const MISHAPS: Readonly<Record<string, Mishap | null>> = {
  "a look that fails": null,
  "a read cut short": (_bytes, count) => count >> 1,
  "a read of nothing": () => 0,
  "a read of other bytes": (bytes, count) => {
    for (let at = 0; at < count; at += 7) bytes[at] = (bytes[at] as number) ^ 0x5a;
    return count;
  },
};

/** `disk`, on which the look of number `failing` goes wrong, and how many looks there were. */
function failingDisk(disk: MemoryDisk, failing: number, mishap: Mishap | null) {
  let looks = 0;
  const isNow = (): boolean => {
    looks += 1;
    return looks === failing;
  };
  if (mishap === null) {
    disk.fault = (operation) => {
      if (operation !== "open" && operation !== "read" && operation !== "size") return null;
      return isNow() ? { kind: "fail", code: "EIO" } : null;
    };
    return { disk, looks: () => looks };
  }
  const wrapped = Object.create(disk) as MemoryDisk;
  wrapped.open = async (...args) => {
    const file = await disk.open(...args);
    const read: typeof file.read = async (target, position) => {
      const count = await file.read(target, position);
      return isNow() && file.path.endsWith(".log") ? mishap(target, count) : count;
    };
    return Object.assign(Object.create(file) as typeof file, {
      path: file.path,
      read,
      size: () => file.size(),
      close: () => file.close(),
    });
  };
  wrapped.stat = (path) => disk.stat(path);
  return { disk: wrapped, looks: () => looks };
}

async function flip(disk: MemoryDisk, path: string, random: Random): Promise<void> {
  const file = await disk.open(path, { create: false });
  const size = await file.size();
  assert(size > 0, `${path} is empty`);
  const byte = new Uint8Array(1);
  const at = random.below(size);
  await file.read(byte, at);
  byte[0] = (byte[0] as number) ^ (1 << random.below(8));
  await file.write([byte], at);
  await file.close();
}

async function pick(disk: MemoryDisk, folder: string, suffix: string, random: Random) {
  const names: string[] = [];
  for (const name of await disk.list(folder)) {
    const stat = await disk.stat(`${folder}/${name}`);
    if (name.endsWith(suffix) && (stat?.size ?? 0) > 0) names.push(name);
  }
  return `${folder}/${names[random.below(names.length)]}`;
}

describe("Scan over damage", () => {
  test.each(ORDERS)("a flipped bit in a log hides no more than it says (%s)", async (order) => {
    for (let seed = 1; seed <= CASES; seed += 1) {
      const { random, logs, disk, all, snapshots } = await openFilled(seed);
      for (let count = 1 + random.below(2); count > 0; count -= 1) {
        const folder = logs[random.below(2)]?.folder ?? "";
        await flip(disk, await pick(disk, folder, ".log", random), random);
      }
      const chunkBytes = [120, 400, 64 * 1024][random.below(3)] ?? 400;
      const outcome = await runScan(disk, snapshots, { order, chunkBytes });
      expect(dishonesties(outcome, all, order)).toEqual([]);
    }
  });

  test.each(ORDERS)("a damaged index costs nothing but time (%s)", async (order) => {
    for (let seed = 1; seed <= CASES; seed += 1) {
      const { random, rig, logs, disk, all, snapshots } = await openFilled(seed);
      for (const log of logs) await rig.run(log.checkpoint());
      const folder = logs[random.below(2)]?.folder ?? "";
      const suffix = random.below(2) === 0 ? ".index" : ".timeindex";
      const path = await pick(disk, folder, suffix, random);
      if (random.below(4) === 0) await disk.removeFile(path);
      else await flip(disk, path, random);
      const outcome = await runScan(disk, snapshots, { order, chunkBytes: 200 });
      expect(outcome.skips.count).toBe(0);
      expect(dishonesties(outcome, all, order)).toEqual([]);
    }
  });

  test.each(ORDERS)("a deleted segment is passed over and told of (%s)", async (order) => {
    const { random, logs, disk, all, snapshots } = await openFilled(5);
    const path = await pick(disk, logs[0]?.folder ?? "", ".log", random);
    await disk.removeFile(path);
    const outcome = await runScan(disk, snapshots, { order });
    expect(outcome.skips.listed).toMatchObject([{ partition: 0, reason: "deleted" }]);
    expect(dishonesties(outcome, all, order)).toEqual([]);
  });

  test.each(ORDERS)("a batch larger than may be held is told of (%s)", async (order) => {
    const { rig, logs } = await openLogs(1, { segmentBytes: 1 << 30 });
    const large = "x".repeat(33 * 1024 * 1024);
    const events = [
      { key: "a", value: "small", timestamp: 1 },
      { key: "b", value: large, timestamp: 2 },
      { key: "c", value: "small", timestamp: 3 },
      { key: "d", value: large, timestamp: 4 },
    ];
    const parts: TestBatch[] = events.map((event, index) => ({
      events: [event],
      codec: index === 3 ? "zstd" : "none",
    }));
    for (const log of logs) await fill(rig, log, parts);
    const outcome = await runScan(rig.disk, logs.map(snapshot), { order, chunkBytes: 1 << 20 });
    const keys = new Set(outcome.events.map(({ key }) => key));
    expect(keys).toEqual(new Set(["a", "c"]));
    expect(outcome.skips.listed.toSorted((a, b) => a.fromOffset - b.fromOffset)).toEqual([
      { partition: 0, fromOffset: 1, toOffset: 2, reason: "tooLarge" },
      { partition: 0, fromOffset: 3, toOffset: 4, reason: "tooLarge" },
    ]);
  });
});

describe("Scan on a failing disk", () => {
  test.each(ORDERS)("whichever look fails, the answer stays honest (%s)", async (order) => {
    for (let failing = 1, isOver = false; !isOver; failing += 1) {
      const { disk, all, snapshots } = await openFilled(9);
      const failed = failingDisk(disk, failing, null);
      const outcome = await runScan(failed.disk, snapshots, { order, chunkBytes: 200 });
      expect(dishonesties(outcome, all, order)).toEqual([]);
      isOver = failed.looks() < failing;
    }
  });

  const cases = Object.entries(MISHAPS).flatMap(([name, mishap]) =>
    ORDERS.map((order) => ({ name, mishap, order })),
  );
  test.each(cases)("$name of a piece given back is told of ($order)", async ({ mishap, order }) => {
    // Times of both partitions meet within each batch, so that each makes the other give its piece back.
    const parts = [0, 1].map((partition) =>
      Array.from({ length: 8 }, (_, n) => ({
        events: Array.from({ length: 4 }, (_event, i) => ({
          key: "k",
          value: `${partition}-${n}-${i}${"x".repeat((n * 7 + i * 3) % 20)}`,
          timestamp: 1_000 + n * 40 + i * 10 + partition * 5,
        })),
      })),
    );
    for (let failing = 1, isOver = false; !isOver; failing += 1) {
      const { rig, logs } = await openLogs(2, { segmentBytes: 400, indexIntervalBytes: 100 });
      for (const [index, log] of logs.entries()) await fill(rig, log, parts[index] ?? []);
      const all = parts.flatMap((one, partition) => placed(partition, one));
      const snapshots = logs.map(snapshot);
      const failed = failingDisk(rig.disk as MemoryDisk, failing, mishap);
      const options = { order, chunkBytes: 200, memoryBytes: 0 };
      const outcome = await runScan(failed.disk, snapshots, options);
      expect([failing, ...dishonesties(outcome, all, order)]).toEqual([failing]);
      isOver = failed.looks() < failing;
    }
  });

  test.each(ORDERS)("pages over a piece that was lost repeat nothing (%s)", async (order) => {
    for (let failing = 1, isOver = false; !isOver; failing += 1) {
      const { disk, all, snapshots } = await openFilled(9);
      const failed = failingDisk(disk, failing, null);
      const found: PlacedEvent[] = [];
      const skips: Skip[] = [];
      const ranges = new Map(
        snapshots.map((one) => [one.partition, { low: 0, high: one.endOffset }]),
      );
      for (let end = "results"; end !== "end"; ) {
        const page = await runScan(failed.disk, snapshots, {
          order,
          chunkBytes: 200,
          memoryBytes: 0,
          limits: { results: 3 },
          ranges,
        });
        found.push(...page.events);
        skips.push(...page.skips.listed);
        for (const [partition, position] of page.positions) {
          const range = ranges.get(partition) ?? { low: 0, high: 0 };
          const rest = order === "oldest" ? { low: position } : { high: position };
          ranges.set(partition, { ...range, ...rest });
        }
        end = page.end;
      }
      const outcome = { events: found, skips: { listed: skips } } as unknown as ScanOutcome;
      expect([failing, ...dishonesties(outcome, all, order)]).toEqual([failing]);
      isOver = failed.looks() < failing;
    }
  });

  test.each(ORDERS)("a disk that is gone gives nothing, and says so (%s)", async (order) => {
    const { disk, all, snapshots } = await openFilled(9);
    disk.fault = () => ({ kind: "fail", code: "EIO" });
    const outcome = await runScan(disk, snapshots, { order });
    expect(outcome.events).toEqual([]);
    expect(outcome.skips.listed.every(({ reason }) => reason === "unreadable")).toBe(true);
    expect(dishonesties(outcome, all, order)).toEqual([]);
  });
});
