/**
 * The content of one file in memory, together with what a power cut would leave of it.
 *
 * Since the last sync an append needs no record: the synced length is enough. Bytes that were
 * overwritten or cut off below it are kept aside, so that they can come back.
 */
import type { Random } from "@runnel/kit/world.ts";

interface Range {
  readonly start: number;
  readonly end: number;
}

interface Overwritten {
  readonly position: number;
  readonly bytes: Uint8Array;
}

const CAPACITY_MIN = 256;

export class MemoryContent {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #size = 0;
  #syncedSize = 0;
  /** What the synced part held before it was changed, oldest first. */
  #overwritten: Overwritten[] = [];
  /** Changed since the last sync and forgotten by the system, as a sync failed: no sync writes it. */
  #lost: readonly Range[] = [];
  modifiedAt: number;

  constructor(modifiedAt: number) {
    this.modifiedAt = modifiedAt;
  }

  get size(): number {
    return this.#size;
  }

  read(target: Uint8Array, position: number): number {
    const found = this.#bytes.subarray(position, Math.min(this.#size, position + target.length));
    target.set(found);
    return found.length;
  }

  write(bytes: Uint8Array, position: number): void {
    if (bytes.length === 0) return;
    const end = position + bytes.length;
    this.#keep(position, end);
    this.#lost = this.#lost.flatMap((range) => without(range, { start: position, end }));
    if (end > this.#bytes.length) this.#grow(end);
    this.#bytes.set(bytes, position);
    this.#size = Math.max(this.#size, end);
  }

  truncate(length: number): void {
    if (length < this.#size) {
      this.#keep(length, this.#size);
      this.#bytes.fill(0, length, this.#size);
    } else if (length > this.#bytes.length) this.#grow(length);
    this.#size = length;
    this.#lost = this.#lost.flatMap((range) => without(range, { start: length, end: Infinity }));
  }

  sync(): void {
    if (this.#lost.length > 0) return;
    this.#syncedSize = this.#size;
    this.#overwritten = [];
  }

  /**
   * A sync failed: the system forgets that the pages are dirty, so a later sync that "succeeds" makes
   * nothing durable either, until they were written again. That is what Linux does, and why no failed
   * sync may be retried.
   */
  breakSync(): void {
    const changed = this.#overwritten.map(({ position, bytes }) => {
      return { start: position, end: Math.min(position + bytes.length, this.#size) };
    });
    const all = [...this.#lost, ...changed, { start: this.#syncedSize, end: this.#size }];
    this.#lost = all.filter(({ start, end }) => start < end);
  }

  /**
   * What is there after a power cut: the synced content. With `random`, of what was appended since a
   * random part stays, or all of its length; its end perhaps as zeros: blocks that were allotted and never
   * written.
   */
  afterCrash(random: Random | null): MemoryContent {
    const bytes = new Uint8Array(Math.max(this.#syncedSize, this.#size));
    bytes.set(this.#bytes.subarray(0, this.#size));
    for (const old of this.#overwritten.toReversed()) bytes.set(old.bytes, old.position);
    let length = this.#syncedSize;
    if (random !== null && this.#size > this.#syncedSize) {
      const appended = this.#size - this.#syncedSize;
      length += random.below(2) === 0 ? appended : random.below(appended + 1);
      if (random.below(2) === 0) {
        bytes.fill(0, length - random.below(length - this.#syncedSize + 1), length);
      }
    }
    const left = new MemoryContent(this.modifiedAt);
    left.#bytes = bytes.subarray(0, length);
    left.#size = length;
    left.#syncedSize = length;
    return left;
  }

  /** Keeps what the synced part holds between `start` and `end`. */
  #keep(start: number, end: number): void {
    const until = Math.min(end, this.#syncedSize, this.#size);
    if (start >= until) return;
    this.#overwritten.push({ position: start, bytes: this.#bytes.slice(start, until) });
  }

  #grow(needed: number): void {
    const next = new Uint8Array(Math.max(needed, 2 * this.#bytes.length, CAPACITY_MIN));
    next.set(this.#bytes.subarray(0, this.#size));
    this.#bytes = next;
  }
}

/** What of `range` lies outside of `other`. */
function without(range: Range, other: Range): readonly Range[] {
  const before = { start: range.start, end: Math.min(range.end, other.start) };
  const behind = { start: Math.max(range.start, other.end), end: range.end };
  return [before, behind].filter(({ start, end }) => start < end);
}
