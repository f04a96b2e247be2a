/**
 * The build of the pages, made once for each state of the sources and kept by a hash of them:
 *
 *   node_modules/.cache/runnel-console/<hash>/   a standalone build, complete
 *   node_modules/.cache/runnel-console/lock/     who builds right now (`lock.ts`)
 *
 * A build is moved to its place in one step, so what is there is whole. Running consoles keep theirs:
 * the newest few are left in place.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { constants, setPriority } from "node:os";
import { join, relative } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { clearLock, isRunning, releaseLock, removeOldLocks, takeLock } from "./lock.ts";
import { BuildError, type PagesOptions } from "./pages.ts";
import { compress } from "./static-files.ts";

const CONSOLE = join(import.meta.dirname, "..");
const ROOT = join(CONSOLE, "..");
const CACHE = join(ROOT, "node_modules", ".cache", "runnel-console");
const LOCK = join(CACHE, "lock");

/** What a build is made from. `server/` is not part of it, and runs as it is. */
const SOURCES = [
  "console/app",
  "console/features",
  "console/lib",
  "console/ui",
  "shared/contracts",
];
const SOURCE_FILES = [
  "console/next.config.ts",
  "console/package.json",
  "console/postcss.config.mjs",
  "package-lock.json",
];
const IGNORED = /\.test\.tsx?$|^node_modules$/;

const BUILDS_KEPT = 3;
const PROGRESS_MS = 5_000;
const LOCK_POLL_MS = 200;
const BUILD_MS_MAX = 600_000;

/** The folder of the build of these sources, which is made if there is none yet. */
export async function ensureBuild(options: PagesOptions): Promise<string> {
  const hash = hashSources();
  const target = join(CACHE, hash);
  if (useBuild(target)) return folderOf(target);
  mkdirSync(CACHE, { recursive: true });
  mkdirSync(LOCK, { recursive: true });
  await waitForLock(options);
  try {
    // Whoever held the lock may have built the same.
    if (!useBuild(target)) await build(target, hash, options);
  } finally {
    releaseLock(LOCK);
    removeOldLocks(LOCK, BUILD_MS_MAX);
  }
  return folderOf(target);
}

const folderOf = (target: string): string => join(target, relative(ROOT, CONSOLE));

/** True if it is there; it is then the newest of those kept. */
function useBuild(target: string): boolean {
  if (!existsSync(target)) return false;
  utimesSync(target, new Date(), new Date());
  return true;
}

function hashSources(): string {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}`);
  const add = (path: string): void => {
    hash.update(`\0${relative(ROOT, path)}\0`).update(readFileSync(path));
  };
  const walk = (folder: string): void => {
    const entries = readdirSync(folder, { withFileTypes: true });
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (IGNORED.test(entry.name)) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else add(path);
    }
  };
  for (const folder of SOURCES) if (existsSync(join(ROOT, folder))) walk(join(ROOT, folder));
  for (const file of SOURCE_FILES) add(join(ROOT, file));
  return hash.digest("hex").slice(0, 24);
}

async function build(
  target: string,
  hash: string,
  { onProgress, signal }: PagesOptions,
): Promise<void> {
  const startedAtMs = performance.now();
  const seconds = (): number => Math.round((performance.now() - startedAtMs) / 1_000);
  onProgress("building the pages, once for these sources: about half a minute");
  const timer = setInterval(() => onProgress(`still building after ${seconds()} s`), PROGRESS_MS);
  try {
    await runNext(hash, signal);
    const output = join(CONSOLE, ".next", "standalone");
    const made = join(output, relative(ROOT, CONSOLE), ".next");
    const files = join(made, "static");
    cpSync(join(CONSOLE, ".next", "static"), files, { recursive: true });
    for (const [path, content] of compress(files)) writeFileSync(path, content);
    renameSync(output, target);
    utimesSync(target, new Date(), new Date());
    onProgress(`the pages are built, in ${seconds()} s`);
  } finally {
    clearInterval(timer);
  }
  removeOldBuilds();
}

/** Runs `next build` behind everything else on the machine. Its output is shown if it fails. */
async function runNext(hash: string, signal: AbortSignal): Promise<void> {
  const bin = createRequire(join(CONSOLE, "package.json")).resolve("next/dist/bin/next");
  const child = spawn(process.execPath, [bin, "build"], {
    cwd: CONSOLE,
    env: {
      ...process.env,
      NEXT_TELEMETRY_DISABLED: "1",
      NODE_ENV: "production",
      RUNNEL_BUILD_ID: hash,
    },
    stdio: ["ignore", "pipe", "pipe"],
    signal: AbortSignal.any([signal, AbortSignal.timeout(BUILD_MS_MAX)]),
  });
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  const output: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (status === 0) return;
  throw new BuildError(`next build ended with ${status}:\n${Buffer.concat(output).toString()}`);
}

async function waitForLock({ onProgress, signal }: PagesOptions): Promise<void> {
  let hasSaid = false;
  for (;;) {
    const holder = takeLock(LOCK, process.pid);
    if (holder === "taken") return;
    if (holder !== null && !isRunning(holder.pid)) {
      clearLock(LOCK, holder);
      continue;
    }
    if (!hasSaid) onProgress("another process is building the pages: waiting for it");
    hasSaid = true;
    await delay(LOCK_POLL_MS, undefined, { signal });
  }
}

function removeOldBuilds(): void {
  const builds = readdirSync(CACHE)
    .filter((name) => name !== "lock")
    .map((name) => ({ path: join(CACHE, name), usedAtMs: statSync(join(CACHE, name)).mtimeMs }))
    .toSorted((a, b) => b.usedAtMs - a.usedAtMs);
  for (const { path } of builds.slice(BUILDS_KEPT)) rmSync(path, { recursive: true, force: true });
}
