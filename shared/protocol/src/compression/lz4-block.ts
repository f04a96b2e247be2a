/**
 * Decodes LZ4 blocks into a bounded buffer. A block is a row of sequences:
 *
 *   token (high 4 bits: literals, low 4: match length − 4; 15 means "and the bytes that follow") ·
 *   literals · distance of the match uint16 LE, 1 … 65535 back in the output
 *
 * The last sequence ends after its literals. Source: LZ4 block format description, 1.6.3.
 */
import { DecodeError } from "@runnel/kit/errors.ts";
import { type OutputBuffer, outputTooLarge } from "./output-buffer.ts";

const MATCH_MIN = 4;
const LENGTH_IN_TOKEN_MAX = 15;
/** A byte of block gives at most this many of output: a byte of match length is worth 255. */
const LZ4_RATIO_MAX = 255;
/** Shorter copies are quicker by hand than by a call. */
const SHORT_COPY = 24;

export interface Lz4Block {
  readonly start: number;
  readonly end: number;
  /** Earliest position in the output that a match may reach back to: linked blocks share theirs. */
  readonly historyStart: number;
  /** The most bytes this block may give. */
  readonly blockSizeMax: number;
}

/**
 * Adds what the block `bytes[start, end)` decodes to. Throws `DecodeError` where it is malformed,
 * and before it would give more than `blockSizeMax` or than the output's limit.
 */
export function decodeLz4Block(bytes: Uint8Array, block: Lz4Block, output: OutputBuffer): void {
  const { start, end, historyStart, blockSizeMax } = block;
  output.reserve(Math.min(blockSizeMax, (end - start) * LZ4_RATIO_MAX));
  const target = output.bytes;
  const targetEnd = Math.min(target.length, output.length + blockSizeMax);
  let at = start;
  let length = output.length;
  while (at < end) {
    const token = bytes[at++] as number;

    let literals = token >>> 4;
    if (literals === LENGTH_IN_TOKEN_MAX) {
      let more: number;
      do {
        if (at >= end) throw new DecodeError("lz4: block ends in a length");
        more = bytes[at++] as number;
        literals += more;
      } while (more === 255);
    }
    if (literals > end - at) throw new DecodeError("lz4: block ends in literals");
    if (literals > targetEnd - length) throw outputTooLarge(targetEnd);
    if (literals > SHORT_COPY) {
      target.set(bytes.subarray(at, at + literals), length);
      at += literals;
      length += literals;
    } else for (let left = literals; left > 0; left -= 1) target[length++] = bytes[at++] as number;
    if (at === end) break;

    if (end - at < 2) throw new DecodeError("lz4: block ends in a distance");
    const distance = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
    at += 2;
    if (distance === 0 || distance > length - historyStart) {
      throw new DecodeError(
        `lz4: match ${distance} bytes back, ${length - historyStart} are there`,
      );
    }
    let count = token & 15;
    if (count === LENGTH_IN_TOKEN_MAX) {
      let more: number;
      do {
        if (at >= end) throw new DecodeError("lz4: block ends in a length");
        more = bytes[at++] as number;
        count += more;
      } while (more === 255);
    }
    count += MATCH_MIN;
    if (count > targetEnd - length) throw outputTooLarge(targetEnd);
    if (count > SHORT_COPY) {
      copyMatch(target, length, { distance, count });
      length += count;
    } else {
      const stop = length + count;
      for (; length < stop; length += 1) target[length] = target[length - distance] as number;
    }
  }
  output.length = length;
}

/** Repeats what stands `distance` back; where the match overlaps itself, it is a pattern. */
function copyMatch(
  target: Uint8Array,
  to: number,
  { distance, count }: { distance: number; count: number },
): void {
  const from = to - distance;
  // Each round copies all that is there of the pattern, so the rounds double.
  let done = 0;
  while (done < count) {
    const part = Math.min(count - done, distance + done);
    target.copyWithin(to + done, from, from + part);
    done += part;
  }
}
