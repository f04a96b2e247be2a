/**
 * How much compressed bytes may grow to. A stream that grows further is taken for a bomb.
 *
 * Honest data can shrink a lot (a batch of equal log lines by a factor of several hundred), so the
 * bound is a floor plus a ratio; 1024 is about what gzip can reach at all. The caller's own limit,
 * such as a multiple of `max.message.bytes`, counts besides.
 */

/** Any input may grow to this many bytes. */
export const EXPANSION_FLOOR_BYTES = 1024 * 1024;
/** And by this many bytes for each byte of input. */
export const EXPANSION_RATIO_MAX = 1024;
/** But never beyond this. */
export const EXPANSION_BYTES_MAX = 256 * 1024 * 1024;

/** The most bytes that `inputLength` compressed ones may become. */
export function expansionMax(inputLength: number): number {
  return Math.min(EXPANSION_FLOOR_BYTES + inputLength * EXPANSION_RATIO_MAX, EXPANSION_BYTES_MAX);
}
