/** Collects the keys of batches that follow each other, and makes a run of them. */
import { assert } from "@runnel/kit/assert.ts";
import { RUN_ENTRIES_MAX } from "../limits.ts";
import {
  encodeFences,
  encodeHeader,
  finishPage,
  PAGE_ENTRIES,
  PAGE_SIZE,
  pageCountOf,
  setEntry,
} from "./format.ts";

/** A batch whose keys are in the run. */
export interface CoveredBatch {
  readonly position: number;
  readonly size: number;
  readonly baseOffset: number;
  readonly endOffset: number;
  readonly crc: number;
}

const CAPACITY_MIN = 1024;
/** A hash and the number of a batch are one double, exactly: 32 and 20 bits. */
const BATCHES_MAX = 2 ** 20;

export class RunBuilder {
  /** `hash` × 2^20 + number of the batch. */
  #entries = new Float64Array(CAPACITY_MIN);
  #entryCount = 0;
  /** Where each batch begins. */
  #positions = new Int32Array(CAPACITY_MIN);
  #batchCount = 0;
  #first: CoveredBatch | null = null;
  #last: CoveredBatch | null = null;

  get isEmpty(): boolean {
    return this.#first === null;
  }

  /** Bytes of the log from the first batch to behind the last. */
  get bytes(): number {
    if (this.#first === null || this.#last === null) return 0;
    return this.endPosition - this.#first.position;
  }

  /** Where the next batch must begin; −1 while there is none. */
  get endPosition(): number {
    return this.#last === null ? -1 : this.#last.position + this.#last.size;
  }

  /** Whether another batch may not fit. */
  get isFull(): boolean {
    return this.#entryCount >= RUN_ENTRIES_MAX || this.#batchCount >= BATCHES_MAX;
  }

  /** Takes in a batch that follows the last one; `addKey` is for its keys. */
  addBatch(batch: CoveredBatch): void {
    assert(this.isEmpty || batch.position === this.endPosition, "a run has no gaps");
    if (this.#batchCount === this.#positions.length) {
      const grown = new Int32Array(2 * this.#batchCount);
      grown.set(this.#positions);
      this.#positions = grown;
    }
    this.#positions[this.#batchCount] = batch.position;
    this.#batchCount += 1;
    this.#first ??= batch;
    this.#last = batch;
  }

  /** Takes in the hash of a key of the last batch. */
  addKey(hash: number): void {
    if (this.#entryCount === this.#entries.length) {
      const grown = new Float64Array(2 * this.#entryCount);
      grown.set(this.#entries);
      this.#entries = grown;
    }
    this.#entries[this.#entryCount] = hash * BATCHES_MAX + this.#batchCount - 1;
    this.#entryCount += 1;
  }

  /** The run as its parts, in order; the builder is empty afterwards. */
  finish(): Uint8Array[] {
    const { first, last } = { first: this.#first, last: this.#last };
    assert(first !== null && last !== null, "a run needs a batch");
    const entries = this.#entries.subarray(0, this.#entryCount).sort();
    const { pages, fences, count } = this.#pagesOf(entries);
    const header = encodeHeader({
      startPosition: first.position,
      endPosition: last.position + last.size,
      startOffset: first.baseOffset,
      endOffset: last.endOffset,
      entryCount: count,
      lastPosition: last.position,
      lastCrc: last.crc,
    });
    this.#first = null;
    this.#last = null;
    this.#entryCount = 0;
    this.#batchCount = 0;
    return [header, encodeFences(fences), pages];
  }

  #pagesOf(entries: Float64Array): { pages: Uint8Array; fences: Uint32Array; count: number } {
    const unique = removeRepeats(entries);
    const pageCount = pageCountOf(unique.length);
    const pages = new Uint8Array(pageCount * PAGE_SIZE);
    const fences = new Uint32Array(pageCount);
    for (let page = 0; page < pageCount; page += 1) {
      const from = page * PAGE_ENTRIES;
      const count = Math.min(PAGE_ENTRIES, unique.length - from);
      const at = page * PAGE_SIZE;
      for (let index = 0; index < count; index += 1) {
        const entry = unique[from + index] as number;
        const hash = Math.floor(entry / BATCHES_MAX);
        const position = this.#positions[entry - hash * BATCHES_MAX] as number;
        if (index === 0) fences[page] = hash;
        setEntry(pages, { at, index }, { hash, position });
      }
      finishPage(pages, at, count);
    }
    return { pages, fences, count: unique.length };
  }
}

/** Each number once, of sorted ones; in the same memory. */
function removeRepeats(sorted: Float64Array): Float64Array {
  let count = 0;
  for (const entry of sorted) {
    if (count > 0 && sorted[count - 1] === entry) continue;
    sorted[count] = entry;
    count += 1;
  }
  return sorted.subarray(0, count);
}
