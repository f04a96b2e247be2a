/**
 * A disk for tests in front of another one: the process that uses it can be killed, which loses nothing
 * that the system has, and syncs can be left out. Counts the bytes that are read.
 */
import { ioError } from "#io/errors.ts";
import type { Disk, DiskFile, FileStat } from "#io/ports.ts";

export interface ProcessDiskOptions {
  /** Syncs of files and folders succeed and do nothing. */
  readonly leavesOutSyncs?: boolean;
  /** Changes after which the process is gone: this many have their effect. */
  readonly killAfter?: number;
}

export class ProcessDisk implements Disk {
  readonly #disk: Disk;
  readonly #options: ProcessDiskOptions;
  /** As in the options; may be set at any time. */
  killAfter: number | null;
  /** Changes so far. */
  changes = 0;
  isKilled = false;
  bytesRead = 0;
  openFiles = 0;

  constructor(disk: Disk, options: ProcessDiskOptions = {}) {
    this.#disk = disk;
    this.#options = options;
    this.killAfter = options.killAfter ?? null;
  }

  async open(path: string, options: { readonly create: boolean }): Promise<DiskFile> {
    this.#check(path);
    const file = await this.#disk.open(path, options);
    this.openFiles += 1;
    return this.#wrap(file);
  }

  async stat(path: string): Promise<FileStat | null> {
    this.#check(path);
    return await this.#disk.stat(path);
  }

  async list(path: string): Promise<readonly string[]> {
    this.#check(path);
    return await this.#disk.list(path);
  }

  async makeDirectory(path: string): Promise<void> {
    this.#change(path);
    await this.#disk.makeDirectory(path);
  }

  async rename(source: string, target: string): Promise<void> {
    this.#change(source);
    await this.#disk.rename(source, target);
  }

  async removeFile(path: string): Promise<void> {
    this.#change(path);
    await this.#disk.removeFile(path);
  }

  async removeDirectory(path: string): Promise<void> {
    this.#change(path);
    await this.#disk.removeDirectory(path);
  }

  async syncDirectory(path: string): Promise<void> {
    this.#change(path);
    if (this.#options.leavesOutSyncs !== true) await this.#disk.syncDirectory(path);
  }

  async space(path: string): Promise<{ readonly freeBytes: number; readonly totalBytes: number }> {
    return await this.#disk.space(path);
  }

  allocate(length: number): Uint8Array {
    return this.#disk.allocate(length);
  }

  #wrap(file: DiskFile): DiskFile {
    let isOpen = true;
    const { path } = file;
    return {
      path,
      size: () => file.size(),
      read: async (target, position) => {
        this.#check(path);
        const count = await file.read(target, position);
        this.bytesRead += count;
        return count;
      },
      write: async (parts, position) => {
        this.#change(path);
        await file.write(parts, position);
      },
      sync: async () => {
        this.#change(path);
        if (this.#options.leavesOutSyncs !== true) await file.sync();
      },
      truncate: async (length) => {
        this.#change(path);
        await file.truncate(length);
      },
      close: async () => {
        if (isOpen) this.openFiles -= 1;
        isOpen = false;
        await file.close();
      },
    };
  }

  #change(path: string): void {
    this.#check(path);
    if (this.changes === this.killAfter) this.isKilled = true;
    this.#check(path);
    this.changes += 1;
  }

  #check(path: string): void {
    if (this.isKilled) throw ioError("RUNNEL_DISK_FAILED", `${path}: killed`);
  }
}
