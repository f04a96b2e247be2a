/**
 * The data folders besides the first, as they are found at the start. The first remembers them in its
 * `meta.json`: so a folder that is empty because its disk is not mounted is not taken for a new one, and
 * one that was left out of the setting is missed.
 */
import { IoError, messageOf } from "@runnel/kit/errors.ts";
import type { Random } from "@runnel/kit/world.ts";
import type { Disk } from "#io/ports.ts";
import type { DataFolder } from "#log/log-dirs.ts";
import {
  type DataFolderMeta,
  type KnownFolder,
  makeDataFolder,
  newDirectoryId,
  readDataFolder,
  writeDataFolder,
} from "./data-folder.ts";
import { MetadataErrorCode } from "./errors.ts";

export interface OtherFoldersOptions {
  readonly disk: Disk;
  readonly random: Random;
  /** The first folder, which is open, and what its `meta.json` says. */
  readonly first: string;
  readonly meta: DataFolderMeta;
  /** The other paths of the setting. */
  readonly paths: readonly string[];
  /** Locks a folder for the life of the process. Throws where it cannot. */
  lock(path: string): void;
  /** Whether what `lock` threw says that another broker has the folder. */
  isHeld(error: unknown): boolean;
}

/**
 * Opens each folder of `paths`; one that cannot be used is told of with the reason, and so is each that
 * was used before and is not among them. Rejects with `IoError` where a folder belongs to another broker
 * or cluster, or is in use: that is no failure of a disk.
 */
export async function openOtherFolders(options: OtherFoldersOptions): Promise<DataFolder[]> {
  const { meta, paths, disk, first } = options;
  const found: DataFolder[] = [];
  const known = new Map<string, string>();
  const ids = new Set([meta.directoryId]);
  for (const path of paths) {
    try {
      const { directoryId } = await openOne(path, options);
      if (ids.has(directoryId)) {
        const message = `${path} is a copy of another data folder, or the same under another name`;
        throw new IoError(MetadataErrorCode.FORMAT, message);
      }
      ids.add(directoryId);
      known.set(directoryId, path);
      found.push({ path, problem: null });
    } catch (error) {
      if (options.isHeld(error) || isForeign(error)) throw error;
      found.push({ path, problem: messageOf(error) });
    }
  }
  for (const { id, path } of meta.directories) {
    if (known.has(id)) continue;
    known.set(id, path);
    if (!paths.includes(path)) found.push({ path, problem: leftOut(first) });
  }
  const directories = [...known].map(([id, path]): KnownFolder => ({ id, path }));
  if (JSON.stringify(directories) !== JSON.stringify(meta.directories)) {
    await writeDataFolder(disk, first, { ...meta, directories });
  }
  return found;
}

async function openOne(path: string, options: OtherFoldersOptions): Promise<DataFolderMeta> {
  const { disk, random, first, meta, lock } = options;
  const isKnown = meta.directories.some((one) => one.path === path);
  if (isKnown && (await readDataFolder(disk, path)) === null) {
    const message = `it was used before and is empty now: is its disk mounted? ${giveUp(first)}`;
    throw new IoError(MetadataErrorCode.FOLDER, message);
  }
  await makeDataFolder(disk, path);
  lock(path);
  const own = await readDataFolder(disk, path);
  if (own === null) {
    const { formatVersion, clusterId, nodeId } = meta;
    const directoryId = newDirectoryId(random);
    const fresh = { formatVersion, clusterId, nodeId, directoryId, directories: [] };
    await writeDataFolder(disk, path, fresh);
    return fresh;
  }
  if (own.clusterId !== meta.clusterId || own.nodeId !== meta.nodeId) {
    const theirs = `node ${own.nodeId} of cluster ${own.clusterId}`;
    const message = `${path} belongs to ${theirs}, ${first} to node ${meta.nodeId} of ${meta.clusterId}`;
    throw new IoError(MetadataErrorCode.FORMAT, message);
  }
  if (own.directoryId !== "") return own;
  const named = { ...own, directoryId: newDirectoryId(random) };
  await writeDataFolder(disk, path, named);
  return named;
}

function isForeign(error: unknown): boolean {
  return error instanceof IoError && error.code === MetadataErrorCode.FORMAT;
}

function leftOut(first: string): string {
  return `it was used before and is not in log.dirs any more; put it back, or ${giveUp(first)}`;
}

/** What to do where the records of a folder are lost for good. */
function giveUp(first: string): string {
  return `to give up what it held, stop the broker and take its entry out of ${first}/meta.json`;
}
