/** Small files that are replaced as a whole: after a crash either the old or the new content is there. */
import { IoError, systemCode } from "@runnel/kit/errors.ts";
import type { Disk } from "#io/ports.ts";
import { TEMPORARY_SUFFIX } from "./names.ts";

/** The most a small file may hold; a larger one is not read into memory. */
export const SMALL_FILE_BYTES_MAX = 64 * 1024 * 1024;

/** Replaces `folder/name` by `content`, durable when it returns. */
export async function replaceFile(
  disk: Disk,
  folder: string,
  name: string,
  content: Uint8Array,
): Promise<void> {
  const path = `${folder}/${name}`;
  const temporary = path + TEMPORARY_SUFFIX;
  try {
    await writeFile(disk, temporary, content);
  } catch (error) {
    // The system may never write a file whose sync failed: the next attempt begins with a new one.
    await disk.removeFile(temporary).catch(() => {});
    throw error;
  }
  await disk.rename(temporary, path);
  await disk.syncDirectory(folder);
}

/** Makes `content` all that is in the file at `path`; its bytes are durable when it returns. */
async function writeFile(disk: Disk, path: string, content: Uint8Array): Promise<void> {
  const file = await disk.open(path, { create: true });
  try {
    await file.truncate(0);
    await file.write([content], 0);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** System codes of folders that are not ours to open; whoever made them made them durable. */
const NOT_OURS = new Set(["EACCES", "EPERM"]);

/** Makes the name of the folder at `path`, and those of the folders it is in, survive a power cut. */
export async function syncAncestors(disk: Disk, path: string): Promise<void> {
  const names = path.split("/");
  while (names.length > 1) {
    names.pop();
    await syncOurs(disk, names.join("/") || "/");
  }
  if (!path.startsWith("/")) await syncOurs(disk, ".");
}

async function syncOurs(disk: Disk, path: string): Promise<void> {
  try {
    await disk.syncDirectory(path);
  } catch (error) {
    if (!NOT_OURS.has(systemCode(error))) throw error;
  }
}

/** The content of a small file; null when it is missing. */
export async function readSmallFile(disk: Disk, path: string): Promise<Uint8Array | null> {
  const stat = await disk.stat(path);
  if (stat === null) return null;
  if (stat.size > SMALL_FILE_BYTES_MAX) {
    throw new IoError("RUNNEL_FILE_TOO_LARGE", `${path}: ${stat.size} bytes`);
  }
  const file = await disk.open(path, { create: false });
  try {
    const bytes = disk.allocate(stat.size);
    const count = await file.read(bytes, 0);
    return bytes.subarray(0, count);
  } finally {
    await file.close();
  }
}
