/** Keys, values and headers as values of expressions. */
import { type Buffer, isUtf8 } from "node:buffer";
import { closingQuote, NOT_JSON, QUOTE, skipSpace, stringAt } from "../json-scan.ts";
import { isJson, numberEnd } from "../json-valid.ts";
import { OBJECT_BYTES_MAX, OBJECT_DEPTH_MAX } from "./limits.ts";
import { type CelKey, type CelValue, Failure, INT_MAX, INT_MIN, type Result } from "./values.ts";

const OBJECT_START = 0x7b;
const ARRAY_START = 0x5b;
const COMMA = 0x2c;

/**
 * What the bytes are: an object or array of JSON becomes a map or list, other UTF-8 a string, anything
 * else bytes. A number alone stays a string: a key of digits is a name more often than a number.
 */
export function valueOfBytes(bytes: Buffer, start: number, end: number): Result {
  const first = skipSpace(bytes, start, end);
  const opening = first < end ? bytes[first] : 0;
  if ((opening === OBJECT_START || opening === ARRAY_START) && isJson(bytes, start, end)) {
    return valueOfJson(bytes, first, end);
  }
  if (isUtf8(bytes.subarray(start, end))) return bytes.toString("utf8", start, end);
  return Uint8Array.from(bytes.subarray(start, end));
}

/** The value at `start` of JSON that is known to be valid. */
export function valueOfJson(bytes: Buffer, start: number, end: number): Result {
  const size = end - start;
  if (size <= OBJECT_BYTES_MAX) return new JsonReader(bytes, start, end).read();
  return new Failure(`JSON of ${size} bytes, looked into are at most ${OBJECT_BYTES_MAX}`);
}

const tooDeep = new Failure(`JSON nested deeper than ${OBJECT_DEPTH_MAX}`);

class JsonReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;

  constructor(bytes: Buffer, at: number, end: number) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  read(): Result {
    const value = this.#value(0);
    return value === undefined ? tooDeep : value;
  }

  /** The value here; undefined where it nests too deep. */
  #value(depth: number): CelValue | undefined {
    switch (this.#bytes[this.#at]) {
      case OBJECT_START:
        return depth < OBJECT_DEPTH_MAX ? this.#object(depth) : undefined;
      case ARRAY_START:
        return depth < OBJECT_DEPTH_MAX ? this.#array(depth) : undefined;
      case QUOTE:
        return this.#string();
      case 0x74:
        return this.#word(4, true);
      case 0x66:
        return this.#word(5, false);
      case 0x6e:
        return this.#word(4, null);
      default:
        return this.#number();
    }
  }

  #object(depth: number): CelValue | undefined {
    const members = new Map<CelKey, CelValue>();
    this.#move(1);
    while (this.#bytes[this.#at] === QUOTE) {
      const name = this.#string();
      this.#move(0);
      this.#move(1);
      const value = this.#value(depth + 1);
      if (value === undefined) return undefined;
      members.set(name, value);
      this.#move(0);
      if (this.#bytes[this.#at] !== COMMA) break;
      this.#move(1);
    }
    this.#at += 1;
    return members;
  }

  #array(depth: number): CelValue | undefined {
    const elements: CelValue[] = [];
    this.#move(1);
    while (this.#bytes[this.#at] !== 0x5d) {
      const value = this.#value(depth + 1);
      if (value === undefined) return undefined;
      elements.push(value);
      this.#move(0);
      if (this.#bytes[this.#at] === COMMA) this.#move(1);
    }
    this.#at += 1;
    return elements;
  }

  #string(): string {
    const start = this.#at + 1;
    const quote = closingQuote(this.#bytes, start, this.#end);
    this.#at = quote + 1;
    return quote === NOT_JSON ? "" : (stringAt(this.#bytes, start, quote) ?? "");
  }

  /** An int where it is written as one and fits, else a double. */
  #number(): bigint | number {
    const start = this.#at;
    this.#at = numberEnd(this.#bytes, start, this.#end);
    const text = this.#bytes.toString("latin1", start, this.#at);
    if (/^-?[0-9]+$/.test(text)) {
      const value = BigInt(text);
      if (value >= INT_MIN && value <= INT_MAX) return value;
    }
    return Number(text);
  }

  #word<T>(length: number, value: T): T {
    this.#at += length;
    return value;
  }

  /** Moves on by `count` bytes and over the white space behind them. */
  #move(count: number): void {
    this.#at = skipSpace(this.#bytes, this.#at + count, this.#end);
  }
}
