/**
 * Reads MessagePack and writes it as JSON text, in one pass over the bytes.
 *
 * Integers keep all their 64 bits, floats are told from integers by their point. What JSON lacks is
 * written as an object with one name: `{"$bytes":"base64"}`, `{"$ext":[type,"base64"]}`; a timestamp is
 * a text. Nothing is allocated from a declared length. Source: the MessagePack specification.
 */
import type { Buffer } from "node:buffer";
import { isUtf8 } from "node:buffer";
import { DecodeError } from "@runnel/kit/errors.ts";
import { PACK_DEPTH_MAX } from "./limits.ts";
import { type ShownText, truncate } from "./text.ts";

/**
 * The one value that all of `bytes` are. Throws `DecodeError` for anything else. Everything is read,
 * but no more than `lengthMax` characters are written.
 */
export function unpack(bytes: Buffer, lengthMax: number): ShownText {
  const reader = new Unpacker(bytes, lengthMax);
  reader.value(0);
  if (reader.at < bytes.length) {
    throw new DecodeError(`${bytes.length - reader.at} bytes behind the value`);
  }
  const { text, isTruncated } = truncate(reader.text(), lengthMax);
  return { text, isTruncated: isTruncated || reader.isFull };
}

const TIMESTAMP_EXT = -1;
/** Of a timestamp's seconds, so that a date can say it: ±10,000 years or so. */
const DATE_SECONDS_MAX = 8_640_000_000_000n;

class Unpacker {
  readonly #bytes: Buffer;
  readonly #lengthMax: number;
  /** It reads the name of a member. */
  readonly #isName: boolean;
  readonly #parts: string[] = [];
  #length = 0;
  at = 0;
  /** Whether more was to be written than `lengthMax`. */
  isFull = false;

  constructor(bytes: Buffer, lengthMax: number, isName = false) {
    this.#bytes = bytes;
    this.#lengthMax = lengthMax;
    this.#isName = isName;
  }

  text(): string {
    return this.#parts.join("");
  }

  /** Reads a value and writes it. */
  value(depth: number): void {
    const head = this.#byte();
    if (head < 0x80) return this.#write(String(head));
    if (head < 0x90) return this.#map(head & 0x0f, depth);
    if (head < 0xa0) return this.#array(head & 0x0f, depth);
    if (head < 0xc0) return this.#string(head & 0x1f);
    if (head >= 0xe0) return this.#write(String(head - 0x100));
    switch (head) {
      case 0xc0:
        return this.#write("null");
      case 0xc2:
        return this.#write("false");
      case 0xc3:
        return this.#write("true");
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#base64(this.#size(head - 0xc4), ['{"$bytes":"', '"}']);
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return this.#extension(this.#size(head - 0xc7));
      case 0xca:
        return this.#write(printFloat(this.#bytes.readFloatBE(this.#skip(4)), true));
      case 0xcb:
        return this.#write(printFloat(this.#bytes.readDoubleBE(this.#skip(8)), false));
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#write(String(this.#size(head - 0xcc)));
      case 0xcf:
        return this.#write(String(this.#bytes.readBigUInt64BE(this.#skip(8))));
      case 0xd0:
        return this.#write(String(this.#bytes.readInt8(this.#skip(1))));
      case 0xd1:
        return this.#write(String(this.#bytes.readInt16BE(this.#skip(2))));
      case 0xd2:
        return this.#write(String(this.#bytes.readInt32BE(this.#skip(4))));
      case 0xd3:
        return this.#write(String(this.#bytes.readBigInt64BE(this.#skip(8))));
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#extension(1 << (head - 0xd4));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#string(this.#size(head - 0xd9));
      case 0xdc:
      case 0xdd:
        return this.#array(this.#size(head - 0xdb), depth);
      case 0xde:
      case 0xdf:
        return this.#map(this.#size(head - 0xdd), depth);
      default:
        throw new DecodeError(`byte 0x${head.toString(16)} at ${this.at - 1} begins no value`);
    }
  }

  #array(count: number, depth: number): void {
    this.#check(count, depth);
    this.#write("[");
    for (let i = 0; i < count; i += 1) {
      if (i > 0) this.#write(",");
      this.value(depth + 1);
    }
    this.#write("]");
  }

  #map(count: number, depth: number): void {
    this.#check(2 * count, depth);
    this.#write("{");
    for (let i = 0; i < count; i += 1) {
      if (i > 0) this.#write(",");
      this.#name(depth + 1);
      this.#write(":");
      this.value(depth + 1);
    }
    this.#write("}");
  }

  /**
   * A member's name. What is no string is written as the text of its JSON; not so a map or an array in the
   * name of a name: each text within a text is twice as long.
   */
  #name(depth: number): void {
    const head = this.#bytes[this.at] ?? 0;
    const isString = (head >= 0xa0 && head < 0xc0) || (head >= 0xd9 && head <= 0xdb);
    if (isString) return this.value(depth);
    const isContainer = (head >= 0x80 && head < 0xa0) || (head >= 0xdc && head <= 0xdf);
    if (isContainer && this.#isName) {
      throw new DecodeError(`at ${this.at} a map or an array names a member within a name`);
    }
    const inner = new Unpacker(this.#bytes, this.#room, true);
    inner.at = this.at;
    inner.value(depth);
    this.at = inner.at;
    this.#write(JSON.stringify(inner.text()));
    if (inner.isFull) this.isFull = true;
  }

  /** Refuses what cannot come: each element takes a byte at least. */
  #check(count: number, depth: number): void {
    const left = this.#bytes.length - this.at;
    if (count > left) throw new DecodeError(`${count} elements at ${this.at}, ${left} bytes left`);
    if (depth >= PACK_DEPTH_MAX) throw new DecodeError(`nested deeper than ${PACK_DEPTH_MAX}`);
  }

  #string(size: number): void {
    const at = this.#skip(size);
    if (this.isFull) return;
    if (!isUtf8(this.#bytes.subarray(at, at + size))) {
      this.at = at;
      return this.#base64(size, ['{"$bytes":"', '"}']);
    }
    // A character takes three bytes at most, and escapes only make a text longer: of a text that is cut
    // here, nothing behind the room that is left was to be written.
    const end = Math.min(at + size, at + 3 * (this.#room + 1));
    this.#write(JSON.stringify(this.#bytes.toString("utf8", at, end)));
  }

  #extension(size: number): void {
    const type = this.#bytes.readInt8(this.#skip(1));
    const time = type === TIMESTAMP_EXT ? this.#timestamp(size) : null;
    if (time !== null) return this.#write(JSON.stringify(time));
    this.#base64(size, [`{"$ext":[${type},"`, '"]}']);
  }

  /** A time as text; null, and nothing read, where no date can say it. */
  #timestamp(size: number): string | null {
    const { at } = this;
    if (size > this.#bytes.length - at) return null;
    let seconds = 0n;
    let nanos = 0;
    if (size === 4) seconds = BigInt(this.#bytes.readUInt32BE(at));
    else if (size === 8) {
      const packed = this.#bytes.readBigUInt64BE(at);
      nanos = Number(packed >> 34n);
      seconds = packed & 0x3_ffff_ffffn;
    } else if (size === 12) {
      nanos = this.#bytes.readUInt32BE(at);
      seconds = this.#bytes.readBigInt64BE(at + 4);
    } else return null;
    const magnitude = seconds < 0n ? -seconds : seconds;
    if (magnitude > DATE_SECONDS_MAX || nanos > 999_999_999) return null;
    this.at += size;
    const whole = new Date(Number(seconds) * 1000).toISOString().replace(/\.000Z$/, "");
    return `${whole}.${String(nanos).padStart(9, "0")}Z`;
  }

  /** Writes so many bytes as base64, between `around`. */
  #base64(size: number, around: readonly [string, string]): void {
    const at = this.#skip(size);
    if (this.isFull) return;
    const end = Math.min(at + size, at + this.#room);
    this.#write(around[0] + this.#bytes.toString("base64", at, end) + around[1]);
  }

  /** An unsigned number of 1, 2 or 4 bytes, for `power` 0 to 2. */
  #size(power: number): number {
    const size = 1 << power;
    return this.#bytes.readUIntBE(this.#skip(size), size);
  }

  #byte(): number {
    return this.#bytes[this.#skip(1)] as number;
  }

  #skip(count: number): number {
    const { at } = this;
    if (count > this.#bytes.length - at) {
      throw new DecodeError(`${count} bytes wanted at ${at}, ${this.#bytes.length - at} left`);
    }
    this.at += count;
    return at;
  }

  get #room(): number {
    return Math.max(0, this.#lengthMax - this.#length);
  }

  #write(text: string): void {
    if (this.isFull) return;
    // One more than there is room for, by which the text is known to be cut.
    const part = text.slice(0, this.#room + 1);
    this.#parts.push(part);
    this.#length += part.length;
    this.isFull = this.#length > this.#lengthMax;
  }
}

/** With a point or an exponent, so that it cannot be taken for an integer. */
function printFloat(value: number, isSingle: boolean): string {
  if (!Number.isFinite(value)) return JSON.stringify(String(value));
  const text = isSingle ? shortestSingle(value) : String(value);
  return /[.e]/.test(text) ? text : `${Object.is(value, -0) ? "-0" : text}.0`;
}

/** The shortest text that reads back as the same float32. */
function shortestSingle(value: number): string {
  for (let digits = 1; digits < 9; digits += 1) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(Number(value.toPrecision(9)));
}
