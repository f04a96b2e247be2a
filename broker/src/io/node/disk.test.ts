import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IoError, systemCode } from "@runnel/kit/errors.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { blockingDisk } from "./blocking-disk.ts";
import { nodeDisk } from "./disk.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "runnel-disk-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each([
  ["nodeDisk", nodeDisk],
  ["blockingDisk", blockingDisk],
])("%s", (_name, disk) => {
  test("writes more parts than one system call takes, and reads them back", async () => {
    const file = await disk.open(join(folder, "parts"), { create: true });
    const parts = Array.from({ length: 3000 }, (_, i) => new Uint8Array(i % 7).fill(i));
    await file.write(parts, 5);
    await file.write([], 0);
    await file.write([new Uint8Array(0)], 0);
    const length = parts.reduce((sum, part) => sum + part.length, 5);
    expect(await file.size()).toBe(length);
    const target = disk.allocate(length + 10);
    expect(await file.read(target, 0)).toBe(length);
    const whole = Buffer.concat([Buffer.alloc(5), ...parts]);
    expect(Buffer.compare(target.subarray(0, length), whole)).toBe(0);
    await file.sync();
    await file.truncate(5);
    expect(await file.size()).toBe(5);
    await file.close();
    await file.close();
    await expect(file.read(target, 0)).rejects.toThrow("the file is closed");
    await expect(file.sync()).rejects.toThrow("the file is closed");
  });

  test("folders: make, list, rename, sync, remove; missing ones are no error", async () => {
    const inner = join(folder, "x/y");
    await disk.makeDirectory(inner);
    await disk.makeDirectory(inner);
    await (await disk.open(join(inner, "a"), { create: true })).close();
    await disk.rename(join(inner, "a"), join(inner, "b"));
    await disk.syncDirectory(inner);
    expect(await disk.list(inner)).toEqual(["b"]);
    expect(await disk.stat(inner)).toMatchObject({ isDirectory: true });
    expect((await stat(join(inner, "b"))).mode & 0o007).toBe(0);
    await disk.removeFile(join(inner, "b"));
    await disk.removeFile(join(inner, "b"));
    await disk.removeDirectory(join(folder, "x"));
    await disk.removeDirectory(join(folder, "x"));
    expect(await disk.list(inner)).toEqual([]);
    expect(await disk.stat(inner)).toBeNull();
    const { freeBytes, totalBytes } = await disk.space(folder);
    expect(freeBytes).toBeGreaterThan(0);
    expect(totalBytes).toBeGreaterThanOrEqual(freeBytes);
  });

  test("a folder that the system does not allow is refused, and not tried for ever", async () => {
    const error: unknown = await disk.makeDirectory("/proc/runnel/data").catch((e) => e);
    expect(systemCode(error)).toBe("ENOENT");
    const path = join(folder, "file");
    await (await disk.open(path, { create: true })).close();
    expect(systemCode(await disk.makeDirectory(path).catch((e: unknown) => e))).toBe("EEXIST");
    const below: unknown = await disk.makeDirectory(`${path}/x`).catch((e: unknown) => e);
    expect(systemCode(below)).toBe("ENOTDIR");
    await Promise.all(
      ["a/b/c", "a/b/d", "a/b/c"].map((one) => disk.makeDirectory(join(folder, one))),
    );
    expect((await disk.list(join(folder, "a/b"))).toSorted()).toEqual(["c", "d"]);
  });

  test("a failure is an IoError that names operation, path and the system's code", async () => {
    const path = join(folder, "missing/file");
    const error: unknown = await disk.open(path, { create: true }).catch((e) => e);
    expect(error).toBeInstanceOf(IoError);
    expect((error as IoError).code).toBe("RUNNEL_DISK_FAILED");
    expect((error as IoError).message).toBe(`open ${path}: ENOENT`);
    expect(systemCode(error)).toBe("ENOENT");
  });
});
