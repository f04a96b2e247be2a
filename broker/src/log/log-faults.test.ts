import { seededRandom } from "@runnel/kit/seeded-random.ts";
import { expect, test } from "vitest";
import { ManualTime } from "#io/memory/manual-time.ts";
import { type DiskFault, type FaultHook, MemoryDisk } from "#io/memory/memory-disk.ts";
import { ProcessDisk } from "./testing-disk.ts";
import { Story } from "./testing-story.ts";

// All changes of longer stories: RUNNEL_FAULT_STEPS=180 RUNNEL_FAULT_SEEDS=2,3,4 (minutes each).
const STEPS = Number(process.env["RUNNEL_FAULT_STEPS"] ?? 60);
const SEEDS = (process.env["RUNNEL_FAULT_SEEDS"] ?? "1").split(",").map(Number);

interface World {
  readonly time: ManualTime;
  readonly disk: MemoryDisk;
}

function newWorld(): World {
  const time = new ManualTime();
  return { time, disk: new MemoryDisk({ clock: time }) };
}

const LOOKS: ReadonlySet<string> = new Set(["open", "read", "size", "stat", "list"]);

/** Makes change number `n` go wrong. */
function faultAt(n: number, fault: DiskFault): FaultHook {
  return (operation, _path, at) => (at === n && !LOOKS.has(operation) ? fault : null);
}

/** Changes of the disk in the story without faults, which must have no findings. */
async function countChanges(seed: number): Promise<number> {
  const { time, disk } = newWorld();
  const story = await Story.begin(disk, time, { seed });
  await story.play(STEPS);
  await story.check();
  const { changes } = disk;
  await story.end();
  await story.resume(disk);
  await story.resend();
  expect(story.findings).toEqual([]);
  return changes;
}

/** Runs `story` for each number of a change and says what was found, with what reproduces it. */
async function forAll(
  seed: number,
  name: string,
  run: (n: number) => Promise<readonly string[]>,
): Promise<string[]> {
  const count = await countChanges(seed);
  const findings: string[] = [];
  for (let n = 1; n <= count && findings.length < 20; n += 1) {
    const where = `seed ${seed}, ${name} at change ${n} of ${count}`;
    try {
      findings.push(...(await run(n)).map((text) => `${where}: ${text}`));
    } catch (error) {
      findings.push(`${where}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
  return findings;
}

/** The story up to a power cut at change `n`, and what was found on the disk afterwards. */
async function powerCut(seed: number, n: number, isTorn: boolean): Promise<readonly string[]> {
  const { time, disk } = newWorld();
  disk.fault = faultAt(n, { kind: "halt" });
  const story = await Story.begin(disk, time, { seed }).catch(() => null);
  if (story === null) return [];
  await story.play(STEPS);
  await story.resume(disk.crash(isTorn ? seededRandom(1000 * seed + n) : null));
  await story.resend();
  return story.findings;
}

/** The story with one change that fails; then a power cut or a stop in order. */
async function oneFailure(seed: number, n: number, fault: DiskFault): Promise<readonly string[]> {
  const { time, disk } = newWorld();
  disk.fault = faultAt(n, fault);
  const story = await Story.begin(disk, time, { seed }).catch(() => null);
  if (story === null) return [];
  await story.play(STEPS);
  await story.check();
  await story.resume(disk.crash(n % 2 === 0 ? seededRandom(n) : null));
  await story.resend();
  return story.findings;
}

/**
 * The story up to a failed sync, and a new process that finds the system's memory as it was: what that
 * shows may not be on the disk. What the process acknowledges must survive a power cut.
 */
async function failedSync(seed: number, n: number, canMark: boolean): Promise<readonly string[]> {
  const { time, disk } = newWorld();
  disk.fault = (operation, path, at) => {
    const isMark = operation === "create" && path.endsWith("/sync-failed");
    if (isMark && !canMark) return { kind: "fail", code: "EIO" };
    return operation === "sync" && at >= n && at < n + 10 ? { kind: "fail", code: "EIO" } : null;
  };
  const story = await Story.begin(disk, time, { seed }).catch(() => null);
  if (story === null) return [];
  await story.play(STEPS);
  disk.fault = null;
  await story.resume(disk);
  await story.resend();
  await story.resume(disk.crash());
  return story.findings;
}

/** The story in a process that is killed; the power is cut after the next one has opened its logs. */
async function kill(seed: number, n: number): Promise<readonly string[]> {
  const { time, disk } = newWorld();
  const story = await Story.begin(new ProcessDisk(disk, { killAfter: n }), time, { seed }).catch(
    () => null,
  );
  if (story === null) return [];
  await story.play(STEPS);
  await story.resume(disk);
  const before = await story.visible();
  await story.resume(disk.crash());
  for (const [id, bytes] of await story.visible()) {
    const was = before.get(id);
    if (was !== undefined && Buffer.compare(bytes.subarray(0, was.length), was) !== 0) {
      story.findings.push(`${id}: what was visible is gone after a power cut`);
    }
  }
  await story.resend();
  return story.findings;
}

/** The story in a process that is killed, or in a power cut, on topics that do not ask for syncs. */
async function lazyTopics(seed: number, n: number, isPowerCut: boolean) {
  const { time, disk } = newWorld();
  const config = { flushMessages: Number.MAX_SAFE_INTEGER };
  const mortal = new ProcessDisk(disk, { killAfter: n });
  const story = await Story.begin(mortal, time, { seed, config }).catch(() => null);
  if (story === null) return [];
  await story.play(STEPS);
  if (isPowerCut) story.forgetAcknowledged();
  await story.resume(isPowerCut ? disk.crash(seededRandom(1000 * seed + n)) : disk);
  if (!isPowerCut) await story.resend();
  return story.findings;
}

/** The story with one open, read, size, stat or list that fails. */
async function oneBadLook(seed: number, n: number): Promise<readonly string[]> {
  const { time, disk } = newWorld();
  disk.fault = (operation, _path, at) =>
    at === n && LOOKS.has(operation) ? { kind: "fail", code: n % 2 ? "EIO" : "EMFILE" } : null;
  const story = await Story.begin(disk, time, { seed }).catch(() => null);
  if (story === null) return [];
  await story.play(STEPS);
  disk.fault = null;
  await story.resume(disk.crash());
  await story.resend();
  return story.findings;
}

for (const seed of SEEDS) {
  test(`seed ${seed}: a power cut at any change loses nothing acknowledged`, async () => {
    expect(await forAll(seed, "cut", (n) => powerCut(seed, n, false))).toEqual([]);
  }, 600_000);

  test(`seed ${seed}: a power cut that leaves torn tails loses nothing acknowledged`, async () => {
    expect(await forAll(seed, "torn", (n) => powerCut(seed, n, true))).toEqual([]);
  }, 600_000);

  test(`seed ${seed}: kill -9 at any change loses nothing, nor does a power cut later`, async () => {
    expect(await forAll(seed, "kill", (n) => kill(seed, n))).toEqual([]);
  }, 600_000);

  test(`seed ${seed}: without syncs a kill loses nothing, and a power cut leaves no gap`, async () => {
    expect(await forAll(seed, "kill", (n) => lazyTopics(seed, n, false))).toEqual([]);
    expect(await forAll(seed, "cut", (n) => lazyTopics(seed, n, true))).toEqual([]);
  }, 600_000);

  test(`seed ${seed}: a read that fails loses nothing`, async () => {
    expect(await forAll(seed, "look", (n) => oneBadLook(seed, n))).toEqual([]);
  }, 600_000);

  const faults: readonly DiskFault[] = [
    { kind: "fail", code: "EIO" },
    { kind: "fail", code: "ENOSPC" },
    { kind: "cut", bytes: 70, code: "ENOSPC" },
    { kind: "cut", bytes: 30, code: "EIO" },
  ];
  for (const fault of faults) {
    const name = `${fault.kind} ${"code" in fault ? fault.code : ""}`;
    test(`seed ${seed}: a change that fails (${name}) loses nothing acknowledged`, async () => {
      expect(await forAll(seed, name, (n) => oneFailure(seed, n, fault))).toEqual([]);
    }, 600_000);
  }
}

for (const seed of SEEDS) {
  test(`seed ${seed}: after a failed sync a restart trusts nothing that was not written again`, async () => {
    expect(await forAll(seed, "sync", (n) => failedSync(seed, n, true))).toEqual([]);
  }, 600_000);
}

test("without the mark of a failed sync the same story has findings: the test bites", async () => {
  let findings = 0;
  for (let n = 10; n < 400 && findings === 0; n += 10) {
    findings += (await failedSync(1, n, false)).length;
  }
  expect(findings).toBeGreaterThan(0);
});

test("without syncs the same story has findings: the test bites", async () => {
  let findings = 0;
  for (let n = 20; n < 400 && findings === 0; n += 20) {
    const { time, disk } = newWorld();
    const lazy = new ProcessDisk(disk, { leavesOutSyncs: true, killAfter: n });
    const story = await Story.begin(lazy, time, { seed: 1 });
    await story.play(STEPS);
    await story.resume(disk.crash());
    findings += story.findings.length;
  }
  expect(findings).toBeGreaterThan(0);
});
