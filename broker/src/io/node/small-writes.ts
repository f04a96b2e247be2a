/**
 * Small writes straight from the event loop.
 *
 * A write of a few KiB is a copy into the page cache and takes some microseconds; its way through the
 * thread pool and back takes ten times that. But the system may make any write wait, when it has too
 * much to bring to the disk: after one that took long, all go through the pool for a while.
 */
import * as fs from "node:fs";

/** Bytes above which a write goes through the pool in any case. */
const SMALL_BYTES = 16 * 1024;
/** Ms that no write into the page cache takes. */
const LONG_MS = 1;
/** Ms without writes from the loop behind one that took long. */
const PAUSE_MS = 250;

export class SmallWrites {
  readonly #nowMs: () => number;
  readonly #writev: typeof fs.writevSync;
  #pausedUntil = Number.NEGATIVE_INFINITY;

  constructor(nowMs: () => number, writev: typeof fs.writevSync) {
    this.#nowMs = nowMs;
    this.#writev = writev;
  }

  /** Whether `parts` are to be written here. */
  takes(parts: readonly Uint8Array[]): boolean {
    let size = 0;
    for (const part of parts) {
      size += part.length;
      if (size > SMALL_BYTES) return false;
    }
    return this.#nowMs() >= this.#pausedUntil;
  }

  /** Writes what `takes` said yes to; returns the bytes that the system took, and throws its error. */
  write(descriptor: number, parts: readonly Uint8Array[], position: number): number {
    const startedAt = this.#nowMs();
    try {
      return this.#writev(descriptor, parts, position);
    } finally {
      const endedAt = this.#nowMs();
      if (endedAt - startedAt > LONG_MS) this.#pausedUntil = endedAt + PAUSE_MS;
    }
  }
}

/** Those of this process. */
export const smallWrites = new SmallWrites(() => performance.now(), fs.writevSync);
