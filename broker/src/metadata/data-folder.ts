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
  const path = `${folder}/${META_FILE}`;
  const bytes = await readSmallFile(disk, path);
  if (bytes === null) {
    const clusterId = uuidToBase64(randomUuid(options.random));
    const meta = { formatVersion: FORMAT_VERSION, clusterId, nodeId: options.nodeId };
    const text = `${JSON.stringify(meta, null, 2)}\n`;
    await replaceFile(disk, folder, META_FILE, new TextEncoder().encode(text));
    return meta;
  }
  const meta = parseMeta(bytes, path);
  if (meta.nodeId !== options.nodeId) {
    throw new IoError(
      MetadataErrorCode.FORMAT,
      `${path}: the folder belongs to node ${meta.nodeId}, but node.id is ${options.nodeId}`,
    );
  }
  return meta;
}

function parseMeta(bytes: Uint8Array, path: string): DataFolderMeta {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new IoError(MetadataErrorCode.FORMAT, `${path}: no valid JSON`, error);
  }
  const { formatVersion, clusterId, nodeId } = (value ?? {}) as Partial<
    Record<keyof DataFolderMeta, unknown>
  >;
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
  return { formatVersion: formatVersion as number, clusterId, nodeId };
}
