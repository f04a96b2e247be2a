/** Plays a power cut on a data folder: what the ledger does not call durable is gone, or torn. */
import {
  appendFileSync,
  closeSync,
  existsSync,
  ftruncateSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { Random } from "@runnel/kit/world.ts";

/** How much of a torn tail is garbage at most: the last block that the disk was writing. */
const TORN_BYTES_MAX = 4096;

interface Known {
  synced: number;
  /** Its name is durable. */
  isNamed: boolean;
}

/**
 * Cuts every file of the ledger to what was synced, plus a random part of what was written behind it
 * with garbage in its last block; removes files whose folder was never synced since they were made.
 * The metadata gets a torn tail: SQLite syncs each of its commits and nothing else, so that is all that
 * a power cut can leave behind the last one.
 */
export function cutPower(
  { ledger, dataDir }: { readonly ledger: string; readonly dataDir: string },
  random: Random,
): { cut: number; removed: number } {
  tearMetadata(dataDir, random);
  const files = replay(readFileSync(ledger, "utf8").split("\n"));
  let cut = 0;
  let removed = 0;
  for (const [path, known] of files) {
    if (!existsSync(path)) continue;
    if (!known.isNamed) {
      rmSync(path, { force: true });
      removed += 1;
      continue;
    }
    const { size } = statSync(path);
    if (size <= known.synced) continue;
    const kept = known.synced + random.below(size - known.synced + 1);
    const file = openSync(path, "r+");
    ftruncateSync(file, kept);
    const torn = Math.min(kept - known.synced, TORN_BYTES_MAX);
    if (torn > 0 && random.below(2) === 0) {
      writeSync(file, random.bytes(torn), 0, torn, kept - torn);
    }
    closeSync(file);
    cut += 1;
  }
  return { cut, removed };
}

function tearMetadata(dataDir: string, random: Random): void {
  const log = join(dataDir, "metadata.db-wal");
  if (existsSync(log)) appendFileSync(log, random.bytes(random.below(TORN_BYTES_MAX)));
}

function replay(lines: readonly string[]): Map<string, Known> {
  const files = new Map<string, Known>();
  for (const line of lines) {
    const [kind, first = "", second = ""] = line.split(" ");
    if (kind === "C") files.set(first, { synced: 0, isNamed: false });
    else if (kind === "S")
      files.set(second, { synced: Number(first), isNamed: named(files, second) });
    else if (kind === "T") lower(files, second, Number(first));
    else if (kind === "R") {
      const source = files.get(second);
      files.delete(second);
      // An unsynced rename is left in place: what it replaced is not kept here, and the test of the
      // in-memory disk undoes it.
      if (source !== undefined) files.set(first, { ...source, isNamed: true });
    } else if (kind === "D") {
      for (const [path, known] of files) if (dirname(path) === first) known.isNamed = true;
    }
  }
  return files;
}

/** A file that the ledger did not see made was there before, and so was its name. */
function named(files: ReadonlyMap<string, Known>, path: string): boolean {
  return files.get(path)?.isNamed ?? true;
}

function lower(files: Map<string, Known>, path: string, length: number): void {
  const known = files.get(path);
  if (known !== undefined) known.synced = Math.min(known.synced, length);
}
