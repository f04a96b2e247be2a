import { seededRandom } from "@runnel/kit/seeded-random.ts";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type DiskFault, type FaultHook, MemoryDisk } from "#io/memory/memory-disk.ts";
import { encodeHead } from "./head.ts";
import type { CellKind } from "./layout.ts";
import { type Cells, Rig, SHAPE, START_SLOT, Story, type StoryStep } from "./testing-model.ts";

const COLUMNS = { min: 0, max: SHAPE.columns - 1 };
/** Slots in one round of the fine ring. */
const ROUND = SHAPE.blocks * SHAPE.slotsPerBlock;
const EVERYTHING = { from: 0, to: START_SLOT + 500 * ROUND };

const value = fc.oneof(
  { weight: 4, arbitrary: fc.float({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 1, arbitrary: fc.constant(Number.NaN) },
);
const values = fc.array(value, { minLength: SHAPE.columns, maxLength: SHAPE.columns });
/** Mostly the next slot; now and then the same, a gap, or a clock that was set, either way. */
const slots = fc.oneof(
  { weight: 12, arbitrary: fc.constant(1) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 4 }) },
  { weight: 1, arbitrary: fc.integer({ min: -2 * ROUND, max: 2 * ROUND }) },
);
const step: fc.Arbitrary<StoryStep> = fc.oneof(
  { weight: 16, arbitrary: fc.record({ kind: fc.constant("sample"), slots, values }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("define"),
      column: fc.integer(COLUMNS),
      name: fc.integer({ min: 0, max: 6 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart"), isOrderly: fc.boolean() }) },
);
const steps = fc.array(step, { minLength: 1, maxLength: 120 });
const KINDS: readonly CellKind[] = ["fine", "coarse"];

/** Equal, but for the mean, which is kept to 1/65,535 of the span between the others. */
function expectCells(found: ReadonlyMap<string, Cells>, expected: ReadonlyMap<string, Cells>) {
  expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [at, cells] of expected) {
    const { min, mean, max } = found.get(at) as Cells;
    expect([at, min, max]).toEqual([at, cells.min, cells.max]);
    expect(Math.abs(mean - cells.mean)).toBeLessThanOrEqual((max - min) / 65_535 + 1e-6);
  }
}

async function expectModel(story: Story): Promise<void> {
  for (const kind of KINDS) {
    expectCells(await story.rig.all(kind, EVERYTHING), story.model.all(kind));
  }
}

test("the file holds what its model holds, over gaps, clock jumps, restarts and moved columns", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (story) => {
      const told = new Story(new Rig(new MemoryDisk()));
      await told.begin();
      for (const one of story) {
        await told.tell(one);
        if (one.kind === "restart") await expectModel(told);
      }
      await expectModel(told);
      expect(told.rig.complaints).toEqual([]);
    }),
    { numRuns: 150 },
  );
});

test("after a power cut every value is one that was sampled, and closed blocks are all there", async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.integer(), async (story, seed) => {
      const told = new Story(new Rig(new MemoryDisk()));
      await told.begin();
      for (const one of story) await told.tell(one);
      const { fine } = told.model;
      const closed = told.model.all("fine");
      told.rig.disk = told.rig.disk.crash(seededRandom(seed));
      await told.rig.open();
      const found = await told.rig.all("fine", EVERYTHING);
      expectSampled(told, found);
      const keys = told.rig.file?.keys ?? [];
      for (const [at, cells] of closed) {
        const [key = "", slot] = at.split("@");
        const number = Math.floor(Number(slot) / SHAPE.slotsPerBlock);
        // The directory is synced with the next block; who was defined since may be unknown.
        if (number === fine.open?.number || !keys.includes(key)) continue;
        expect([at, found.get(at)]).toEqual([at, cells]);
      }
    }),
    { numRuns: 100 },
  );
});

function expectSampled(told: Story, found: ReadonlyMap<string, Cells>): void {
  for (const [at, { mean }] of found) expect(told.written.get(at) ?? new Set()).toContain(mean);
}

/** A story with every kind of step; long enough for three rounds of the ring. */
function longStory(): StoryStep[] {
  const random = seededRandom(7);
  const sample = (by: number): StoryStep => ({
    kind: "sample",
    slots: by,
    values: Array.from({ length: SHAPE.columns }, () => random.below(1000)),
  });
  const walk = (count: number) => Array.from({ length: count }, () => sample(1));
  return [
    ...walk(ROUND),
    { kind: "define", column: 3, name: 3 },
    ...walk(4),
    { kind: "restart", isOrderly: true },
    sample(5),
    ...walk(ROUND),
    sample(-4),
    ...walk(7),
    { kind: "define", column: 0, name: 5 },
    ...walk(ROUND),
  ];
}

/** Faults at change `n`, and never after. */
const faultAt =
  (n: number, fault: DiskFault): FaultHook =>
  (operation, _path, at) =>
    at === n && !["open", "read", "size", "stat", "list"].includes(operation) ? fault : null;

async function countChanges(): Promise<number> {
  const told = new Story(new Rig(new MemoryDisk()));
  await told.begin();
  for (const one of longStory()) await told.tell(one);
  return told.rig.disk.changes;
}

describe("HistoryFile with a disk that fails", () => {
  const faults: readonly [string, DiskFault][] = [
    ["fails", { kind: "fail", code: "ENOSPC" }],
    ["is cut short", { kind: "cut", bytes: 40, code: "EIO" }],
  ];
  test.each(faults)(
    "goes on when any change %s, and loses what that was about",
    async (_, fault) => {
      const count = await countChanges();
      expect(count).toBeGreaterThan(60);
      for (let n = 1; n <= count; n += 1) {
        const told = new Story(new Rig(new MemoryDisk({ fault: faultAt(n, fault) })));
        let refusals = 0;
        const attempt = (work: Promise<void>) => work.catch(() => void (refusals += 1));
        await attempt(told.begin());
        if (told.rig.file === null) await told.begin();
        for (const one of longStory()) {
          const before = refusals;
          await attempt(told.tell(one));
          if (one.kind === "restart" && refusals > before) await told.rig.open();
        }
        expect(refusals).toBeLessThanOrEqual(1);
        for (const isAfterRestart of [false, true]) {
          if (isAfterRestart) await told.rig.open();
          const found = await told.rig.all("fine", EVERYTHING);
          expectSampled(told, found);
          const expected = told.model.all("fine");
          const missing = [...expected.keys()].filter((at) => !found.has(at));
          const series = new Set(missing.map((at) => at.split("@")[0]));
          // One block of all series; or, where the directory failed, all of one series.
          const limit = series.size <= 1 ? expected.size : SHAPE.columns * SHAPE.slotsPerBlock;
          expect(missing.length).toBeLessThanOrEqual(limit);
        }
      }
    },
  );

  test("a power cut at any change leaves a file that opens and holds nothing made up", async () => {
    const count = await countChanges();
    for (let n = 1; n <= count; n += 1) {
      const disk = new MemoryDisk({ fault: faultAt(n, { kind: "halt" }) });
      const told = new Story(new Rig(disk));
      const attempt = (work: Promise<void>) => work.catch(() => {});
      await attempt(told.begin());
      for (const one of longStory()) if (told.rig.file !== null) await attempt(told.tell(one));
      const isTorn = n % 2 === 0;
      told.rig.disk = disk.crash(isTorn ? seededRandom(n) : null);
      await told.rig.open();
      const found = await told.rig.all("fine", EVERYTHING);
      expectSampled(told, found);
      expect(found.size).toBeLessThanOrEqual(told.written.size);
    }
  });
});

test("damage anywhere is told, left out, and never read as a value", async () => {
  const random = seededRandom(11);
  for (let round = 0; round < 150; round += 1) {
    const told = new Story(new Rig(new MemoryDisk()));
    await told.begin();
    for (const one of longStory()) await told.tell(one);
    const { totalBytes } = (told.rig.file as NonNullable<Rig["file"]>).layout;
    const file = await told.rig.disk.open("/data/history", { create: false });
    const byte = new Uint8Array(1);
    const at = 32 + random.below(totalBytes - 32);
    await file.read(byte, at);
    byte[0] = (byte[0] as number) ^ (1 << random.below(8));
    await file.write([byte], at);
    await told.rig.open();
    expectSampled(told, await told.rig.all("fine", EVERYTHING));
    const before = told.model.all("coarse");
    for (const [key, cells] of await told.rig.all("coarse", EVERYTHING)) {
      const expected = before.get(key) as Cells;
      // The open block of summaries is made again, and may lack what was hit.
      const number = Math.floor(Number(key.split("@")[1]) / SHAPE.slotsPerBlock);
      if (number === Math.floor(told.slot / SHAPE.slotsPerBlock ** 2)) continue;
      expect([key, cells.min, cells.max]).toEqual([key, expected.min, expected.max]);
    }
  }
});

test("a file of another version or shape: kept or made anew", async () => {
  const told = new Story(new Rig(new MemoryDisk()));
  await told.begin();
  await told.tell({ kind: "sample", slots: 1, values: [1, 2, 3, 4, 5] });
  const file = await told.rig.disk.open("/data/history", { create: false });
  await file.write([Uint8Array.of(9)], 8);
  await expect(told.rig.open()).rejects.toThrow("/data/history was written by a later version");
  await file.write([encodeHead({ ...SHAPE, columns: 77 })], 0);
  await told.rig.open();
  expect(await told.rig.all("fine", EVERYTHING)).toEqual(new Map());
  expect(told.rig.complaints).toEqual([]);
});

test("a history whose head is damaged, or what is none, is kept beside the new one, and told", async () => {
  const told = new Story(new Rig(new MemoryDisk()));
  await told.begin();
  await told.tell({ kind: "sample", slots: 1, values: [1, 2, 3, 4, 5] });
  const { disk } = told.rig;
  const file = await disk.open("/data/history", { create: false });
  const head = new Uint8Array(30);
  await file.read(head, 0);
  // The version aside: one bit more there is a later one, whose file is left alone.
  for (const at of [0, 7, 10, 21, 26, 29]) {
    const damaged = head.with(at, (head[at] as number) ^ 4);
    await (await disk.open("/data/history", { create: false })).write([damaged], 0);
    await told.rig.open();
    expect(await told.rig.all("fine", EVERYTHING)).toEqual(new Map());
    const kept = await disk.open("/data/history.damaged", { create: false });
    expect(await kept.size()).toBe(told.rig.file?.layout.totalBytes);
    const found = new Uint8Array(30);
    await kept.read(found, 0);
    expect(found).toEqual(damaged);
    expect(told.rig.complaints.splice(0)).toEqual([
      expect.stringContaining("/data/history.damaged"),
    ]);
  }
  const short = await disk.open("/data/history", { create: false });
  await short.truncate(3);
  await told.rig.open();
  expect(told.rig.complaints).toHaveLength(1);
});
