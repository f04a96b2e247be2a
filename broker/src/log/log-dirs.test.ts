/** T14, T15: several data folders on disks of their own, of which one fails or is full. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { ManualTime } from "#io/memory/manual-time.ts";
import { type DiskFault, MemoryDisk } from "#io/memory/memory-disk.ts";
import { FOLDER_OFFLINE } from "./log-manager.ts";
import type { PartitionLog } from "./partition-log.ts";
import { append, batchOf, CONFIG, fill, Rig, readToEnd, TOPIC } from "./testing.ts";

const A = "/a";
const B = "/b";
const FOLDERS = [
  { path: A, problem: null },
  { path: B, problem: null },
];
const OFFLINE = { code: FOLDER_OFFLINE };

async function newRig() {
  const time = new ManualTime();
  const disk = new MemoryDisk({ clock: time });
  const rig = await Rig.open({ time, disk, folders: FOLDERS });
  const lost: string[] = [];
  rig.manager.listener = {
    onFolderLost: (path) => void lost.push(path),
    onAllLost: () => void lost.push("all"),
  };
  return { time, disk, rig, lost };
}

/** A fault for every change under `folder`. */
function faultIn(disk: MemoryDisk, folder: string, fault: DiskFault, only?: string): void {
  disk.fault = (operation, path) =>
    path.startsWith(`${folder}/`) && (only ?? operation) === operation ? fault : null;
}

async function openMany(rig: Rig, count: number, from = 0): Promise<PartitionLog[]> {
  const indexes = Array.from({ length: count }, (_, index) => from + index);
  return await Promise.all(indexes.map((index) => rig.log({}, index)));
}

const placeOf = ({ folder }: PartitionLog): string => folder.slice(0, 2);
const placesOf = (logs: readonly PartitionLog[]): string => logs.map(placeOf).join(" ");

test("partitions go where the fewest are, and are found there again", async () => {
  const { rig } = await newRig();
  const logs = await openMany(rig, 5);
  expect(placesOf(logs)).toBe("/a /b /a /b /a");
  await rig.run(rig.manager.deleteLog(TOPIC, 0));
  await rig.run(rig.manager.deleteLog(TOPIC, 2));
  expect(placesOf(await openMany(rig, 2, 5))).toBe("/a /a");
  const next = await rig.reopen({ folders: FOLDERS.toReversed() });
  expect(next.manager.wasClean).toBe(true);
  const again = await Promise.all([1, 3, 4, 5, 6, 7].map((index) => next.log({}, index)));
  expect(placesOf(again)).toBe("/b /b /a /a /a /b");
});

for (const [what, operation, code] of [
  ["sync", "sync", "EIO"],
  ["write", "write", "EIO"],
  ["write that finds the disk read-only", "write", "EROFS"],
] as const) {
  test(`T14: a failed ${what} takes its folder offline, and no other`, async () => {
    const { rig, disk, lost, time } = await newRig();
    const [one, other, third] = (await openMany(rig, 3)) as [
      PartitionLog,
      PartitionLog,
      PartitionLog,
    ];
    for (const log of [one, other, third]) await fill(rig, log, ["kept"]);
    const failures: boolean[] = [];
    third.listener = { onEndMoved() {}, onFailure: (isFenced) => void failures.push(isFenced) };
    append(third, batchOf({ values: ["waits"] }));
    faultIn(disk, A, { kind: "fail", code }, operation);
    append(one, batchOf({ values: ["lost"] }));
    await rig.settle();
    expect(lost).toEqual([A]);
    expect(rig.manager.folders).toMatchObject([
      { path: A, problem: expect.stringContaining(code) },
      { path: B, problem: null },
    ]);
    expect([one.logEndOffset, failures.includes(true)]).toEqual([1, true]);
    for (const log of [one, third]) {
      expect(append(log, batchOf({ values: ["late"] }))).toMatchObject({ kind: "refused" });
    }
    await fill(rig, other, ["goes on"]);
    expect(other.logEndOffset).toBe(2);

    const { manager } = rig;
    await expect(rig.run(manager.openLog(TOPIC, 0, CONFIG, false))).rejects.toMatchObject(OFFLINE);
    await expect(rig.run(manager.openLog(TOPIC, 9, CONFIG, false))).rejects.toMatchObject(OFFLINE);
    await expect(rig.run(manager.deleteLog(TOPIC, 0))).rejects.toMatchObject(OFFLINE);
    await expect(rig.run(manager.deleteLog(TOPIC, 9))).rejects.toMatchObject(OFFLINE);
    expect(placeOf(await rig.log({}, 10))).toBe(B);

    disk.fault = null;
    await time.advanceAsync(60_000);
    const next = await rig.reopen({ folders: FOLDERS });
    expect([next.manager.isWhole, next.manager.wasClean]).toEqual([true, false]);
    const back = await openMany(next, 2);
    expect(placesOf(back)).toBe("/a /b");
    expect(back.map((log) => log.logEndOffset)).toEqual([expect.toBeOneOf([1, 2]), 2]);
  });
}

test("T14: with the last folder goes the broker", async () => {
  const { rig, disk, lost } = await newRig();
  const logs = await openMany(rig, 2);
  disk.fault = (operation) => (operation === "sync" ? { kind: "fail", code: "EIO" } : null);
  for (const log of logs) append(log, batchOf({ values: ["lost"] }));
  await rig.settle();
  expect(lost).toEqual([A, B, "all"]);
  await expect(rig.run(rig.manager.openLog(TOPIC, 9, CONFIG, true))).rejects.toMatchObject(OFFLINE);
  await rig.run(rig.manager.close());
});

test("T15: a full folder refuses appends until there is room, and is not offline", async () => {
  const { rig, disk, lost, time } = await newRig();
  const [full, other] = (await openMany(rig, 2)) as [PartitionLog, PartitionLog];
  await fill(rig, full, ["kept"]);
  faultIn(disk, A, { kind: "cut", bytes: 10, code: "ENOSPC" }, "write");
  const failures: boolean[] = [];
  full.listener = { onEndMoved() {}, onFailure: (isFenced) => void failures.push(isFenced) };
  for (let second = 0; second < 5; second += 1) {
    append(full, batchOf({ values: ["no room"] }));
    await time.advanceAsync(1000);
  }
  expect(failures.length).toBeGreaterThan(1);
  expect([failures.includes(true), full.logEndOffset]).toEqual([false, 1]);
  const kept = await readToEnd(rig, full, 0);
  expect(kept.length).toBeGreaterThan(0);
  await fill(rig, other, ["goes on"]);
  expect([other.logEndOffset, lost, rig.manager.isWhole]).toEqual([1, [], true]);
  disk.fault = null;
  await time.advanceAsync(5000);
  await fill(rig, full, ["room"]);
  expect(full.logEndOffset).toBe(2);
});

test("a folder that cannot be opened is offline from the start; what may be in it is not made", async () => {
  const { rig, disk, time } = await newRig();
  for (const log of await openMany(rig, 4)) await fill(rig, log, ["kept"]);
  await rig.run(rig.manager.close());
  faultIn(disk, B, { kind: "fail", code: "EIO" });
  const next = await Rig.open({ time, disk, folders: FOLDERS });
  expect(next.manager.folders.map(({ problem }) => problem === null)).toEqual([true, false]);
  expect([next.manager.isWhole, next.manager.wasClean]).toEqual([false, false]);
  const { manager } = next;
  const found = await next.run(manager.openLog(TOPIC, 0, CONFIG, false));
  expect(found.logEndOffset).toBe(1);
  await expect(next.run(manager.openLog(TOPIC, 1, CONFIG, false))).rejects.toMatchObject(OFFLINE);
  disk.fault = null;
  const whole = await next.reopen({ folders: FOLDERS });
  const log = await whole.run(whole.manager.openLog(TOPIC, 1, CONFIG, false));
  expect([placeOf(log), log.logEndOffset]).toEqual([B, 1]);
});

test("no folder that can be opened is an error that names them all", async () => {
  const disk = new MemoryDisk({ clock: new ManualTime() });
  disk.fault = () => ({ kind: "fail", code: "EIO" });
  const opening = Rig.open({ disk, folders: [{ path: A, problem: "not mounted" }, FOLDERS[1]!] });
  await expect(opening).rejects.toThrow(/\/a: not mounted; \/b: .*EIO/);
});

test("a partition that is in two folders is served from neither", async () => {
  const { rig, disk, time } = await newRig();
  await fill(rig, await rig.log({}, 0), ["kept"]);
  await rig.run(rig.manager.close());
  await disk.makeDirectory(`${B}/${TOPIC}-0`);
  const next = await Rig.open({ time, disk, folders: FOLDERS });
  await expect(next.log({}, 0)).rejects.toThrow(/is in \/a and \/b/);
});

test("folders of topics that are gone lose their place, those that are kept keep it", async () => {
  const { rig, disk } = await newRig();
  await openMany(rig, 4);
  const next = await rig.reopen({ folders: FOLDERS });
  const fates = ["kept", "deleted", "unknown", "kept"] as const;
  await next.run(next.manager.sortFolders((_topic, index) => fates[index] ?? "unknown"));
  expect(placesOf(await openMany(next, 2, 4))).toBe("/a /b");
  expect((await disk.list(A)).some((name) => name.endsWith("-2.stray"))).toBe(true);
});

test("whatever fails in one folder, the other keeps every record that was acknowledged", async () => {
  const story = fc.record({
    at: fc.integer({ min: 1, max: 60 }),
    code: fc.constantFrom("EIO", "ENOSPC", "EROFS", "ENODEV"),
    lasting: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(story, async ({ at, code, lasting }) => {
      const { rig, disk, time } = await newRig();
      const logs = await openMany(rig, 4);
      let changes = 0;
      disk.fault = (operation, path) => {
        if (!path.startsWith(`${A}/`) || operation === "read" || operation === "stat") return null;
        changes += 1;
        const isNow = lasting ? changes >= at : changes === at;
        return isNow ? { kind: "fail", code } : null;
      };
      for (let turn = 0; turn < 12; turn += 1) {
        for (const log of logs) append(log, batchOf({ values: [`${turn}`] }));
        await rig.settle();
        if (turn === 6) await time.advanceAsync(10_000);
      }
      const ends = logs.map((log) => log.logEndOffset);
      expect([ends[1], ends[3]]).toEqual([12, 12]);
      disk.fault = null;
      const next = await Rig.open({ time, disk: disk.crash(), folders: FOLDERS });
      const after = await openMany(next, 4);
      const isKept = after.every((log, index) => log.logEndOffset >= (ends[index] ?? 0));
      expect(isKept).toBe(true);
    }),
    { numRuns: 60 },
  );
});
