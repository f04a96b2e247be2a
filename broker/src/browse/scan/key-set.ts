/**
 * Keys that were seen, as 64 bits of hash each: two keys out of a million pass for one with a probability of
 * one to 18 million, for one bit of them is always set. An open table that doubles, up to a limit.
 */
import { murmur2 } from "@runnel/protocol/partitioner.ts";

const SLOTS_MIN = 1024;
/** Share of the slots that are taken before the table doubles. */
const LOAD_MAX = 0.75;

export class KeySet {
  readonly #keysMax: number;
  /** Two words a slot; both 0: empty. */
  #slots = new Uint32Array(2 * SLOTS_MIN);
  count = 0;

  constructor(keysMax: number) {
    this.#keysMax = keysMax;
  }

  /** No further key can be told from those that were seen. */
  get isFull(): boolean {
    return this.count >= this.#keysMax;
  }

  /** Adds the key of a partition that lies in `bytes`; false where it was there. */
  add(partition: number, bytes: Uint8Array, start: number, end: number): boolean {
    const low = (murmur2(bytes, start, end) ^ Math.imul(partition + 1, 0x9e3779b1)) >>> 0;
    // Never 0 in both words, which stands for an empty slot.
    const high = (fnv(bytes, start, end) | 1) >>> 0;
    if (!this.#insert(low, high)) return false;
    this.count += 1;
    if (this.count > (this.#slots.length / 2) * LOAD_MAX) this.#grow();
    return true;
  }

  #insert(low: number, high: number): boolean {
    const slots = this.#slots;
    const mask = slots.length / 2 - 1;
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const at = 2 * slot;
      if (slots[at + 1] === 0) {
        slots[at] = low;
        slots[at + 1] = high;
        return true;
      }
      if (slots[at] === low && slots[at + 1] === high) return false;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(2 * old.length);
    for (let at = 0; at < old.length; at += 2) {
      if (old[at + 1] !== 0) this.#insert(old[at] as number, old[at + 1] as number);
    }
  }
}

/** FNV-1a, 32 bits: another hash than the one that chooses partitions. */
function fnv(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at += 1) {
    hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  }
  // Its low bits alone follow the last byte too closely.
  return hash ^ (hash >>> 15);
}
