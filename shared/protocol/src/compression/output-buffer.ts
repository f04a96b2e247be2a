/** Decompressed bytes as they come, in one buffer that grows by doubling and never past a limit. */
import { DecodeError } from "@runnel/kit/errors.ts";

const CAPACITY_MIN = 1024;

export class OutputBuffer {
  bytes: Uint8Array;
  /** Bytes that are there. */
  length = 0;
  readonly limit: number;

  /** `expected` is a guess of the final length; nothing beyond `limit` is ever allocated for it. */
  constructor(limit: number, expected: number) {
    this.limit = limit;
    this.bytes = new Uint8Array(Math.min(limit, Math.max(expected, CAPACITY_MIN)));
  }

  /** Makes room for `count` more bytes, or for as many as the limit leaves. */
  reserve(count: number): void {
    const wanted = Math.min(this.length + count, this.limit);
    if (wanted <= this.bytes.length) return;
    const grown = new Uint8Array(Math.min(Math.max(wanted, 2 * this.bytes.length), this.limit));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  /** Adds a copy of `part`. Throws `DecodeError` where that goes past the limit. */
  append(part: Uint8Array): void {
    if (part.length > this.limit - this.length) throw outputTooLarge(this.limit);
    this.reserve(part.length);
    this.bytes.set(part, this.length);
    this.length += part.length;
  }

  /** What was written: a view. */
  finish(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}

/** The content is larger than allowed; whether it is whole besides is not known. */
export class OutputTooLargeError extends DecodeError {}

export function outputTooLarge(limit: number): OutputTooLargeError {
  return new OutputTooLargeError(`decompresses to more than the ${limit} bytes allowed`);
}
