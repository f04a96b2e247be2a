/**
 * Puts a compacted segment in the place of those it was made from, so that a crash at any step leaves the
 * one or the others.
 *
 *   1  all files are complete and durable as `….cleaned`
 *   2  the log's is renamed to `….log.swap`: from here on the new segment counts
 *   3  the old files go aside (`….N.deleted`), the new indexes get their names
 *   4  the new log gets its name
 *
 * Each step is durable before the next. A start that finds a `.swap` does 3 and 4 again; without one it
 * sweeps away what is `.cleaned`. Readers of an old segment go on with its files under their new names.
 */
import type { Logger } from "@runnel/kit/world.ts";
import { type ReaderIo, walkOverDamage } from "../log-reader.ts";
import {
  CLEANED_SUFFIX,
  DELETED_SUFFIX,
  fileName,
  INDEX_SUFFIXES,
  offsetOfName,
  SWAP_SUFFIX,
} from "../names.ts";
import { Segment } from "../segment.ts";

/** Indexes that come with a new segment; the others are made again when they are needed. */
const NEW_SUFFIXES = INDEX_SUFFIXES.filter((suffix) => suffix !== ".keyindex");

export interface Swap {
  /** Oldest first; the first has the base offset of `cleaned`. */
  readonly replaced: readonly Segment[];
  /** Its files are there under their `.cleaned` names. */
  readonly cleaned: Segment;
  /** Tells the old files of this swap from those of others: of one log no two have the same. */
  readonly number: number;
}

/** Does steps 2 to 4; returns the paths of the old files. Where it rejects, the log is to be loaded again. */
export async function swapSegments(
  { disk, files }: ReaderIo,
  { replaced, cleaned, number }: Swap,
): Promise<readonly string[]> {
  const { folder, baseOffset } = cleaned;
  const log = `${folder}/${fileName(baseOffset, ".log")}`;
  await disk.rename(log + CLEANED_SUFFIX, log + SWAP_SUFFIX);
  await disk.syncDirectory(folder);
  const aside: string[] = [];
  for (const segment of replaced) {
    const names = [".log", ...INDEX_SUFFIXES] as const;
    const paths = names.map((suffix) => segment.path(suffix));
    const suffix = `.${number}${DELETED_SUFFIX}`;
    // One step for all who read it: the file that is open gets its new name together with the segment.
    await files.rename(paths[0] as string, paths[0] + suffix, () => {
      segment.suffix = suffix;
    });
    aside.push(paths[0] + suffix);
    for (const path of paths.slice(1)) {
      await files.release(path);
      if ((await disk.stat(path)) === null) continue;
      await disk.rename(path, path + suffix);
      aside.push(path + suffix);
    }
  }
  await finish({ disk, files }, folder, baseOffset);
  cleaned.suffix = "";
  return aside;
}

/** Gives the new files their names: the log's last, for its `.swap` says that there is still to do. */
async function finish({ disk }: ReaderIo, folder: string, baseOffset: number): Promise<void> {
  for (const suffix of NEW_SUFFIXES) {
    const path = `${folder}/${fileName(baseOffset, suffix)}`;
    if ((await disk.stat(path + CLEANED_SUFFIX)) === null) continue;
    await disk.rename(path + CLEANED_SUFFIX, path);
  }
  await disk.syncDirectory(folder);
  const log = `${folder}/${fileName(baseOffset, ".log")}`;
  await disk.rename(log + SWAP_SUFFIX, log);
  await disk.syncDirectory(folder);
}

/** Ends the swaps that a crash or a failure interrupted, and sweeps away segments that were being made. */
export async function finishSwaps(io: ReaderIo, folder: string, logger: Logger): Promise<void> {
  const { disk, files } = io;
  const names = await disk.list(folder);
  for (const name of names.filter((one) => one.endsWith(SWAP_SUFFIX)).sort()) {
    const baseOffset = offsetOfName(name.slice(0, -SWAP_SUFFIX.length), ".log");
    if (baseOffset === null) continue;
    const endOffset = await endOf(io, folder, baseOffset);
    logger.warn({ folder, baseOffset, endOffset }, "goes on with the swap of a compacted segment");
    for (const old of names) {
      const base = offsetOfName(old, ".log");
      if (base === null || base < baseOffset || base >= Math.max(endOffset, baseOffset + 1))
        continue;
      await files.release(`${folder}/${old}`);
      await disk.removeFile(`${folder}/${fileName(base, ".keyindex")}`);
      if (base !== baseOffset) await disk.removeFile(`${folder}/${old}`);
    }
    await disk.syncDirectory(folder);
    await finish(io, folder, baseOffset);
  }
  for (const name of await disk.list(folder)) {
    if (name.endsWith(CLEANED_SUFFIX)) await disk.removeFile(`${folder}/${name}`);
  }
}

/** Where a complete segment ends that is taking the place of others; gaps in it are batches, too. */
async function endOf(io: ReaderIo, folder: string, baseOffset: number): Promise<number> {
  const segment = new Segment(folder, baseOffset, 0);
  segment.suffix = SWAP_SUFFIX;
  const path = segment.path(".log");
  segment.writtenSize = (await io.disk.stat(path))?.size ?? 0;
  let endOffset = baseOffset;
  await walkOverDamage(io, segment, segment.start, (header) => {
    endOffset = header.baseOffset + header.lastOffsetDelta + 1;
    return true;
  });
  await io.files.release(path);
  return endOffset;
}
