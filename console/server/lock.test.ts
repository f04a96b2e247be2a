import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { clearLock, isRunning, type LockHolder, releaseLock, takeLock } from "./lock.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lock-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test("one has the lock, until it gives it back", () => {
  expect(takeLock(folder, 1)).toBe("taken");
  expect(takeLock(folder, 2)).toMatchObject({ pid: 1 });
  releaseLock(folder);
  expect(takeLock(folder, 2)).toBe("taken");
});

test("of two that find its holder gone, the second takes nothing from the first", () => {
  takeLock(folder, 1);
  const seen = [takeLock(folder, 2), takeLock(folder, 3)] as LockHolder[];
  const [first, second] = seen as [LockHolder, LockHolder];
  expect(clearLock(folder, first)).toBe(true);
  expect(takeLock(folder, 2)).toBe("taken");
  expect(clearLock(folder, second)).toBe(false);
  expect(takeLock(folder, 3)).toMatchObject({ pid: 2 });
});

test("a process is there or not", () => {
  expect(isRunning(process.pid)).toBe(true);
  expect(isRunning(2 ** 22 + 1)).toBe(false);
});
