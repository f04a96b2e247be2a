/**
 * A hash of 128 bits for keys: so many that two keys of a log never share one in practice, and a map of
 * hashes can stand for a map of keys, as in Kafka (which takes MD5).
 *
 * Source: MurmurHash3_x86_128 by Austin Appleby, public domain.
 */

const C1 = 0x239b961b;
const C2 = 0xab0e9789;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93;

/** Words of a hash. */
export const HASH_WORDS = 4;

/** Puts the hash of `bytes` from `start` to `end`, begun with `seed`, into the words of `hash`. */
export function hashKey(
  bytes: Uint8Array,
  start: number,
  end: number,
  seed: number,
  hash: Int32Array,
): void {
  let h1 = seed | 0;
  let h2 = h1;
  let h3 = h1;
  let h4 = h1;
  let at = start;
  for (; at + 16 <= end; at += 16) {
    h1 ^= mixOne(wordAt(bytes, at));
    h1 = (Math.imul((rotate(h1, 19) + h2) | 0, 5) + 0x561ccd1b) | 0;
    h2 ^= mixTwo(wordAt(bytes, at + 4));
    h2 = (Math.imul((rotate(h2, 17) + h3) | 0, 5) + 0x0bcaa747) | 0;
    h3 ^= mixThree(wordAt(bytes, at + 8));
    h3 = (Math.imul((rotate(h3, 15) + h4) | 0, 5) + 0x96cd1c35) | 0;
    h4 ^= mixFour(wordAt(bytes, at + 12));
    h4 = (Math.imul((rotate(h4, 13) + h1) | 0, 5) + 0x32ac3b17) | 0;
  }
  const left = end - at;
  if (left > 12) h4 ^= mixFour(partAt(bytes, at + 12, left - 12));
  if (left > 8) h3 ^= mixThree(partAt(bytes, at + 8, Math.min(left - 8, 4)));
  if (left > 4) h2 ^= mixTwo(partAt(bytes, at + 4, Math.min(left - 4, 4)));
  if (left > 0) h1 ^= mixOne(partAt(bytes, at, Math.min(left, 4)));

  const length = end - start;
  h1 ^= length;
  h2 ^= length;
  h3 ^= length;
  h4 ^= length;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = (h2 + h1) | 0;
  h3 = (h3 + h1) | 0;
  h4 = (h4 + h1) | 0;
  h1 = finish(h1);
  h2 = finish(h2);
  h3 = finish(h3);
  h4 = finish(h4);
  h1 = (h1 + h2 + h3 + h4) | 0;
  hash[0] = h1;
  hash[1] = (h2 + h1) | 0;
  hash[2] = (h3 + h1) | 0;
  hash[3] = (h4 + h1) | 0;
}

function rotate(word: number, count: number): number {
  return (word << count) | (word >>> (32 - count));
}

function mixOne(word: number): number {
  return Math.imul(rotate(Math.imul(word, C1), 15), C2);
}

function mixTwo(word: number): number {
  return Math.imul(rotate(Math.imul(word, C2), 16), C3);
}

function mixThree(word: number): number {
  return Math.imul(rotate(Math.imul(word, C3), 17), C4);
}

function mixFour(word: number): number {
  return Math.imul(rotate(Math.imul(word, C4), 18), C1);
}

/** Little-endian, as the function is defined. */
function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

/** A word of which only the first `count` bytes are there. */
function partAt(bytes: Uint8Array, at: number, count: number): number {
  let word = 0;
  for (let i = 0; i < count; i += 1) word |= (bytes[at + i] as number) << (8 * i);
  return word;
}

function finish(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
