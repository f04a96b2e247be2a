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
      let looks = 0;
      disk.fault = (operation) => {
        if (operation !== "open" && operation !== "read" && operation !== "size") return null;
        looks += 1;
        return looks === failing ? { kind: "fail", code: "EIO" } : null;
      };
      const outcome = await runScan(disk, snapshots, { order, chunkBytes: 200 });
      expect(dishonesties(outcome, all, order)).toEqual([]);
      isOver = looks < failing;
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
