/**
 * The newest offset of every key in a stretch of a log, in memory of a fixed size: 24 bytes a key.
 *
 * Keys are known by their hash of 128 bits. Open addressing with double hashing over a prime number of
 * places, so that 0.9 of them can be used.
 */
import { InvariantError } from "@runnel/kit/assert.ts";
import { HASH_WORDS, hashKey } from "./key-hash.ts";

/** Bytes that one place takes: a hash and an offset. */
export const PLACE_BYTES = 4 * HASH_WORDS + 8;
/** Fewer places make no sense. */
const PLACES_MIN = 11;

export interface KeyMapOptions {
  /** Memory it may take at most. */
  readonly bytesMax: number;
  /** Keys that can come at most: the map is made no larger than these need. */
  readonly keysMax: number;
  /** Share of its places that may be used, above 0 and below 1. */
  readonly loadFactor: number;
  /** Makes hashes differ from pass to pass. */
  readonly seed: number;
}

export class KeyMap {
  /** Keys that fit. */
  readonly capacity: number;
  size = 0;
  readonly #places: number;
  readonly #seed: number;
  readonly #hashes: Int32Array;
  /** An offset + 1 each, so that memory as it comes is an empty map. */
  readonly #offsets: Float64Array;
  readonly #hash = new Int32Array(HASH_WORDS);

  constructor({ bytesMax, keysMax, loadFactor, seed }: KeyMapOptions) {
    const wanted = Math.ceil(keysMax / loadFactor) + 1;
    const allowed = Math.floor(bytesMax / PLACE_BYTES);
    this.#places = primeFrom(Math.max(PLACES_MIN, Math.min(wanted, allowed)));
    this.capacity = Math.max(1, Math.floor(this.#places * loadFactor));
    this.#seed = seed;
    this.#hashes = new Int32Array(HASH_WORDS * this.#places);
    this.#offsets = new Float64Array(this.#places);
  }

  /**
   * Notes that the key in `bytes` from `start` to `end` occurs at `offset`, unless a later one is known.
   * False where there is no room for another key.
   */
  put(bytes: Uint8Array, start: number, end: number, offset: number): boolean {
    hashKey(bytes, start, end, this.#seed, this.#hash);
    const place = this.#find();
    const known = this.#offsets[place] as number;
    if (known === 0) {
      if (this.size >= this.capacity) return false;
      this.#hashes.set(this.#hash, HASH_WORDS * place);
      this.size += 1;
    }
    if (offset + 1 > known) this.#offsets[place] = offset + 1;
    return true;
  }

  /** The newest offset of the key; −1 where it is not known. */
  get(bytes: Uint8Array, start: number, end: number): number {
    hashKey(bytes, start, end, this.#seed, this.#hash);
    return (this.#offsets[this.#find()] as number) - 1;
  }

  /** The place of the hash at hand, or the free one where it belongs. */
  #find(): number {
    const hash = this.#hash;
    const hashes = this.#hashes;
    const places = this.#places;
    const h0 = hash[0] as number;
    const h1 = hash[1] as number;
    const h2 = hash[2] as number;
    const h3 = hash[3] as number;
    const step = 1 + ((h1 >>> 0) % (places - 1));
    let place = (h0 >>> 0) % places;
    for (let probes = 0; probes < places; probes += 1) {
      if (this.#offsets[place] === 0) return place;
      const at = HASH_WORDS * place;
      if (
        hashes[at] === h0 &&
        hashes[at + 1] === h1 &&
        hashes[at + 2] === h2 &&
        hashes[at + 3] === h3
      ) {
        return place;
      }
      place += step;
      if (place >= places) place -= places;
    }
    throw new InvariantError("a key map without a free place");
  }
}

/** The largest prime that is not above `count`, from 11 on. */
function primeFrom(count: number): number {
  let prime = count;
  while (!isPrime(prime)) prime -= 1;
  return prime;
}

function isPrime(count: number): boolean {
  for (let factor = 2; factor * factor <= count; factor += 1) {
    if (count % factor === 0) return false;
  }
  return true;
}
