/**
 * Reads Kafka's primitive types from bytes, in order, and never past the end.
 *
 * Big-endian. Slices are views of the input, not copies. Every read that cannot be satisfied throws
 * `DecodeError`; nothing is allocated from a declared length before the bytes are known to be there.
 */
import { DecodeError } from "./errors.ts";
import { uuidFromBytes } from "./uuid.ts";

/** Array elements that one message may hold in all: bounds what small bytes can grow to in memory. */
export const ELEMENTS_MAX = 105_000;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const floats = new DataView(new ArrayBuffer(8));
const SHORT_TEXT = 24;

export class ByteReader {
  readonly bytes: Uint8Array;
  offset: number;
  readonly end: number;
  #elementsLeft = ELEMENTS_MAX;

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.offset;
  }

  /** Moves past `count` bytes and returns where they began. */
  skip(count: number): number {
    const at = this.offset;
    if (count < 0 || count > this.end - at) {
      throw new DecodeError(`${count} bytes wanted at ${at}, ${this.end - at} left`);
    }
    this.offset = at + count;
    return at;
  }

  int8(): number {
    return ((this.bytes[this.skip(1)] as number) << 24) >> 24;
  }

  uint8(): number {
    return this.bytes[this.skip(1)] as number;
  }

  bool(): boolean {
    return this.bytes[this.skip(1)] !== 0;
  }

  int16(): number {
    const at = this.skip(2);
    return (((this.bytes[at] as number) << 24) >> 16) | (this.bytes[at + 1] as number);
  }

  uint16(): number {
    const at = this.skip(2);
    return ((this.bytes[at] as number) << 8) | (this.bytes[at + 1] as number);
  }

  int32(): number {
    const at = this.skip(4);
    return int32At(this.bytes, at);
  }

  uint32(): number {
    return this.int32() >>> 0;
  }

  /** An int64 as a number, saturating at ±2^53: what lies beyond is out of every legal range. */
  int64(): number {
    const at = this.skip(8);
    return int64At(this.bytes, at);
  }

  /** An int64 whose 64 bits all count: producer ids, configs. */
  bigInt64(): bigint {
    const at = this.skip(8);
    return (BigInt(int32At(this.bytes, at)) << 32n) | BigInt(int32At(this.bytes, at + 4) >>> 0);
  }

  float64(): number {
    const at = this.skip(8);
    for (let i = 0; i < 8; i += 1) floats.setUint8(i, this.bytes[at + i] as number);
    return floats.getFloat64(0);
  }

  uuid(): string {
    return uuidFromBytes(this.bytes, this.skip(16));
  }

  /** LEB128, at most 32 bits in at most 5 bytes. */
  uvarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.uint8();
      if (shift === 28 && byte > 0x0f) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new DecodeError(`varint of more than 32 bits before ${this.offset}`);
  }

  /** Zigzag of an int32. */
  varint(): number {
    const raw = this.uvarint();
    return (raw >>> 1) ^ -(raw & 1);
  }

  /** Zigzag of an int64, at most 10 bytes; saturating at ±2^53. */
  varlong(): number {
    let low = 0;
    let high = 0;
    for (let index = 0; index < 10; index += 1) {
      const byte = this.uint8();
      const bits = byte & 0x7f;
      if (index < 4) low += bits * 2 ** (7 * index);
      else if (index === 9 && byte > 1) break;
      else high += bits * 2 ** (7 * (index - 4));
      if (byte < 0x80) return unzigzag(low, high);
    }
    throw new DecodeError(`varlong of more than 64 bits before ${this.offset}`);
  }

  /** A view of the next `length` bytes. */
  slice(length: number): Uint8Array {
    const at = this.skip(length);
    return this.bytes.subarray(at, at + length);
  }

  /** `length` bytes of UTF-8; bad UTF-8 is a `DecodeError`. */
  text(length: number): string {
    const at = this.skip(length);
    return utf8At(this.bytes, at, at + length);
  }

  /** Books `count` array elements of at least `sizeMin` bytes each against what can still come. */
  reserve(count: number, sizeMin: number): void {
    if (count < 0 || count * sizeMin > this.remaining) {
      throw new DecodeError(
        `array of ${count} at ${this.offset}, only ${this.remaining} bytes left`,
      );
    }
    this.#elementsLeft -= count;
    if (this.#elementsLeft < 0) {
      throw new DecodeError(`more than ${ELEMENTS_MAX} array elements in one message`);
    }
  }
}

/** The int32 at `at`; the caller has checked the bounds. */
export function int32At(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}

/** The int64 at `at`, saturating at ±2^53; the caller has checked the bounds. */
export function int64At(bytes: Uint8Array, at: number): number {
  const value = int32At(bytes, at) * 0x1_0000_0000 + (int32At(bytes, at + 4) >>> 0);
  if (value > Number.MAX_SAFE_INTEGER) return 2 ** 53;
  return value < -Number.MAX_SAFE_INTEGER ? -(2 ** 53) : value;
}

/** The text of valid UTF-8 bytes from `start` to `end`; throws `DecodeError` for any other. */
export function utf8At(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= SHORT_TEXT) {
    const text = asciiAt(bytes, start, end);
    if (text !== null) return text;
  }
  try {
    return utf8.decode(bytes.subarray(start, end));
  } catch (cause) {
    throw new DecodeError(`bytes ${start}-${end} are not UTF-8`, { cause });
  }
}

/** The text of a few bytes if all are ASCII, else null; measured to beat a decoder up to 24 bytes. */
function asciiAt(bytes: Uint8Array, start: number, end: number): string | null {
  let text = "";
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const a = bytes[at] as number;
    const b = bytes[at + 1] as number;
    const c = bytes[at + 2] as number;
    const d = bytes[at + 3] as number;
    if ((a | b | c | d) >= 0x80) return null;
    text += String.fromCharCode(a, b, c, d);
  }
  for (; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte >= 0x80) return null;
    text += String.fromCharCode(byte);
  }
  return text;
}

/** Undoes zigzag of a number given as 28 low bits and the rest. */
function unzigzag(low: number, high: number): number {
  const isNegative = (low & 1) === 1;
  const half = high * 2 ** 27 + Math.floor(low / 2);
  const value = isNegative ? -half - 1 : half;
  if (value > Number.MAX_SAFE_INTEGER) return 2 ** 53;
  return value < -Number.MAX_SAFE_INTEGER ? -(2 ** 53) : value;
}
