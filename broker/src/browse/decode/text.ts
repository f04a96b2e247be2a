/** Bytes as text for people: nothing is replaced in silence, and no character is cut through. */
import type { Buffer } from "node:buffer";

export interface ShownText {
  readonly text: string;
  readonly isTruncated: boolean;
}

/** Bytes of UTF-8 that a UTF-16 unit may take, four for a pair of them. */
const UNIT_BYTES_MAX = 3;

/** The first `lengthMax` characters of valid UTF-8. */
export function showUtf8(bytes: Buffer, lengthMax: number): ShownText {
  const end = Math.min(bytes.length, lengthMax * UNIT_BYTES_MAX);
  const whole = end === bytes.length ? end : boundaryBefore(bytes, end);
  return truncate(bytes.toString("utf8", 0, whole), lengthMax, whole < bytes.length);
}

/** The first characters of a text; a pair of UTF-16 units stays together. */
export function truncate(text: string, lengthMax: number, isCut = false): ShownText {
  if (text.length <= lengthMax) return { text, isTruncated: isCut };
  const last = text.charCodeAt(lengthMax - 1);
  const isHalf = last >= 0xd800 && last < 0xdc00;
  return { text: text.slice(0, isHalf ? lengthMax - 1 : lengthMax), isTruncated: true };
}

/** The last place at or in front of `end` where a character begins. */
function boundaryBefore(bytes: Buffer, end: number): number {
  let at = end;
  while (at > 0 && ((bytes[at] as number) & 0xc0) === 0x80) at -= 1;
  return at;
}

/** Bytes that are mostly text: each byte that is no UTF-8 is written `\xNN`. */
export function showWithEscapes(
  bytes: Buffer,
  lengthMax: number,
): ShownText & { readonly foreignCount: number } {
  const parts: string[] = [];
  let length = 0;
  let foreignCount = 0;
  let start = 0;
  let at = 0;
  const flush = (): void => {
    if (at > start) parts.push(bytes.toString("utf8", start, at));
  };
  while (at < bytes.length && length <= lengthMax) {
    const size = characterSize(bytes, at);
    if (size === 0) {
      flush();
      parts.push(`\\x${(bytes[at] as number).toString(16).padStart(2, "0")}`);
      foreignCount += 1;
      length += 4;
      at += 1;
      start = at;
    } else {
      length += size === 4 ? 2 : 1;
      at += size;
    }
  }
  flush();
  return { ...truncate(parts.join(""), lengthMax, at < bytes.length), foreignCount };
}

/** Bytes of the character of UTF-8 at `at`; 0 where none is. Source: Unicode, table 3-7. */
function characterSize(bytes: Buffer, at: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return 1;
  const size = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (size === 0 || at + size > bytes.length) return 0;
  const second = bytes[at + 1] as number;
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let i = 2; i < size; i += 1) if (((bytes[at + i] as number) & 0xc0) !== 0x80) return 0;
  return size;
}

/** The share of bytes, 0 to 1, that are characters of text other than control characters. */
export function textShare(bytes: Buffer): number {
  if (bytes.length === 0) return 0;
  let count = 0;
  let at = 0;
  while (at < bytes.length) {
    const size = characterSize(bytes, at);
    if (size > 1 || (size === 1 && !isControl(bytes[at] as number))) count += size;
    at += Math.max(size, 1);
  }
  return count / bytes.length;
}

/** Whether valid UTF-8 has control characters other than tab and the ends of lines. */
export function hasControl(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at += 1) if (isControl(bytes[at] as number)) return true;
  return false;
}

function isControl(byte: number): boolean {
  return byte === 0x7f || (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
}

const NOTES: readonly (readonly [pattern: RegExp, note: string])[] = [
  [/^\ufeff/, "begins with a byte order mark"],
  [
    /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/,
    "holds signs that change the direction of the text",
  ],
  [/[\u00ad\u200b-\u200d\u2060-\u2064]|(?!^)\ufeff/, "holds signs without width"],
  [/(?![\t\n\r])\p{Cc}/u, "holds control characters"],
  [/[\u2028\u2029\u0085]/, "holds unusual ends of lines"],
];

/** What a text hides from the eye. */
export function notesOn(text: string): string[] {
  return NOTES.filter(([pattern]) => pattern.test(text)).map(([, note]) => note);
}
