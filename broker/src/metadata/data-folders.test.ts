import { IoError } from "@runnel/kit/errors.ts";
import { seededRandom } from "@runnel/kit/seeded-random.ts";
import { expect, test } from "vitest";
import { ManualTime } from "#io/memory/manual-time.ts";
import { MemoryDisk } from "#io/memory/memory-disk.ts";
import { openDataFolder, readDataFolder } from "./data-folder.ts";
import { openOtherFolders } from "./data-folders.ts";

const FIRST = "/first";
const LOOKS: ReadonlySet<string> = new Set(["open", "read", "size", "stat", "list"]);
let seed = 0;

const newDisk = (): MemoryDisk => new MemoryDisk({ clock: new ManualTime() });

/** Starts as a broker does that is set to `FIRST` and `paths`. */
async function start(
  disk: MemoryDisk,
  paths: readonly string[],
  lock: (path: string) => void = () => {},
) {
  seed += 1;
  const random = seededRandom(seed);
  await disk.makeDirectory(FIRST);
  const meta = await openDataFolder(disk, FIRST, { nodeId: 1, random });
  const isHeld = (error: unknown): boolean => error instanceof IoError && error.code === "HELD";
  return await openOtherFolders({ disk, random, first: FIRST, meta, paths, lock, isHeld });
}

/** Empties `path`, as where its disk is not mounted. */
async function unmount(disk: MemoryDisk, path: string): Promise<void> {
  await disk.rename(path, `${path}-away`);
  await disk.makeDirectory(path);
}

test("new folders belong to the broker's cluster, and are known from then on", async () => {
  const disk = newDisk();
  expect(await start(disk, ["/b", "/c/d"])).toEqual([
    { path: "/b", problem: null },
    { path: "/c/d", problem: null },
  ]);
  const first = await readDataFolder(disk, FIRST);
  const second = await readDataFolder(disk, "/b");
  expect(second).toMatchObject({ clusterId: first?.clusterId, nodeId: 1, directories: [] });
  expect(first?.directories.map(({ path }) => path)).toEqual(["/b", "/c/d"]);
  expect(first?.directories[0]?.id).toBe(second?.directoryId);
  expect(await start(disk, ["/c/d", "/b"])).toHaveLength(2);
});

test("a folder that is empty though it was used is no new one: its disk may not be mounted", async () => {
  const disk = newDisk();
  await start(disk, ["/b"]);
  await unmount(disk, "/b");
  for (let turn = 0; turn < 2; turn += 1) {
    expect(await start(disk, ["/b"])).toEqual([
      { path: "/b", problem: expect.stringContaining("is its disk mounted?") },
    ]);
  }
  expect(await disk.list("/b")).toEqual([]);
  await disk.removeDirectory("/b");
  await disk.rename("/b-away", "/b");
  expect(await start(disk, ["/b"])).toEqual([{ path: "/b", problem: null }]);
});

test("a folder that was left out of the setting is missed", async () => {
  const disk = newDisk();
  await start(disk, ["/b"]);
  expect(await start(disk, [])).toEqual([
    { path: "/b", problem: expect.stringContaining("is not in log.dirs any more") },
  ]);
});

test("a disk that is mounted elsewhere is the same folder", async () => {
  const disk = newDisk();
  await start(disk, ["/b"]);
  await disk.rename("/b", "/moved");
  expect(await start(disk, ["/moved"])).toEqual([{ path: "/moved", problem: null }]);
  const first = await readDataFolder(disk, FIRST);
  expect(first?.directories.map(({ path }) => path)).toEqual(["/moved"]);
});

test("who takes an entry out of meta.json gives up what the folder held", async () => {
  const disk = newDisk();
  await start(disk, ["/b"]);
  await unmount(disk, "/b");
  const file = await disk.open(`${FIRST}/meta.json`, { create: false });
  const meta = await readDataFolder(disk, FIRST);
  const text = JSON.stringify({ ...meta, directories: [] });
  await file.truncate(0);
  await file.write([new TextEncoder().encode(text)], 0);
  expect(await start(disk, ["/b"])).toEqual([{ path: "/b", problem: null }]);
});

test("a power cut at any step of making a folder leaves one that the next start takes", async () => {
  for (let n = 1; n <= 60; n += 1) {
    const disk = newDisk();
    disk.fault = (operation, _path, at) =>
      at === n && !LOOKS.has(operation) ? { kind: "halt" } : null;
    await start(disk, ["/b"]).catch(() => {});
    const after = disk.crash();
    expect(await start(after, ["/b"])).toEqual([{ path: "/b", problem: null }]);
    expect(await start(after.crash(), ["/b"])).toEqual([{ path: "/b", problem: null }]);
  }
});

test("a folder whose disk fails, or that cannot be locked, is offline; the others are not", async () => {
  const disk = newDisk();
  await start(disk, ["/b", "/c"]);
  disk.fault = (_operation, path) =>
    path.startsWith("/b/") ? { kind: "fail", code: "EIO" } : null;
  expect(await start(disk, ["/b", "/c"])).toEqual([
    { path: "/b", problem: expect.stringContaining("EIO") },
    { path: "/c", problem: null },
  ]);
  disk.fault = null;
  const lock = (path: string): void => {
    if (path === "/c") throw new IoError("NO_FILE", "no file can be made in it");
  };
  expect(await start(disk, ["/b", "/c"], lock)).toEqual([
    { path: "/b", problem: null },
    { path: "/c", problem: "no file can be made in it" },
  ]);
});

test("a folder of another broker, in use, or copied, is refused", async () => {
  const disk = newDisk();
  await start(disk, ["/b"]);
  const other = newDisk();
  await other.makeDirectory("/b");
  await openDataFolder(other, "/b", { nodeId: 1, random: seededRandom(99) });
  await expect(start(other, ["/b"])).rejects.toThrow(/\/b belongs to node 1 of cluster/);
  const held = (): void => {
    throw new IoError("HELD", "in use by the broker with process id 7");
  };
  await expect(start(disk, ["/b"], held)).rejects.toThrow("process id 7");
  await disk.makeDirectory("/copy");
  const meta = await disk.open("/b/meta.json", { create: false });
  const bytes = new Uint8Array(await meta.size());
  await meta.read(bytes, 0);
  await (await disk.open("/copy/meta.json", { create: true })).write([bytes], 0);
  await expect(start(disk, ["/b", "/copy"])).rejects.toThrow("is a copy of another data folder");
});
