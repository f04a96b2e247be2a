/**
 * A disk in memory that knows what a power cut would leave, for tests, the simulator and brokers that
 * are embedded in test suites. Nothing is delayed; an operation has its effect when it is called.
 */
import type { IoError } from "@runnel/kit/errors.ts";
import type { Clock, Random } from "@runnel/kit/world.ts";
import { ioError } from "../errors.ts";
import type { Disk, DiskFile, FileStat } from "../ports.ts";
import { MemoryContent } from "./memory-file.ts";
import { MemoryFolder, MemoryTree } from "./memory-tree.ts";

/** Operations that change something, and are counted. */
export type DiskChange =
  | "create"
  | "write"
  | "sync"
  | "truncate"
  | "rename"
  | "removeFile"
  | "removeDirectory"
  | "makeDirectory"
  | "syncDirectory";

/** Operations that only look; they have a count of their own. */
export type DiskLook = "open" | "read" | "size" | "stat" | "list";

/** What goes wrong with one operation. */
export type DiskFault =
  /** It has no effect and fails with this system code, such as `ENOSPC` or `EIO`. */
  | { readonly kind: "fail"; readonly code: string }
  /** A write puts down its first `bytes` and fails; any other operation just fails. */
  | { readonly kind: "cut"; readonly bytes: number; readonly code: string }
  /** The power is gone: this and every later operation fails without effect. */
  | { readonly kind: "halt" };

type Cut = Extract<DiskFault, { kind: "cut" }>;

/**
 * Asked before each operation. `n` counts from 1, changes and looks apart, over the life of the disk:
 * a test fails the Nth change for all N. The path of a rename is its source.
 */
export type FaultHook = (
  operation: DiskChange | DiskLook,
  path: string,
  n: number,
) => DiskFault | null;

const CHANGES: ReadonlySet<string> = new Set<DiskChange>([
  "create",
  "write",
  "sync",
  "truncate",
  "rename",
  "removeFile",
  "removeDirectory",
  "makeDirectory",
  "syncDirectory",
]);

/** What `space` says when nobody said otherwise. */
const TOTAL_BYTES = 1024 ** 4;

export interface MemoryDiskOptions {
  /** For times of change; without it they are all 0. */
  readonly clock?: Clock;
  readonly fault?: FaultHook;
  readonly totalBytes?: number;
}

export class MemoryDisk implements Disk {
  /** May be replaced at any time; null for no faults. */
  fault: FaultHook | null;
  /** What `space` answers as free; null for whatever the files leave. */
  freeBytes: number | null = null;
  readonly #tree: MemoryTree;
  readonly #clock: Clock | null;
  readonly #totalBytes: number;
  #changes = 0;
  #looks = 0;
  #isHalted = false;

  constructor(options: MemoryDiskOptions = {}, tree: MemoryTree = new MemoryTree()) {
    this.fault = options.fault ?? null;
    this.#clock = options.clock ?? null;
    this.#totalBytes = options.totalBytes ?? TOTAL_BYTES;
    this.#tree = tree;
  }

  /** Operations so far that changed something or tried to. */
  get changes(): number {
    return this.#changes;
  }

  /**
   * Cuts the power: this disk is dead from now on, and the one returned holds what had been synced,
   * without faults. With `random`, torn tails and unsynced names survive in part.
   */
  crash(random: Random | null = null): MemoryDisk {
    this.#isHalted = true;
    const options = {
      totalBytes: this.#totalBytes,
      ...(this.#clock ? { clock: this.#clock } : {}),
    };
    return new MemoryDisk(options, this.#tree.afterCrash(random));
  }

  async open(path: string, { create }: { readonly create: boolean }): Promise<DiskFile> {
    const isNew = create && this.#tree.find(path) === null;
    this.#begin(isNew ? "create" : "open", path);
    const found = this.#tree.find(path);
    if (found instanceof MemoryFolder) throw failure("open", path, "EISDIR");
    if (found !== null) return this.#handle(path, found);
    const { folder, name } = this.#tree.locate(path);
    if (!create || folder === null) throw failure("open", path, "ENOENT");
    const content = new MemoryContent(this.#now());
    this.#tree.change([{ folder, name, entry: content }]);
    return this.#handle(path, content);
  }

  async stat(path: string): Promise<FileStat | null> {
    this.#begin("stat", path);
    const found = this.#tree.find(path);
    if (found === null) return null;
    if (found instanceof MemoryFolder) return { size: 0, isDirectory: true, modifiedAt: 0 };
    return { size: found.size, isDirectory: false, modifiedAt: found.modifiedAt };
  }

  async list(path: string): Promise<readonly string[]> {
    this.#begin("list", path);
    const found = this.#tree.find(path);
    return found instanceof MemoryFolder ? [...found.entries.keys()] : [];
  }

  async makeDirectory(path: string): Promise<void> {
    this.#begin("makeDirectory", path);
    const names = path.split("/").filter((name) => name !== "");
    for (let depth = 1; depth <= names.length; depth += 1) {
      const at = names.slice(0, depth).join("/");
      const found = this.#tree.find(at);
      if (found instanceof MemoryContent) throw failure("mkdir", path, "EEXIST");
      if (found !== null) continue;
      const { folder, name } = this.#tree.locate(at);
      this.#tree.change([{ folder: folder as MemoryFolder, name, entry: new MemoryFolder() }]);
    }
  }

  async rename(source: string, target: string): Promise<void> {
    this.#begin("rename", source);
    const entry = this.#tree.find(source);
    const from = this.#tree.locate(source);
    const to = this.#tree.locate(target);
    if (entry === null || from.folder === null || to.folder === null) {
      throw failure("rename", `${source} to ${target}`, "ENOENT");
    }
    const replaced = this.#tree.find(target);
    if (replaced === entry) return;
    if (replaced instanceof MemoryFolder && replaced.entries.size > 0) {
      throw failure("rename", `${source} to ${target}`, "ENOTEMPTY");
    }
    this.#tree.change([
      { folder: from.folder, name: from.name, entry: null },
      { folder: to.folder, name: to.name, entry },
    ]);
  }

  async removeFile(path: string): Promise<void> {
    this.#begin("removeFile", path);
    if (this.#tree.find(path) instanceof MemoryFolder) throw failure("remove", path, "EISDIR");
    this.#remove(path);
  }

  async removeDirectory(path: string): Promise<void> {
    this.#begin("removeDirectory", path);
    this.#remove(path);
  }

  async syncDirectory(path: string): Promise<void> {
    this.#begin("syncDirectory", path);
    const found = this.#tree.find(path);
    if (!(found instanceof MemoryFolder)) throw failure("sync", path, "ENOENT");
    this.#tree.sync(found);
  }

  async space(): Promise<{ readonly freeBytes: number; readonly totalBytes: number }> {
    const totalBytes = this.#totalBytes;
    const freeBytes = this.freeBytes ?? Math.max(0, totalBytes - sizeOf(this.#tree.root));
    return { freeBytes, totalBytes };
  }

  allocate(length: number): Uint8Array {
    return new Uint8Array(length);
  }

  #remove(path: string): void {
    const { folder, name } = this.#tree.locate(path);
    if (folder?.entries.has(name)) this.#tree.change([{ folder, name, entry: null }]);
  }

  #handle(path: string, content: MemoryContent): DiskFile {
    let isClosed = false;
    const begin = (operation: DiskChange | DiskLook): Cut | null => {
      if (isClosed) throw failure(operation, path, "EBADF");
      return this.#begin(operation, path);
    };
    return {
      path,
      size: async () => {
        begin("size");
        return content.size;
      },
      read: async (target, position) => {
        begin("read");
        return content.read(target, position);
      },
      write: async (parts, position) => {
        const cut = begin("write");
        content.modifiedAt = this.#now();
        const end = position + (cut?.bytes ?? Number.POSITIVE_INFINITY);
        let at = position;
        for (const part of parts) {
          content.write(part.subarray(0, Math.max(0, end - at)), at);
          at += part.length;
        }
        if (cut !== null) throw failure("write", path, cut.code);
      },
      sync: async () => {
        if (isClosed) throw failure("sync", path, "EBADF");
        try {
          begin("sync");
        } catch (error) {
          content.breakSync();
          throw error;
        }
        content.sync();
      },
      truncate: async (length) => {
        begin("truncate");
        content.modifiedAt = this.#now();
        content.truncate(length);
      },
      close: async () => {
        isClosed = true;
      },
    };
  }

  /** Counts an operation and lets it fail where it should; returns where a write must stop. */
  #begin(operation: DiskChange | DiskLook, path: string): Cut | null {
    if (this.#isHalted) throw failure(operation, path, "EIO");
    const isChange = CHANGES.has(operation);
    if (isChange) this.#changes += 1;
    else this.#looks += 1;
    const fault = this.fault?.(operation, path, isChange ? this.#changes : this.#looks) ?? null;
    if (fault === null) return null;
    if (fault.kind === "cut" && operation === "write") return fault;
    if (fault.kind === "halt") this.#isHalted = true;
    throw failure(operation, path, fault.kind === "halt" ? "EIO" : fault.code);
  }

  #now(): number {
    return this.#clock?.nowMs() ?? 0;
  }
}

function sizeOf(entry: MemoryFolder | MemoryContent): number {
  if (entry instanceof MemoryContent) return entry.size;
  let total = 0;
  for (const child of entry.entries.values()) total += sizeOf(child);
  return total;
}

function failure(operation: string, path: string, code: string): IoError {
  const cause = Object.assign(new Error(`${code}: ${operation} '${path}'`), { code });
  return ioError("RUNNEL_DISK_FAILED", `${operation} ${path}: ${code}`, cause);
}
