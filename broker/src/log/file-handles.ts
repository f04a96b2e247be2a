/**
 * Open files, at most a named number: who needs one uses it for the length of a call, and the one that
 * was idle longest is closed when there are too many.
 */
import type { Disk, DiskFile } from "#io/ports.ts";

interface Handle {
  readonly file: Promise<DiskFile>;
  users: number;
  /** No longer in the table: the last user closes it. */
  isReleased: boolean;
}

export class FileHandles {
  readonly #disk: Disk;
  readonly #openMax: number;
  /** Least recently used first. */
  readonly #handles = new Map<string, Handle>();

  constructor(disk: Disk, openMax: number) {
    this.#disk = disk;
    this.#openMax = openMax;
  }

  /** Files open now. */
  get openCount(): number {
    return this.#handles.size;
  }

  /** Makes the file at `path` where it is missing. */
  create(path: string): Promise<void> {
    return this.#use(path, true, async () => {});
  }

  /**
   * Calls `work` with the file at `path`, which stays open at least so long. Never makes one: a reader
   * that comes too late must not bring a removed file back.
   */
  use<T>(path: string, work: (file: DiskFile) => Promise<T>): Promise<T> {
    return this.#use(path, false, work);
  }

  /** Closes the file at `path`, when its last user is done: before it is renamed or removed. */
  async release(path: string): Promise<void> {
    const handle = this.#handles.get(path);
    if (handle !== undefined) await this.#release(path, handle);
  }

  /**
   * Renames the file at `source`. Who uses it keeps it; who asks for `target` from the call of `onMoved` on
   * gets the same file, before and after the disk has done it.
   */
  async rename(source: string, target: string, onMoved: () => void): Promise<void> {
    await this.release(target);
    await this.#use(source, false, async () => {
      const handle = this.#handles.get(source);
      if (handle !== undefined) {
        this.#handles.delete(source);
        this.#handles.set(target, handle);
      }
      onMoved();
      await this.#disk.rename(source, target);
    });
  }

  /** Closes every file, those in use when their last user is done. */
  async close(): Promise<void> {
    await Promise.all([...this.#handles].map(([path, handle]) => this.#release(path, handle)));
  }

  async #use<T>(path: string, create: boolean, work: (file: DiskFile) => Promise<T>): Promise<T> {
    const handle = this.#acquire(path, create);
    try {
      return await work(await handle.file);
    } finally {
      handle.users -= 1;
      if (handle.isReleased && handle.users === 0) await closeQuietly(handle);
    }
  }

  async #release(path: string, handle: Handle): Promise<void> {
    this.#handles.delete(path);
    handle.isReleased = true;
    if (handle.users === 0) await closeQuietly(handle);
  }

  #acquire(path: string, create: boolean): Handle {
    const known = this.#handles.get(path);
    if (known !== undefined) {
      known.users += 1;
      this.#handles.delete(path);
      this.#handles.set(path, known);
      return known;
    }
    const handle: Handle = {
      file: this.#disk.open(path, { create }),
      users: 1,
      isReleased: false,
    };
    this.#handles.set(path, handle);
    handle.file.catch(() => {
      if (this.#handles.get(path) === handle) this.#handles.delete(path);
    });
    this.#evict();
    return handle;
  }

  #evict(): void {
    for (const [path, handle] of this.#handles) {
      if (this.#handles.size <= this.#openMax) return;
      if (handle.users > 0) continue;
      this.#handles.delete(path);
      void closeQuietly(handle);
    }
  }
}

/** What a close could report was reported by the sync before it. */
async function closeQuietly(handle: Handle): Promise<void> {
  try {
    await (await handle.file).close();
  } catch {
    // The file could not be opened, or is closed already: nothing is held.
  }
}
