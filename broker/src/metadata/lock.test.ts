import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockFolder } from "./lock.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "runnel-lock-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Another process that locks the folder, says so, and holds it until killed. */
async function holder(): Promise<ChildProcess> {
  const module = fileURLToPath(new URL("./lock.ts", import.meta.url));
  const code =
    `const { lockFolder } = await import(${JSON.stringify(module)});` +
    `globalThis.held = lockFolder(${JSON.stringify(folder)}, process.pid);` +
    `console.log("held"); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((resolve, reject) => {
    child.stdout.once("data", resolve);
    child.once("exit", () => reject(new Error("the holder ended before it held the lock")));
  });
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}

describe("lockFolder()", () => {
  it("refuses a folder that another process has, naming folder and pid, until that one dies", async () => {
    const child = await holder();
    try {
      expect(() => lockFolder(folder, process.pid)).toThrow(
        `data folder ${folder} is in use by the broker with process id ${child.pid}`,
      );
    } finally {
      await end(child);
    }
    using _ = lockFolder(folder, process.pid);
  });

  it("refuses the same process, too", () => {
    using _ = lockFolder(folder, 1);
    expect(() => lockFolder(folder, 1)).toThrow("in use by the broker with process id 1");
  });

  it("holds after an attempt to take it, and lets go when disposed", () => {
    const lock = lockFolder(folder, 1);
    for (let i = 0; i < 3; i += 1) expect(() => lockFolder(folder, 2)).toThrow("process id 1");
    lock[Symbol.dispose]();
    lock[Symbol.dispose]();
    using _ = lockFolder(folder, 2);
    expect(() => lockFolder(folder, 3)).toThrow("process id 2");
  });

  it("says what to do about a folder it cannot use", () => {
    const missing = join(folder, "missing");
    expect(() => lockFolder(missing, 1)).toThrow(
      `data folder ${missing}: no file can be made in it; let this user write there, or choose another`,
    );
  });
});
