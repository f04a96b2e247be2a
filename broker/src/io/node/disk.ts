/**
 * The real file system, through descriptors and positioned reads and writes.
 *
 * The callback functions of `node:fs` are used, as they cost one promise an operation less than
 * `FileHandle`. Writes that the system cuts short are continued, reads repeated until the end.
 */
import { Buffer } from "node:buffer";
import * as fs from "node:fs";
import { dirname } from "node:path";
import { type IoError, messageOf, systemCode } from "@runnel/kit/errors.ts";
import { ioError } from "../errors.ts";
import type { Disk, DiskFile, FileStat } from "../ports.ts";
import { smallWrites } from "./small-writes.ts";

/** Parts that one system call takes; Linux has 1024 (IOV_MAX), macOS and Windows through libuv too. */
const PARTS_MAX = 1024;
/** New files: the owner writes, the group reads. Records are nobody else's business. */
export const FILE_MODE = 0o640;
export const FOLDER_MODE = 0o750;

type Callback<T> = (error: NodeJS.ErrnoException | null, value: T) => void;

/** Makes a failed call an `IoError` that names the operation and the path. */
export function failed(operation: string, path: string, cause: unknown): IoError {
  const message = `${operation} ${path}: ${systemCode(cause) || messageOf(cause)}`;
  return ioError("RUNNEL_DISK_FAILED", message, cause);
}

/** Runs one `node:fs` call to its end. */
function call<T>(
  operation: string,
  path: string,
  start: (callback: Callback<T>) => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    start((error, value) => {
      if (error === null || error === undefined) resolve(value);
      else reject(failed(operation, path, error));
    });
  });
}

class NodeFile implements DiskFile {
  readonly path: string;
  readonly #descriptor: number;
  #isClosed = false;

  constructor(path: string, descriptor: number) {
    this.path = path;
    this.#descriptor = descriptor;
  }

  async size(): Promise<number> {
    const stats = await this.#call<fs.Stats>("stat", (done) => fs.fstat(this.#descriptor, done));
    return stats.size;
  }

  read(target: Uint8Array, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      if (!this.#isOpen("read", reject)) return;
      const next = (done: number): void => {
        const wanted = target.length - done;
        if (wanted === 0) {
          resolve(done);
          return;
        }
        fs.read(this.#descriptor, target, done, wanted, position + done, (error, count) => {
          if (error) reject(failed("read", this.path, error));
          else if (count === 0) resolve(done);
          else next(done + count);
        });
      };
      next(0);
    });
  }

  write(parts: readonly Uint8Array[], position: number): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.#isOpen("write", reject)) return;
      const next = (rest: readonly Uint8Array[], at: number): void => {
        const batch = rest.length > PARTS_MAX ? rest.slice(0, PARTS_MAX) : rest;
        const done = (error: NodeJS.ErrnoException | null, count: number): void => {
          if (error) {
            reject(failed("write", this.path, error));
            return;
          }
          const left = behind(rest, count);
          if (left.length === 0) resolve();
          else if (count > 0) next(left, at + count);
          else reject(failed("write", this.path, new Error("the system took no byte")));
        };
        const first = batch[0];
        if (first === undefined) resolve();
        else if (smallWrites.takes(batch)) {
          try {
            done(null, smallWrites.write(this.#descriptor, batch, at));
          } catch (error) {
            done(error as NodeJS.ErrnoException, 0);
          }
        } else if (batch.length === 1) {
          fs.write(this.#descriptor, first, 0, first.length, at, done);
        } else fs.writev(this.#descriptor, batch, at, done);
      };
      next(behind(parts, 0), position);
    });
  }

  sync(): Promise<void> {
    return this.#call("sync", (done) => fs.fdatasync(this.#descriptor, asCallback(done)));
  }

  truncate(length: number): Promise<void> {
    return this.#call("truncate", (done) =>
      fs.ftruncate(this.#descriptor, length, asCallback(done)),
    );
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await call<void>("close", this.path, (done) => fs.close(this.#descriptor, asCallback(done)));
  }

  /** A closed descriptor's number may be another file's by now: it must never reach the system. */
  #isOpen(operation: string, reject: (error: IoError) => void): boolean {
    if (this.#isClosed) reject(failed(operation, this.path, new Error("the file is closed")));
    return !this.#isClosed;
  }

  #call<T>(operation: string, start: (callback: Callback<T>) => void): Promise<T> {
    if (this.#isClosed) {
      return Promise.reject(failed(operation, this.path, new Error("the file is closed")));
    }
    return call(operation, this.path, start);
  }
}

function asCallback(done: Callback<void>): (error: NodeJS.ErrnoException | null) => void {
  return (error) => done(error, undefined);
}

/** What of `parts` lies behind the first `count` bytes; parts without bytes are dropped. */
export function behind(parts: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  let skip = count;
  let index = 0;
  while (index < parts.length) {
    const { length } = parts[index] as Uint8Array;
    if (length > skip) break;
    skip -= length;
    index += 1;
  }
  if (index === 0 && skip === 0 && parts.every((part) => part.length > 0)) return parts;
  const rest = parts.slice(index).filter((part) => part.length > 0);
  if (skip > 0) rest[0] = (rest[0] as Uint8Array).subarray(skip);
  return rest;
}

/** Runs `work`; null where it failed because there is nothing at the path. */
async function unlessMissing<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Whether a call failed because there is nothing at the path. */
export function isMissing(error: unknown): boolean {
  const code = systemCode(error);
  return code === "ENOENT" || code === "ENOTDIR";
}

/**
 * Makes the folder and those it lies in. Not by `mkdir` with `recursive`, which never ends where the
 * system refuses to make a folder and says that its parent is missing, as under `/proc`.
 */
async function makeDirectory(path: string): Promise<void> {
  const make = () =>
    call<void>("mkdir", path, (done) => fs.mkdir(path, FOLDER_MODE, asCallback(done)));
  try {
    await make();
  } catch (error) {
    const parent = dirname(path);
    const code = systemCode(error);
    if (code === "EEXIST" && (await nodeDisk.stat(path))?.isDirectory === true) return;
    if (code !== "ENOENT" || parent === path) throw error;
    await makeDirectory(parent);
    await make().catch(async (cause: unknown) => {
      // Somebody else may have made it meanwhile.
      if ((await nodeDisk.stat(path))?.isDirectory !== true) throw cause;
    });
  }
}

async function syncDirectory(path: string): Promise<void> {
  const descriptor = await call<number>("open", path, (done) =>
    fs.open(path, fs.constants.O_RDONLY, done),
  );
  try {
    await call<void>("sync", path, (done) => fs.fsync(descriptor, asCallback(done)));
  } finally {
    await call<void>("close", path, (done) => fs.close(descriptor, asCallback(done)));
  }
}

/** The disk of this machine. */
export const nodeDisk: Disk = {
  async open(path, { create }) {
    const flags = fs.constants.O_RDWR | (create ? fs.constants.O_CREAT : 0);
    const descriptor = await call<number>("open", path, (done) =>
      fs.open(path, flags, FILE_MODE, done),
    );
    return new NodeFile(path, descriptor);
  },

  async stat(path): Promise<FileStat | null> {
    const found = await unlessMissing(call<fs.Stats>("stat", path, (done) => fs.stat(path, done)));
    if (found === null) return null;
    return { size: found.size, isDirectory: found.isDirectory(), modifiedAt: found.mtimeMs };
  },

  async list(path) {
    const names = call<string[]>("list", path, (done) => fs.readdir(path, done));
    return (await unlessMissing(names)) ?? [];
  },

  makeDirectory,

  rename(source, target) {
    return call("rename", `${source} to ${target}`, (done) =>
      fs.rename(source, target, asCallback(done)),
    );
  },

  async removeFile(path) {
    await unlessMissing(call<void>("remove", path, (done) => fs.unlink(path, asCallback(done))));
  },

  removeDirectory(path) {
    return call("remove", path, (done) =>
      fs.rm(path, { recursive: true, force: true }, asCallback(done)),
    );
  },

  syncDirectory,

  async space(path) {
    const stats = await call<fs.StatsFs>("statfs", path, (done) => fs.statfs(path, done));
    return {
      freeBytes: stats.bavail * stats.bsize,
      totalBytes: stats.blocks * stats.bsize,
    };
  },

  allocate: (length) => Buffer.allocUnsafeSlow(length),
};
