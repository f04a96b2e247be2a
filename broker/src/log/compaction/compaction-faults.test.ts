/**
 * Every change that a pass makes on the disk is refused, cut short, or the last one before a crash: the
 * log then holds what it must, whether it goes on or is opened anew.
 */

import { seededRandom } from "@runnel/kit/seeded-random.ts";
import type { CodecName } from "@runnel/protocol/records/batch.ts";
import { expect, test } from "vitest";
import { ManualTime } from "#io/memory/manual-time.ts";
import { type DiskFault, MemoryDisk } from "#io/memory/memory-disk.ts";
import { ProcessDisk } from "../testing-disk.ts";
import { RETENTION_MS, type Step, Story } from "./testing-model.ts";

// More: RUNNEL_FAULT_SEEDS=2,3,4 RUNNEL_FAULT_STEPS=60 (minutes each).
const STEPS = Number(process.env["RUNNEL_FAULT_STEPS"] ?? 20);
const SEEDS = (process.env["RUNNEL_FAULT_SEEDS"] ?? "1").split(",").map(Number);
const LOOKS: ReadonlySet<string> = new Set(["open", "read", "size", "stat", "list"]);
const KEYS = [[0, 0, 0, 0], [0, 0, 0, 1], [1], [2], [3], [4]];

/** What happens before the pass in which something goes wrong: passes and restarts among it. */
function prelude(seed: number): Step[] {
  const random = seededRandom(seed);
  const steps: Step[] = [];
  for (let count = 0; count < STEPS; count += 1) {
    const producer = random.below(5);
    const records = Array.from({ length: 1 + random.below(3) }, () => ({
      key: KEYS[random.below(KEYS.length)] ?? null,
      value: random.below(4) === 0 ? null : random.below(60),
    }));
    const codec: CodecName = random.below(4) === 0 ? "zstd" : "none";
    steps.push({ kind: "send", producer, records, codec });
    if (random.below(4) === 0) {
      steps.push({ kind: "end", producer: 3 + random.below(2), isCommit: random.below(2) === 0 });
    }
    if (random.below(10) === 0) steps.push({ kind: "compact", keysMax: 100 });
    if (random.below(8) === 0) steps.push({ kind: "wait", ms: RETENTION_MS });
  }
  for (const producer of [3, 4]) steps.push({ kind: "end", producer, isCommit: true });
  steps.push({ kind: "roll" });
  return steps;
}

interface World {
  readonly story: Story;
  readonly disk: MemoryDisk;
  readonly mortal: ProcessDisk;
}

/** The story up to the pass. */
async function begin(seed: number): Promise<World> {
  const time = new ManualTime();
  const disk = new MemoryDisk({ clock: time });
  const mortal = new ProcessDisk(disk, {});
  const story = await Story.begin({ disk: mortal, time });
  for (const step of prelude(seed)) await story.take(step);
  await story.rig.time.advanceAsync(2 * RETENTION_MS);
  // So that segments are joined.
  story.log.configure({ ...story.log.config, segmentBytes: 4000 });
  return { story, disk, mortal };
}

/** How many changes the pass makes on the disk where nothing goes wrong. */
async function countChanges(seed: number): Promise<number> {
  const { story, disk } = await begin(seed);
  const before = disk.changes;
  await story.compact(100);
  await story.check();
  const { changes } = disk;
  await story.take({ kind: "restart", isKilled: true, isStripped: false });
  await story.check();
  expect(story.findings).toEqual([]);
  return changes - before;
}

async function forAll(
  seed: number,
  run: (world: World, n: number) => Promise<void>,
): Promise<string[]> {
  const count = await countChanges(seed);
  expect(count).toBeGreaterThan(20);
  const findings: string[] = [];
  for (let n = 1; n <= count; n += 1) {
    const world = await begin(seed);
    try {
      await run(world, n);
      findings.push(...world.story.findings.map((text) => `change ${n}: ${text}`));
    } catch (error) {
      findings.push(`change ${n}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
  return findings;
}

/** Makes change `n` from now on go wrong. */
function breakAt({ disk }: World, n: number, fault: DiskFault): void {
  const at = disk.changes + n;
  disk.fault = (operation, _path, number) =>
    number === at && !LOOKS.has(operation) ? fault : null;
}

/** Another pass over what is left, then a look at all of it, from memory and from the disk. */
async function goOn(story: Story): Promise<void> {
  await story.check();
  await story.compact(100);
  await story.check();
  await story.take({ kind: "restart", isKilled: true, isStripped: true });
  await story.check();
}

for (const seed of SEEDS) {
  test(`seed ${seed}: a power cut at any change of a pass`, async () => {
    const findings = await forAll(seed, async (world, n) => {
      breakAt(world, n, { kind: "halt" });
      await world.story.tryCompact();
      // Two worlds of what was not synced: none of it is there, or a part.
      const random = n % 2 === 0 ? seededRandom(1000 * seed + n) : null;
      await world.story.reopen(world.disk.crash(random));
      await goOn(world.story);
    });
    expect(findings).toEqual([]);
  }, 300_000);

  test(`seed ${seed}: kill -9 at any change of a pass, and a power cut after the next start`, async () => {
    const findings = await forAll(seed, async ({ story, disk, mortal }, n) => {
      mortal.killAfter = mortal.changes + n - 1;
      await story.tryCompact();
      await story.reopen(disk);
      await story.check();
      await story.reopen(disk.crash());
      await goOn(story);
    });
    expect(findings).toEqual([]);
  }, 300_000);

  const faults: readonly DiskFault[] = [
    { kind: "fail", code: "ENOSPC" },
    { kind: "fail", code: "EIO" },
    { kind: "cut", bytes: 70, code: "ENOSPC" },
  ];
  for (const fault of faults) {
    const name = `${fault.kind} ${"code" in fault ? fault.code : ""}`;
    test(`seed ${seed}: a change of a pass that fails (${name})`, async () => {
      const findings = await forAll(seed, async (world, n) => {
        breakAt(world, n, fault);
        const { story } = world;
        await story.tryCompact();
        world.disk.fault = null;
        await story.rig.time.advanceAsync(5000);
        await story.rig.settle();
        // What failed may be a sync: the system forgot what it should have written.
        if (story.log.state !== "open") await story.reopen(world.disk.crash());
        else {
          await story.check();
          await story.take({
            kind: "send",
            producer: 0,
            records: [{ key: [1], value: 1 }],
            codec: "none",
          });
        }
        await goOn(story);
      });
      expect(findings).toEqual([]);
    }, 300_000);
  }
}
