import { systemCode } from "@runnel/kit/errors.ts";
import { seededRandom } from "@runnel/kit/seeded-random.ts";
import { describe, expect, test } from "vitest";
import type { Disk } from "../ports.ts";
import { type DiskFault, MemoryDisk } from "./memory-disk.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function put(disk: Disk, path: string, text: string, position = 0): Promise<void> {
  const file = await disk.open(path, { create: true });
  await file.write([bytes(text)], position);
  await file.close();
}

async function sync(disk: Disk, path: string): Promise<void> {
  const file = await disk.open(path, { create: false });
  await file.sync();
  await file.close();
}

/** The text at `path`; null when there is no file. */
async function get(disk: Disk, path: string): Promise<string | null> {
  const stat = await disk.stat(path);
  if (stat === null) return null;
  const file = await disk.open(path, { create: false });
  const target = disk.allocate(stat.size);
  expect(await file.read(target, 0)).toBe(stat.size);
  return new TextDecoder().decode(target);
}

/** A disk on which `/d/a` holds "first" for good. */
async function settled(): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  await disk.makeDirectory("/d");
  await disk.syncDirectory("/");
  await put(disk, "/d/a", "first");
  await sync(disk, "/d/a");
  await disk.syncDirectory("/d");
  return disk;
}

describe("MemoryDisk without a crash", () => {
  test("reads what was written, also between parts and past the end", async () => {
    const disk = await settled();
    const file = await disk.open("/d/a", { create: false });
    await file.write([bytes("AB"), bytes(""), bytes("CDE")], 4);
    const target = new Uint8Array(20);
    expect(await file.read(target, 3)).toBe(6);
    expect(new TextDecoder().decode(target.subarray(0, 6))).toBe("sABCDE");
    expect(await file.read(target, 100)).toBe(0);
    await file.truncate(2);
    await file.truncate(4);
    expect(await get(disk, "/d/a")).toBe("fi\0\0");
  });

  test("a file that is open stays readable after it was removed", async () => {
    const disk = await settled();
    const file = await disk.open("/d/a", { create: false });
    await disk.removeFile("/d/a");
    expect(await disk.stat("/d/a")).toBeNull();
    expect(await file.size()).toBe(5);
    await disk.removeFile("/d/a");
  });

  test("names: list, rename over a file, remove a folder, missing folders", async () => {
    const disk = await settled();
    await put(disk, "/d/b", "second");
    await disk.rename("/d/b", "/d/a");
    expect(await disk.list("/d")).toEqual(["a"]);
    expect(await get(disk, "/d/a")).toBe("second");
    await disk.removeDirectory("/d");
    expect(await disk.list("/d")).toEqual([]);
    const code = await disk.open("/d/a", { create: true }).then(() => "", systemCode);
    expect(code).toBe("ENOENT");
    expect(await disk.space()).toMatchObject({ freeBytes: 1024 ** 4 });
  });
});

describe("MemoryDisk.crash()", () => {
  test("cuts a file to what was synced", async () => {
    const disk = await settled();
    await put(disk, "/d/a", "FIRST and more");
    expect(await get(disk.crash(), "/d/a")).toBe("first");
  });

  test("brings back what an unsynced truncation cut off", async () => {
    const disk = await settled();
    const file = await disk.open("/d/a", { create: false });
    await file.truncate(1);
    await file.write([bytes("xyz")], 1);
    expect(await get(disk.crash(), "/d/a")).toBe("first");
  });

  test("undoes a creation whose folder was not synced, though the file was", async () => {
    const disk = await settled();
    await put(disk, "/d/b", "second");
    await sync(disk, "/d/b");
    expect(await disk.crash().list("/d")).toEqual(["a"]);
  });

  test("undoes renames and removals until the folder is synced", async () => {
    const disk = await settled();
    await put(disk, "/d/tmp", "second");
    await sync(disk, "/d/tmp");
    await disk.syncDirectory("/d");
    await disk.rename("/d/tmp", "/d/a");
    const undone = disk.crash();
    expect(await get(undone, "/d/a")).toBe("first");
    expect(await get(undone, "/d/tmp")).toBe("second");
    await undone.rename("/d/tmp", "/d/a");
    await undone.syncDirectory("/d");
    const kept = undone.crash();
    expect(await kept.list("/d")).toEqual(["a"]);
    expect(await get(kept, "/d/a")).toBe("second");
  });

  test("with a Random keeps a prefix of the tail, whole or zeroed at its end", async () => {
    const disk = await settled();
    await put(disk, "/d/a", " tail", 5);
    const seen = new Set<string>();
    for (let seed = 1; seed <= 200; seed += 1) {
      const left = (await get(disk.crash(seededRandom(seed)), "/d/a")) as string;
      expect(left.startsWith("first")).toBe(true);
      expect("first tail".startsWith(left.replace(/\0+$/, ""))).toBe(true);
      seen.add(left);
    }
    expect(seen).toContain("first");
    expect(seen).toContain("first tail");
    expect([...seen].some((text) => text.endsWith("\0"))).toBe(true);
  });

  test("with a Random a rename survives or not, but never half of it", async () => {
    const disk = await settled();
    await disk.rename("/d/a", "/d/b");
    const seen = new Set<string>();
    for (let seed = 1; seed <= 50; seed += 1) {
      const names = await disk.crash(seededRandom(seed)).list("/d");
      seen.add(names.join());
    }
    expect([...seen].sort()).toEqual(["a", "b"]);
  });

  test("the disk that crashed answers nothing any more", async () => {
    const disk = await settled();
    const file = await disk.open("/d/a", { create: false });
    disk.crash();
    await expect(file.sync()).rejects.toThrow("EIO");
    await expect(disk.list("/d")).rejects.toThrow("EIO");
  });
});

describe("MemoryDisk faults", () => {
  const script = async (disk: Disk): Promise<void> => {
    await disk.makeDirectory("/d");
    await disk.syncDirectory("/");
    await put(disk, "/d/tmp", "content");
    await sync(disk, "/d/tmp");
    await disk.rename("/d/tmp", "/d/a");
    await disk.syncDirectory("/d");
  };

  test("every operation of a script can fail, and /d/a is there whole or not at all", async () => {
    const calm = new MemoryDisk();
    await script(calm);
    expect(calm.changes).toBe(7);
    const faults: DiskFault[] = [
      { kind: "fail", code: "EIO" },
      { kind: "cut", bytes: 3, code: "ENOSPC" },
      { kind: "halt" },
    ];
    for (const fault of faults) {
      for (let nth = 1; nth <= calm.changes; nth += 1) {
        const disk = new MemoryDisk({
          fault: (operation, _path, n) =>
            n === nth && !["open", "read", "stat", "list", "size"].includes(operation)
              ? fault
              : null,
        });
        await expect(script(disk)).rejects.toThrow(/EIO|ENOSPC/);
        expect([null, "content"]).toContain(await get(disk.crash(), "/d/a"));
      }
    }
  });

  test("a cut write leaves its first bytes", async () => {
    const disk = await settled();
    disk.fault = (operation) =>
      operation === "write" ? { kind: "cut", bytes: 4, code: "ENOSPC" } : null;
    const file = await disk.open("/d/a", { create: false });
    const error: unknown = await file.write([bytes("12"), bytes("3456")], 5).catch((e) => e);
    expect(systemCode(error)).toBe("ENOSPC");
    expect(await get(disk, "/d/a")).toBe("first1234");
  });

  test("after a failed sync no later one makes the file durable", async () => {
    const disk = await settled();
    await put(disk, "/d/a", " tail", 5);
    disk.fault = (operation) => (operation === "sync" ? { kind: "fail", code: "EIO" } : null);
    await expect(sync(disk, "/d/a")).rejects.toThrow("EIO");
    disk.fault = null;
    await sync(disk, "/d/a");
    expect(await get(disk.crash(), "/d/a")).toBe("first");
  });
});
