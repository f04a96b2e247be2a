/**
 * The real file system by blocking calls, for code in a thread of its own: it waits for the disk itself
 * instead of taking one of the few threads behind `disk.ts`, which appends and fetches need.
 */
import { Buffer } from "node:buffer";
import * as fs from "node:fs";
import { dirname } from "node:path";
import { systemCode } from "@runnel/kit/errors.ts";
import type { Disk, DiskFile, FileStat } from "../ports.ts";
import { behind, FILE_MODE, FOLDER_MODE, failed, isMissing } from "./disk.ts";

/** Runs one call; its failure names the operation and the path. */
function call<T>(operation: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw failed(operation, path, error);
  }
}

/** As `call`; null where there is nothing at the path. */
function callUnlessMissing<T>(operation: string, path: string, work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (isMissing(error)) return null;
    throw failed(operation, path, error);
  }
}

class BlockingFile implements DiskFile {
  readonly path: string;
  readonly #descriptor: number;
  #isClosed = false;

  constructor(path: string, descriptor: number) {
    this.path = path;
    this.#descriptor = descriptor;
  }

  async size(): Promise<number> {
    return this.#call("stat", () => fs.fstatSync(this.#descriptor).size);
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    return this.#call("read", () => {
      let done = 0;
      while (done < target.length) {
        const wanted = target.length - done;
        const count = fs.readSync(this.#descriptor, target, done, wanted, position + done);
        if (count === 0) break;
        done += count;
      }
      return done;
    });
  }

  async write(parts: readonly Uint8Array[], position: number): Promise<void> {
    this.#call("write", () => {
      let at = position;
      for (let rest = behind(parts, 0); rest.length > 0; ) {
        const [first] = rest as [Uint8Array];
        const count = fs.writeSync(this.#descriptor, first, 0, first.length, at);
        if (count === 0) throw new Error("the system took no byte");
        at += count;
        rest = behind(rest, count);
      }
    });
  }

  async sync(): Promise<void> {
    this.#call("sync", () => fs.fdatasyncSync(this.#descriptor));
  }

  async truncate(length: number): Promise<void> {
    this.#call("truncate", () => fs.ftruncateSync(this.#descriptor, length));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    call("close", this.path, () => fs.closeSync(this.#descriptor));
  }

  /** A closed descriptor's number may be another file's by now: it must never reach the system. */
  #call<T>(operation: string, work: () => T): T {
    if (this.#isClosed) throw failed(operation, this.path, new Error("the file is closed"));
    return call(operation, this.path, work);
  }
}

/** As `makeDirectory` of `disk.ts`, for the same reason without `recursive`. */
function makeDirectory(path: string): void {
  const isThere = (): boolean =>
    callUnlessMissing("stat", path, () => fs.statSync(path))?.isDirectory() === true;
  const make = (): void => call("mkdir", path, () => fs.mkdirSync(path, FOLDER_MODE));
  try {
    make();
  } catch (error) {
    const parent = dirname(path);
    const code = systemCode(error);
    if (code === "EEXIST" && isThere()) return;
    if (code !== "ENOENT" || parent === path) throw error;
    makeDirectory(parent);
    if (!isThere()) make();
  }
}

/** The disk of this machine, for threads that may wait. */
export const blockingDisk: Disk = {
  async open(path, { create }) {
    const flags = fs.constants.O_RDWR | (create ? fs.constants.O_CREAT : 0);
    return new BlockingFile(
      path,
      call("open", path, () => fs.openSync(path, flags, FILE_MODE)),
    );
  },

  async stat(path): Promise<FileStat | null> {
    const found = callUnlessMissing("stat", path, () => fs.statSync(path));
    if (found === null) return null;
    return { size: found.size, isDirectory: found.isDirectory(), modifiedAt: found.mtimeMs };
  },

  async list(path) {
    return callUnlessMissing("list", path, () => fs.readdirSync(path)) ?? [];
  },

  async makeDirectory(path) {
    makeDirectory(path);
  },

  async rename(source, target) {
    call("rename", `${source} to ${target}`, () => fs.renameSync(source, target));
  },

  async removeFile(path) {
    callUnlessMissing("remove", path, () => fs.unlinkSync(path));
  },

  async removeDirectory(path) {
    call("remove", path, () => fs.rmSync(path, { recursive: true, force: true }));
  },

  async syncDirectory(path) {
    const descriptor = call("open", path, () => fs.openSync(path, fs.constants.O_RDONLY));
    try {
      call("sync", path, () => fs.fsyncSync(descriptor));
    } finally {
      call("close", path, () => fs.closeSync(descriptor));
    }
  },

  async space(path) {
    const stats = call("statfs", path, () => fs.statfsSync(path));
    return {
      freeBytes: stats.bavail * stats.bsize,
      totalBytes: stats.blocks * stats.bsize,
    };
  },

  allocate: (length) => Buffer.allocUnsafeSlow(length),
};
