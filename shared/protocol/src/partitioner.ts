/**
 * Which partition a record goes to by its key: the choice of Kafka's own clients, so that all agree.
 *
 * Source: Kafka's Utils.murmur2 (MurmurHash2, 32 bits, with a seed of its own) and BuiltInPartitioner.
 */

const SEED = 0x9747b28c;
const MULTIPLIER = 0x5bd1e995;

/** `toPositive(murmur2(key)) % partitionCount`, as in Java. */
export function partitionOfKey(key: Uint8Array, partitionCount: number): number {
  return (murmur2(key) & 0x7fffffff) % partitionCount;
}

/** The hash of `bytes` from `start` to `end` as Java's signed int. */
export function murmur2(bytes: Uint8Array, start = 0, end = bytes.length): number {
  const at = (index: number): number => bytes[index] as number;
  let hash = SEED ^ (end - start);
  let index = start;
  for (; index + 4 <= end; index += 4) {
    let word = at(index) | (at(index + 1) << 8) | (at(index + 2) << 16) | (at(index + 3) << 24);
    word = Math.imul(word, MULTIPLIER);
    word ^= word >>> 24;
    hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(word, MULTIPLIER);
  }
  const left = end - index;
  if (left >= 3) hash ^= at(index + 2) << 16;
  if (left >= 2) hash ^= at(index + 1) << 8;
  if (left >= 1) hash = Math.imul(hash ^ at(index), MULTIPLIER);
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
  return hash ^ (hash >>> 15);
}
