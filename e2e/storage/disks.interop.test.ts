/** T14, T15: real disks that are full, fail, or are not mounted. Needs root on Linux, and strace. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Child, run } from "../harness/child.ts";
import { type Server, startRunnel } from "../harness/server.ts";
import { waitFor } from "../harness/wait.ts";
import { FIRST, FolderBench, SECOND } from "./folder-bench.ts";

const SMALL_DISK_MIB = 16;

let root: string;
let first: string;
let second: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "runnel-disks-"));
  first = join(root, "first");
  second = join(root, "second");
  await mkdir(second);
});

afterEach(async () => {
  await command(["umount", "-q", second], true);
  await rm(root, { recursive: true, force: true });
});

async function command(words: readonly [string, ...string[]], mayFail = false): Promise<void> {
  await run({ name: words[0], command: words, mayFail });
}

/** Puts a small disk under the second folder. */
async function mountSmallDisk(): Promise<void> {
  await command(["mount", "-t", "tmpfs", "-o", `size=${SMALL_DISK_MIB}m`, "tmpfs", second]);
}

function start(args: readonly string[] = []): Promise<Server> {
  return startRunnel({ dataDir: `${first},${second}`, args });
}

test("T15: a full disk stops its partitions alone; they go on when there is room", async () => {
  await mountSmallDisk();
  const filler = join(second, "filler");
  await writeFile(filler, new Uint8Array((SMALL_DISK_MIB / 2) * 1024 * 1024));
  await using server = await start();
  const bench = new FolderBench(server);
  await bench.createTopic();
  await bench.sendUntilStored(FIRST);
  await bench.sendUntilRefused(SECOND);
  expect(await bench.send(SECOND)).toBe(false);
  expect(await bench.problem()).toBeNull();
  expect(await bench.send(FIRST)).toBe(true);
  expect(await bench.missing(SECOND)).toEqual([]);
  await rm(filler);
  await bench.sendUntilStored(SECOND);
  expect(await bench.missing(SECOND)).toEqual([]);

  await server.stop("SIGKILL");
  await using again = await start();
  const after = new FolderBench(again, bench);
  await after.sendUntilStored(SECOND);
  expect([await after.missing(FIRST), await after.missing(SECOND)]).toEqual([[], []]);
});

test("T14: a sync that fails takes its folder offline; a restart has all that was acknowledged", async () => {
  await using server = await start();
  const bench = new FolderBench(server);
  await bench.createTopic();
  for (const partition of [FIRST, SECOND] as const) {
    await bench.sendUntilStored(partition);
    await bench.sendUntilStored(partition);
  }
  await failSyncs(server, second, async () => {
    await bench.sendUntilRefused(SECOND);
    await waitFor("the folder is offline", async () => (await bench.problem()) !== null);
  });
  expect(await bench.problem()).toContain("EIO");
  expect(await bench.send(SECOND)).toBe(false);
  expect(await bench.send(FIRST)).toBe(true);
  await server.stop();

  await using again = await start();
  const after = new FolderBench(again, bench);
  expect(await after.problem()).toBeNull();
  await after.sendUntilStored(SECOND);
  expect([await after.missing(FIRST), await after.missing(SECOND)]).toEqual([[], []]);
});

test("T14: when every disk has failed the broker ends, and not with 0", async () => {
  await using server = await startRunnel({ dataDir: first });
  const bench = new FolderBench(server);
  await bench.createTopic();
  await bench.sendUntilStored(FIRST);
  await failSyncs(server, first, async () => {
    await bench.send(FIRST);
    const { code } = await server.exited;
    expect(code).toBe(1);
  });
  expect(server.output).toContain("the disks of all data folders failed");
});

test("a disk that is not mounted at the start is missed, and nothing is made in its place", async () => {
  await mountSmallDisk();
  const server = await start();
  const bench = new FolderBench(server);
  await bench.createTopic();
  for (const partition of [FIRST, SECOND] as const) await bench.sendUntilStored(partition);
  await server.stop();
  const aside = join(root, "aside");
  await mkdir(aside);
  await command(["mount", "--move", second, aside]);

  const without = await start();
  const meanwhile = new FolderBench(without, bench);
  expect(await meanwhile.problem()).toContain("is its disk mounted?");
  expect(await meanwhile.send(SECOND)).toBe(false);
  expect(await meanwhile.send(FIRST)).toBe(true);
  await without.stop();

  await command(["mount", "--move", aside, second]);
  await using again = await start();
  const after = new FolderBench(again, meanwhile);
  expect(await after.problem()).toBeNull();
  expect([await after.missing(FIRST), await after.missing(SECOND)]).toEqual([[], []]);
});

/** Runs `work` while every sync of a file under `folder` fails with EIO. */
async function failSyncs(server: Server, folder: string, work: () => Promise<void>): Promise<void> {
  const found = await run({ name: "find", command: ["find", folder, "-name", "*.log"] });
  const paths = found.stdout.split("\n").flatMap((path) => ["-P", path]);
  const fault = ["-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO"];
  await using strace = new Child({
    name: "strace",
    command: ["strace", "-f", "-p", String(server.pid), ...paths, ...fault],
  });
  await waitFor("strace is attached", () => strace.output.includes("attached"));
  await work();
}
