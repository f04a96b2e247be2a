/**
 * Looks for bytes in one record after the other, at the speed of the runtime's search.
 *
 * The search goes on beyond the record, to the end of the batch, and what it finds is remembered:
 * records in front of that place need no search of their own. So a rare needle costs one pass over
 * the batch, whatever the number of records.
 */
import type { Buffer } from "node:buffer";
import { isSame } from "./json-scan.ts";

export class Needle {
  readonly #length: number;
  /**
   * What stands in front of the rarest byte, and what begins with it: the runtime stops at every first
   * byte of what it looks for, and a quote is one byte in ten of JSON.
   */
  readonly #head: Uint8Array;
  readonly #tail: Uint8Array;
  #batch = -1;
  #from = 0;
  /** The first place from `#from` on. */
  #found = 0;

  constructor(bytes: Uint8Array) {
    const rarest = rarestAt(bytes);
    this.#length = bytes.length;
    this.#head = bytes.subarray(0, rarest);
    this.#tail = bytes.subarray(rarest);
  }

  /**
   * Where the needle is first between `start` and `end` of the batch's `bytes`; −1 for nowhere. The
   * same `batch` means the same bytes.
   */
  find(bytes: Buffer, batch: number, start: number, end: number): number {
    if (batch !== this.#batch || this.#found < start) {
      this.#found = this.#search(bytes, start);
      this.#batch = batch;
      this.#from = start;
    } else if (start < this.#from) {
      // Records that come newest first: what lies behind was searched for the one before.
      const place = this.#search(bytes.subarray(0, this.#from + this.#length - 1), start);
      if (place !== Number.POSITIVE_INFINITY) this.#found = place;
      this.#from = start;
    }
    return this.#found <= end - this.#length ? this.#found : -1;
  }

  #search(bytes: Buffer, start: number): number {
    const offset = this.#head.length;
    let from = start + offset;
    for (;;) {
      const at = bytes.indexOf(this.#tail, from);
      if (at < 0) return Number.POSITIVE_INFINITY;
      if (isSame(bytes, at - offset, at, this.#head)) return at - offset;
      from = at + 1;
    }
  }
}

/** Bytes of JSON, the common ones first; those not listed are rarer still. */
const COMMON = '"etaoinsr, lducmpg:0123f_h459678y.-{}bv[]wkTSAZECDIRjxzq';
/** Bytes from the rarest on: fewer are found by chance. */
const TAIL_LENGTH_MIN = 3;

function rarestAt(bytes: Uint8Array): number {
  let best = 0;
  for (let at = 1; at <= bytes.length - TAIL_LENGTH_MIN; at += 1) {
    if (rarity(bytes[at] as number) > rarity(bytes[best] as number)) best = at;
  }
  return best;
}

function rarity(byte: number): number {
  const place = COMMON.indexOf(String.fromCharCode(byte));
  return place < 0 ? COMMON.length : place;
}
