/** Says whether bytes are JSON (RFC 8259), by the letter. */
import { type Buffer, isUtf8 } from "node:buffer";
import {
  ARRAY_END,
  ARRAY_START,
  BACKSLASH,
  COLON,
  COMMA,
  NOT_JSON,
  OBJECT_END,
  OBJECT_START,
  QUOTE,
  skipSpace,
} from "./json-scan.ts";

/** Arrays and objects that may be open at once; what nests deeper counts as no JSON. */
export const JSON_DEPTH_MAX = 512;

const SPACE = 0x20;
const MINUS = 0x2d;
const PLUS = 0x2b;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const LOWER_E = 0x65;
const LOWER_U = 0x75;

const WORDS: ReadonlyMap<number, readonly number[]> = new Map(
  ["true", "false", "null"].map((word) => {
    const codes = Array.from(word, (letter) => letter.charCodeAt(0));
    return [codes[0] as number, codes] as const;
  }),
);

/** Bytes that may stand behind a backslash, but u. */
const ESCAPES = new Uint8Array(256);
for (const letter of '"\\/bfnrt') ESCAPES[letter.charCodeAt(0)] = 1;

const IS_DIGIT = new Uint8Array(256).fill(1, ZERO, NINE + 1);

/** One byte for each open bracket: 1 for an object. One validation runs at a time. */
const stack = new Uint8Array(JSON_DEPTH_MAX);

/** What may come next. */
const State = { VALUE: 0, VALUE_OR_END: 1, NAME: 2, NAME_OR_END: 3, AFTER_VALUE: 4 } as const;

/** Whether the bytes from `start` to `end` are one JSON value, in UTF-8 and without a byte order mark. */
export function isJson(bytes: Buffer, start: number, end: number): boolean {
  return isJsonButForUtf8(bytes, start, end) && isUtf8(bytes.subarray(start, end));
}

/**
 * One loop over all bytes: as functions of its parts it takes half as long again, and so it does where
 * the place may take on values that are none.
 */
function isJsonButForUtf8(bytes: Buffer, start: number, end: number): boolean {
  let state: number = State.VALUE;
  let depth = 0;
  let isObject = 0;
  let at = start;
  while (at < end) {
    const byte = bytes[at] as number;
    if (byte <= SPACE) {
      if (!isSpace(byte)) return false;
      at += 1;
    } else if (state === State.AFTER_VALUE) {
      if (depth === 0) return false;
      at += 1;
      if (byte === COMMA) state = isObject === 1 ? State.NAME : State.VALUE;
      else {
        if (byte !== (isObject === 1 ? OBJECT_END : ARRAY_END)) return false;
        depth -= 1;
        isObject = depth > 0 ? (stack[depth - 1] as number) : 0;
      }
    } else if (byte === QUOTE) {
      let inside = 0;
      at += 1;
      while (at < end) {
        inside = bytes[at] as number;
        at += 1;
        // Most bytes by far are letters.
        if (inside > QUOTE) {
          if (inside !== BACKSLASH) continue;
          const escape = escapeEnd(bytes, at, end);
          if (escape === NOT_JSON) return false;
          at = escape;
        } else if (inside === QUOTE || inside < SPACE) break;
      }
      if (inside !== QUOTE) return false;
      if (state === State.NAME || state === State.NAME_OR_END) {
        const colon = colonEnd(bytes, at, end);
        if (colon === NOT_JSON) return false;
        at = colon;
        state = State.VALUE;
      } else state = State.AFTER_VALUE;
    } else if (state === State.NAME) return false;
    else if (byte === OBJECT_END || byte === ARRAY_END) {
      if (state !== (byte === OBJECT_END ? State.NAME_OR_END : State.VALUE_OR_END)) return false;
      depth -= 1;
      isObject = depth > 0 ? (stack[depth - 1] as number) : 0;
      state = State.AFTER_VALUE;
      at += 1;
    } else if (state === State.NAME_OR_END) return false;
    else if (byte === OBJECT_START || byte === ARRAY_START) {
      if (depth === JSON_DEPTH_MAX) return false;
      isObject = byte === OBJECT_START ? 1 : 0;
      stack[depth] = isObject;
      depth += 1;
      state = isObject === 1 ? State.NAME_OR_END : State.VALUE_OR_END;
      at += 1;
    } else {
      const scalar = byte > NINE ? wordEnd(bytes, at, end) : numberEnd(bytes, at, end);
      if (scalar === NOT_JSON) return false;
      at = scalar;
      state = State.AFTER_VALUE;
    }
  }
  return depth === 0 && state === State.AFTER_VALUE;
}

function isSpace(byte: number): boolean {
  return byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** The position behind the colon that must come next; `NOT_JSON` where none does. */
function colonEnd(bytes: Buffer, start: number, end: number): number {
  const at = skipSpace(bytes, start, end);
  return at < end && bytes[at] === COLON ? at + 1 : NOT_JSON;
}

/** The position behind what may follow a backslash; `NOT_JSON` where it may not. */
function escapeEnd(bytes: Buffer, at: number, end: number): number {
  if (at >= end) return NOT_JSON;
  const escaped = bytes[at] as number;
  if (ESCAPES[escaped] === 1) return at + 1;
  if (escaped !== LOWER_U || end - at < 5) return NOT_JSON;
  for (let i = 1; i <= 4; i += 1) if (!isHexDigit(bytes[at + i] as number)) return NOT_JSON;
  return at + 5;
}

/** The position behind true, false or null; `NOT_JSON` where none is. */
function wordEnd(bytes: Buffer, at: number, end: number): number {
  const word = WORDS.get(bytes[at] as number);
  if (word === undefined || end - at < word.length) return NOT_JSON;
  for (let i = 1; i < word.length; i += 1) if (bytes[at + i] !== word[i]) return NOT_JSON;
  return at + word.length;
}

/** The position behind a number that begins at `start`; `NOT_JSON` where none does. */
export function numberEnd(bytes: Buffer, start: number, end: number): number {
  let at = start < end && bytes[start] === MINUS ? start + 1 : start;
  const whole = at;
  while (at < end && IS_DIGIT[bytes[at] as number] === 1) at += 1;
  if (at === whole || (bytes[whole] === ZERO && at > whole + 1)) return NOT_JSON;
  // Most numbers end here.
  if (at >= end || (bytes[at] !== DOT && ((bytes[at] as number) | 0x20) !== LOWER_E)) return at;
  if (bytes[at] === DOT) {
    const fraction = at + 1;
    at = fraction;
    while (at < end && IS_DIGIT[bytes[at] as number] === 1) at += 1;
    if (at === fraction) return NOT_JSON;
  }
  if (at >= end || ((bytes[at] as number) | 0x20) !== LOWER_E) return at;
  at += 1;
  if (at < end && (bytes[at] === PLUS || bytes[at] === MINUS)) at += 1;
  const exponent = at;
  while (at < end && IS_DIGIT[bytes[at] as number] === 1) at += 1;
  return at === exponent ? NOT_JSON : at;
}

function isHexDigit(byte: number): boolean {
  const lower = byte | 0x20;
  return (byte >= ZERO && byte <= NINE) || (lower >= 0x61 && lower <= 0x66);
}
