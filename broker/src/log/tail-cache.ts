/**
 * The newest batches of all logs, kept in memory by reference up to one limit of bytes.
 *
 * What leaves first is what came first, whichever log it belongs to, so eviction needs no order of its
 * own. Small batches are packed into shared blocks: consecutive ones are then one piece of memory, for
 * the write to disk and for the reply to a consumer alike.
 */
import { assert } from "@runnel/kit/assert.ts";

/** Batches below this many bytes are packed; larger ones are kept as they came. */
const PACK_BELOW = 16 * 1024;
/** A batch is kept by reference unless its memory is more than this many times its size. */
const PINNED_RATIO_MAX = 2;
/** Entries of eviction whose batch is gone, before they are swept out. */
const GONE_MAX = 1024;
const BLOCK_BYTES_MIN = 4 * 1024;
const BLOCK_BYTES_MAX = 256 * 1024;

export class TailCache {
  readonly bytesMax: number;
  readonly #allocate: (length: number) => Uint8Array;
  /** One entry for each batch, and some for batches that are gone already. */
  #order = new Queue<LogTail>();
  #goneCount = 0;
  #bytes = 0;

  constructor(bytesMax: number, allocate: (length: number) => Uint8Array) {
    this.bytesMax = bytesMax;
    this.#allocate = allocate;
  }

  /** Bytes of batches held now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Entries in the order of eviction. */
  get queuedCount(): number {
    return this.#order.size;
  }

  /** The part of the cache that belongs to one log. */
  tail(): LogTail {
    return new LogTail(this.#allocate, {
      added: (tail, bytes) => {
        this.#order.push(tail);
        this.#bytes += bytes;
        while (this.#bytes > this.bytesMax && this.#order.size > 0) {
          if ((this.#order.shift() as LogTail).evictOldest() === "gone") this.#goneCount -= 1;
        }
      },
      removed: (bytes) => {
        this.#bytes -= bytes;
      },
      cleared: (count) => {
        this.#goneCount += count;
        if (this.#goneCount > GONE_MAX && 2 * this.#goneCount > this.#order.size) this.#sweep();
      },
    });
  }

  /** Drops the entries of batches that are gone. */
  #sweep(): void {
    const order = new Queue<LogTail>();
    for (let at = 0; at < this.#order.size; at += 1) {
      const tail = this.#order.at(at);
      if (!tail.passGone()) order.push(tail);
    }
    this.#order = order;
    this.#goneCount = 0;
  }
}

interface CacheAccount {
  added(tail: LogTail, bytes: number): void;
  removed(bytes: number): void;
  /** All batches of a log were dropped at once, and their entries of eviction stay. */
  cleared(count: number): void;
}

interface TailEntry {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly bytes: Uint8Array;
}

/** What was found: whole batches in order, as few pieces of memory as they lie in. */
export interface TailRead {
  readonly parts: readonly Uint8Array[];
  readonly size: number;
  /** Behind the last record found; the offset asked for where there is none. */
  readonly endOffset: number;
}

export class LogTail {
  readonly #allocate: (length: number) => Uint8Array;
  readonly #account: CacheAccount;
  #entries = new Queue<TailEntry>();
  /** Entries dropped out of order whose turn of eviction is still to come. */
  #droppedCount = 0;
  #block: Uint8Array | null = null;
  #blockUsed = 0;

  constructor(allocate: (length: number) => Uint8Array, account: CacheAccount) {
    this.#allocate = allocate;
    this.#account = account;
  }

  /** Takes a batch in; returns the bytes as they are kept: the same ones, or a packed copy. */
  add(batch: Uint8Array, baseOffset: number, lastOffset: number): Uint8Array {
    const bytes = batch.length < PACK_BELOW ? this.#pack(batch) : unpinned(batch);
    this.#entries.push({ baseOffset, lastOffset, bytes });
    this.#account.added(this, bytes.length);
    return bytes;
  }

  /**
   * Whole batches from the one that holds `offset`, ending below `endOffset`, of at most `bytesMax`
   * bytes (the first one in any case when `atLeastOne`). Null where the cache does not hold `offset`.
   */
  read(offset: number, endOffset: number, bytesMax: number, atLeastOne: boolean): TailRead | null {
    const entries = this.#entries;
    const first = entries.size === 0 ? undefined : entries.at(0);
    if (first === undefined || offset < first.baseOffset) return null;
    const parts: Uint8Array[] = [];
    let size = 0;
    let reached = offset;
    for (let at = this.#find(offset); at < entries.size; at += 1) {
      const entry = entries.at(at);
      if (entry.lastOffset >= endOffset) break;
      if (size + entry.bytes.length > bytesMax && !(atLeastOne && size === 0)) break;
      size += entry.bytes.length;
      reached = entry.lastOffset + 1;
      appendPart(parts, entry.bytes);
    }
    return { parts, size, endOffset: reached };
  }

  /** Forgets everything, when the log was cut back or closed. */
  clear(): void {
    for (let at = 0; at < this.#entries.size; at += 1) {
      this.#account.removed(this.#entries.at(at).bytes.length);
    }
    const count = this.#entries.size;
    this.#droppedCount += count;
    this.#entries = new Queue();
    this.#block = null;
    this.#account.cleared(count);
  }

  /** Forgets the batches that end below `offset`, which are no longer what the log holds. */
  dropBelow(offset: number): void {
    let count = 0;
    while (this.#entries.size > 0 && this.#entries.at(0).lastOffset < offset) {
      this.#account.removed((this.#entries.shift() as TailEntry).bytes.length);
      count += 1;
    }
    if (count === 0) return;
    if (this.#entries.size === 0) this.#block = null;
    this.#droppedCount += count;
    this.#account.cleared(count);
  }

  /** Whether the entry whose turn it is was dropped out of order; counts it as passed. */
  passGone(): boolean {
    if (this.#droppedCount === 0) return false;
    this.#droppedCount -= 1;
    return true;
  }

  /** Drops the entry that has been in the cache longest, unless it is gone already. */
  evictOldest(): "evicted" | "gone" {
    if (this.passGone()) return "gone";
    const entry = this.#entries.shift();
    assert(entry !== undefined, "tail cache evicts from an empty tail");
    this.#account.removed(entry.bytes.length);
    if (this.#entries.size === 0) this.#block = null;
    return "evicted";
  }

  #find(offset: number): number {
    let low = 0;
    let high = this.#entries.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#entries.at(middle).lastOffset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #pack(batch: Uint8Array): Uint8Array {
    if (this.#block === null || this.#blockUsed + batch.length > this.#block.length) {
      const grown = this.#block === null ? BLOCK_BYTES_MIN : 2 * this.#block.length;
      const length = Math.max(Math.min(grown, BLOCK_BYTES_MAX), batch.length);
      this.#block = this.#allocate(length);
      this.#blockUsed = 0;
    }
    const at = this.#blockUsed;
    this.#block.set(batch, at);
    this.#blockUsed = at + batch.length;
    return this.#block.subarray(at, this.#blockUsed);
  }
}

/** The batch, copied where it would keep a much larger piece of memory alive. */
function unpinned(batch: Uint8Array): Uint8Array {
  return batch.buffer.byteLength > PINNED_RATIO_MAX * batch.length ? batch.slice() : batch;
}

/** Adds `bytes` to `parts`, as one with the last part where they follow it in memory. */
export function appendPart(parts: Uint8Array[], bytes: Uint8Array): void {
  const last = parts.at(-1);
  if (
    last !== undefined &&
    last.buffer === bytes.buffer &&
    last.byteOffset + last.length === bytes.byteOffset
  ) {
    parts[parts.length - 1] = new Uint8Array(
      last.buffer,
      last.byteOffset,
      last.length + bytes.length,
    );
  } else parts.push(bytes);
}

/** A first-in first-out list with reads by position; takes and gives at constant cost. */
class Queue<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  at(position: number): T {
    return this.#items[this.#head + position] as T;
  }

  shift(): T | undefined {
    if (this.size === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (this.#head > 1024 && 2 * this.#head > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
