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

  /** Calls `work` with the file at `path`, made when it is missing; it stays open at least so long. */
  async use<T>(path: string, work: (file: DiskFile) => Promise<T>): Promise<T> {
    const handle = this.#acquire(path);
    try {
      return await work(await handle.file);
    } finally {
      handle.users -= 1;
      if (handle.isReleased && handle.users === 0) await closeQuietly(handle);
    }
  }

  /** Closes the file at `path`, when its last user is done: before it is renamed or removed. */
  async release(path: string): Promise<void> {
    const handle = this.#handles.get(path);
    if (handle === undefined) return;
    this.#handles.delete(path);
    handle.isReleased = true;
    if (handle.users === 0) await closeQuietly(handle);
  }

  async close(): Promise<void> {
    const handles = [...this.#handles.values()];
    this.#handles.clear();
    await Promise.all(handles.map(closeQuietly));
  }

  #acquire(path: string): Handle {
    const known = this.#handles.get(path);
    if (known !== undefined) {
      known.users += 1;
      this.#handles.delete(path);
      this.#handles.set(path, known);
      return known;
    }
    const handle: Handle = {
      file: this.#disk.open(path, { create: true }),
      users: 1,
      isReleased: false,
    };
    this.#handles.set(path, handle);
    handle.file.catch(() => {
      if (this.#handles.get(path) === handle) this.#handles.delete(path);
    });
    if (this.#handles.size > this.#openMax) this.#evict();
    return handle;
  }

  #evict(): void {
    for (const [path, handle] of this.#handles) {
      if (handle.users > 0) continue;
      this.#handles.delete(path);
      void closeQuietly(handle);
      return;
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
