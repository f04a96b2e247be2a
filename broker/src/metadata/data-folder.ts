/** `meta.json` in the data folder: which format it has, which cluster and which broker it belongs to. */
import { IoError, messageOf, systemCode } from "@runnel/kit/errors.ts";
import { randomUuid, uuidToBase64 } from "@runnel/kit/uuid.ts";
import type { Random } from "@runnel/kit/world.ts";
import type { Disk } from "#io/ports.ts";
import { readSmallFile, replaceFile } from "#log/atomic-file.ts";
import { MetadataErrorCode } from "./errors.ts";

export interface DataFolderMeta {
  /** Of everything in the folder; it grows when an older Runnel could no longer read it. */
  readonly formatVersion: number;
  /** As Kafka shows it: 22 characters of base64url. */
  readonly clusterId: string;
  readonly nodeId: number;
  /** Of this folder alone, on whatever path it is; "" in one that is older than these ids. */
  readonly directoryId: string;
  /** In the first data folder: the others that were used with it. */
  readonly directories: readonly KnownFolder[];
}

export interface KnownFolder {
  readonly id: string;
  /** Where it was last. */
  readonly path: string;
}

export const META_FILE = "meta.json";
const FORMAT_VERSION = 1;

/** Makes the data folder where it is missing. Rejects with `IoError` that says what to do instead. */
export async function makeDataFolder(disk: Disk, folder: string): Promise<void> {
  try {
    await disk.makeDirectory(folder);
  } catch (error) {
    const reason = FOLDER_REASONS.get(systemCode(error)) ?? messageOf(error);
    const message = `data folder ${folder}: ${reason}; choose another with --data-dir`;
    throw new IoError(MetadataErrorCode.FOLDER, message, error);
  }
}

const FOLDER_REASONS: ReadonlyMap<string, string> = new Map([
  ["EEXIST", "there is a file of this name"],
  ["ENOTDIR", "a part of this path is a file"],
  ["EACCES", "this user may not make it"],
  ["EPERM", "this user may not make it"],
  ["EROFS", "the file system is read-only"],
  ["ENOENT", "the system allows no folder there"],
  ["ENOSPC", "the disk is full"],
]);

/**
 * Reads `meta.json`, or writes it in a folder that has none; `folder` must exist. Throws `IoError` when
 * the folder is of a newer format, of another node, or not readable.
 */
export async function openDataFolder(
  disk: Disk,
  folder: string,
  options: { readonly nodeId: number; readonly random: Random },
): Promise<DataFolderMeta> {
  const { nodeId, random } = options;
  const found = await readDataFolder(disk, folder);
  if (found === null) {
    const clusterId = uuidToBase64(randomUuid(random));
    const identity = { formatVersion: FORMAT_VERSION, clusterId, nodeId };
    const meta = { ...identity, directoryId: newDirectoryId(random), directories: [] };
    await writeDataFolder(disk, folder, meta);
    return meta;
  }
  if (found.nodeId !== nodeId) {
    throw new IoError(
      MetadataErrorCode.FORMAT,
      `${folder}/${META_FILE}: the folder belongs to node ${found.nodeId}, but node.id is ${nodeId}`,
    );
  }
  if (found.directoryId !== "") return found;
  const meta = { ...found, directoryId: newDirectoryId(random) };
  await writeDataFolder(disk, folder, meta);
  return meta;
}

export function newDirectoryId(random: Random): string {
  return uuidToBase64(randomUuid(random));
}

/** What `meta.json` in `folder` says; null where there is none. Throws `IoError` for what it cannot be. */
export async function readDataFolder(disk: Disk, folder: string): Promise<DataFolderMeta | null> {
  const path = `${folder}/${META_FILE}`;
  const bytes = await readSmallFile(disk, path);
  return bytes === null ? null : parseMeta(bytes, path);
}

/** Replaces `meta.json` in `folder`; durable when it returns. */
export async function writeDataFolder(
  disk: Disk,
  folder: string,
  { directories, ...meta }: DataFolderMeta,
): Promise<void> {
  const whole = directories.length === 0 ? meta : { ...meta, directories };
  const text = `${JSON.stringify(whole, null, 2)}\n`;
  await replaceFile(disk, folder, META_FILE, new TextEncoder().encode(text));
}

function parseMeta(bytes: Uint8Array, path: string): DataFolderMeta {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new IoError(MetadataErrorCode.FORMAT, `${path}: no valid JSON`, error);
  }
  const fields = (value ?? {}) as Partial<Record<keyof DataFolderMeta, unknown>>;
  const { formatVersion, clusterId, nodeId, directoryId = "", directories = [] } = fields;
  if (!Number.isSafeInteger(formatVersion)) {
    throw new IoError(MetadataErrorCode.FORMAT, `${path}: no formatVersion in it`);
  }
  if ((formatVersion as number) > FORMAT_VERSION) {
    throw new IoError(
      MetadataErrorCode.FORMAT,
      `${path}: format ${String(formatVersion)} is of a newer Runnel; this one reads up to ` +
        `${FORMAT_VERSION}: start the newer one, or choose another data folder`,
    );
  }
  if (typeof clusterId !== "string" || !/^[\w-]{1,64}$/.test(clusterId)) {
    throw new IoError(MetadataErrorCode.FORMAT, `${path}: no usable clusterId in it`);
  }
  if (typeof nodeId !== "number" || !Number.isSafeInteger(nodeId) || nodeId < 0) {
    throw new IoError(MetadataErrorCode.FORMAT, `${path}: no usable nodeId in it`);
  }
  if (typeof directoryId !== "string" || !Array.isArray(directories)) {
    throw new IoError(MetadataErrorCode.FORMAT, `${path}: no usable directories in it`);
  }
  return {
    formatVersion: formatVersion as number,
    clusterId,
    nodeId,
    directoryId,
    directories: directories.map((one: unknown) => knownFolder(one, path)),
  };
}

function knownFolder(value: unknown, file: string): KnownFolder {
  const { id, path } = (value ?? {}) as Partial<Record<keyof KnownFolder, unknown>>;
  if (typeof id === "string" && typeof path === "string") return { id, path };
  throw new IoError(MetadataErrorCode.FORMAT, `${file}: no usable directories in it`);
}
