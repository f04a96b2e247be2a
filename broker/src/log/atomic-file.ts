/** Small files that are replaced as a whole: after a crash either the old or the new content is there. */
import { IoError } from "@runnel/kit/errors.ts";
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
  const file = await disk.open(temporary, { create: true });
  try {
    await file.truncate(0);
    await file.write([content], 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(temporary, path);
  await disk.syncDirectory(folder);
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
