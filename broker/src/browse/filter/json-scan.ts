/**
 * Finds its way through JSON bytes without making objects of them.
 *
 * What is here is quick and trusting: on valid JSON it is right; on anything else it ends somewhere
 * in front of `end` or says `NOT_JSON`, never reads past `end`, and somebody else (`json-valid.ts`)
 * must say no. Positions count from the start of `bytes`, which is always a `Buffer`: for its quick
 * search, and because loops over one kind of array are several times as quick as over two.
 */
import type { Buffer } from "node:buffer";

/** In place of a position: what was looked at cannot be JSON. */
export const NOT_JSON = -1;

export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const BACKSLASH = 0x5c;
export const ARRAY_START = 0x5b;
export const ARRAY_END = 0x5d;
export const OBJECT_START = 0x7b;
export const OBJECT_END = 0x7d;

/** Bytes of a string that are looked at one by one before the runtime's own search takes over. */
const SHORT_STRING = 24;

/** The first position from `at` on that holds no white space; `end` if there is none. */
export function skipSpace(bytes: Buffer, at: number, end: number): number {
  let next = at;
  while (next < end) {
    const byte = bytes[next] as number;
    if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) break;
    next += 1;
  }
  return next;
}

/** Where the quote is that closes the string whose first byte is at `start`; `NOT_JSON` for none. */
export function closingQuote(bytes: Buffer, start: number, end: number): number {
  let at = start;
  let near = Math.min(at + SHORT_STRING, end);
  for (;;) {
    while (at < near) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) return at;
      if (byte === BACKSLASH) {
        at += 1;
        near = Math.min(at + SHORT_STRING, end);
      }
      at += 1;
    }
    if (at >= end) return NOT_JSON;
    // Nothing here is escaped by what went before, so backslashes count from `at` on.
    const quote = bytes.indexOf(QUOTE, at);
    if (quote < 0 || quote >= end) return NOT_JSON;
    let first = quote;
    while (first > at && bytes[first - 1] === BACKSLASH) first -= 1;
    if (((quote - first) & 1) === 0) return quote;
    at = quote + 1;
    near = Math.min(at + SHORT_STRING, end);
  }
}

/** The position behind the value that begins at `at`; `NOT_JSON` where none can. */
export function skipValue(bytes: Buffer, at: number, end: number): number {
  if (at >= end) return NOT_JSON;
  const byte = bytes[at] as number;
  if (byte === QUOTE) {
    const quote = closingQuote(bytes, at + 1, end);
    return quote === NOT_JSON ? NOT_JSON : quote + 1;
  }
  if (byte === OBJECT_START || byte === ARRAY_START) return skipNested(bytes, at, end);
  return skipScalar(bytes, at, end);
}

/** The position behind what may be a number, true, false or null. */
function skipScalar(bytes: Buffer, at: number, end: number): number {
  let next = at;
  while (next < end) {
    const byte = bytes[next] as number;
    if (byte === COMMA || byte === OBJECT_END || byte === ARRAY_END || byte <= 0x20) break;
    next += 1;
  }
  return next === at ? NOT_JSON : next;
}

/**
 * The position behind the array or object that begins at `start`. Strings are skipped by the same
 * loop as in `closingQuote`, which as a call of its own takes half as long again.
 */
function skipNested(bytes: Buffer, start: number, end: number): number {
  let depth = 0;
  let at = start;
  while (at < end) {
    const byte = bytes[at] as number;
    at += 1;
    if (byte === QUOTE) {
      const near = Math.min(at + SHORT_STRING, end);
      let inside = 0;
      while (at < near) {
        inside = bytes[at] as number;
        at += 1;
        if (inside === QUOTE || inside === BACKSLASH) break;
      }
      if (inside === QUOTE) continue;
      const quote = closingQuote(bytes, inside === BACKSLASH ? at - 1 : at, end);
      if (quote === NOT_JSON) return NOT_JSON;
      at = quote + 1;
    } else if (byte >= ARRAY_START) {
      // Square and curly brackets differ in this bit alone.
      const bracket = byte | 0x20;
      if (bracket === OBJECT_START) depth += 1;
      else if (bracket === OBJECT_END) {
        depth -= 1;
        if (depth === 0) return at;
      }
    }
  }
  return NOT_JSON;
}

/** Whether a backslash stands between `start` and `end`. */
export function hasBackslash(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (bytes[at] === BACKSLASH) return true;
  return false;
}

/** Whether `bytes` from `start` to `end` are `other`. */
export function isSame(bytes: Buffer, start: number, end: number, other: Uint8Array): boolean {
  const length = end - start;
  if (length !== other.length) return false;
  for (let i = 0; i < length; i += 1) if (bytes[start + i] !== other[i]) return false;
  return true;
}

/** The text between the quotes of a string; null where its escapes or its UTF-8 are wrong. */
export function stringAt(bytes: Buffer, start: number, end: number): string | null {
  const text = textAt(bytes, start, end);
  if (!text.includes("\\")) return text;
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return null;
  }
}

/** UTF-8 as text; what is not UTF-8 reads as U+FFFD, so only for what is compared, never shown. */
export function textAt(bytes: Buffer, start: number, end: number): string {
  return bytes.toString("utf8", start, end);
}
