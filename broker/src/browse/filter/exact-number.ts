/**
 * Compares decimal numbers as they are written, digit by digit: no float, no rounding, no limit to
 * their length.
 */
import { Buffer } from "node:buffer";
import { numberEnd } from "./json-valid.ts";

const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const LOWER_E = 0x65;

/** Integers of at most so many digits are exact as a double, and compared as such. */
const QUICK_DIGITS_MAX = 15;
const QUICK_MAX = 10 ** QUICK_DIGITS_MAX;

/** A number to compare with: sign × 0.d₁d₂d₃… × 10^exponent, with d₁ not 0. */
export interface ExactNumber {
  readonly sign: -1 | 0 | 1;
  /** Digits 0-9, the last one not 0; none for zero. */
  readonly digits: Uint8Array;
  readonly exponent: number;
  /** The number itself where it is an integer that a double holds; else NaN. */
  readonly quick: number;
}

/** The number that `text` spells, in JSON's grammar; anything else is for the caller to refuse. */
export function exactNumber(text: string): ExactNumber {
  const bytes = Buffer.from(text, "latin1");
  const { isNegative, first, last, exponent } = place(bytes, 0, bytes.length);
  const digits: number[] = [];
  for (let at = first; at < last; at += 1) {
    if (bytes[at] !== DOT) digits.push((bytes[at] as number) - ZERO);
  }
  const value = Number(text);
  const isQuick =
    Number.isInteger(value) && Math.abs(value) < QUICK_MAX && digits.length <= exponent;
  return {
    sign: digits.length === 0 ? 0 : isNegative ? -1 : 1,
    digits: Uint8Array.from(digits),
    exponent,
    quick: digits.length === 0 ? 0 : isQuick ? value : Number.NaN,
  };
}

/**
 * Whether the number written from `start` to `end` is less than `other` (negative), the same (0) or
 * greater; NaN where no number is written there.
 */
export function compareNumber(
  bytes: Buffer,
  start: number,
  end: number,
  other: ExactNumber,
): number {
  const quick = quickInteger(bytes, start, end);
  if (quick === quick && other.quick === other.quick) return quick - other.quick;
  if (numberEnd(bytes, start, end) !== end || start === end) return Number.NaN;
  const found = place(bytes, start, end);
  const sign = found.first === found.last ? 0 : found.isNegative ? -1 : 1;
  if (sign !== other.sign) return sign - other.sign;
  return sign * compareMagnitude(bytes, found, other);
}

/** The integer of a few plain digits from `start` to `end`; NaN for anything else. */
function quickInteger(bytes: Buffer, start: number, end: number): number {
  const isNegative = bytes[start] === MINUS;
  const first = isNegative ? start + 1 : start;
  if (end - first > QUICK_DIGITS_MAX || first >= end) return Number.NaN;
  if (bytes[first] === ZERO && end - first > 1) return Number.NaN;
  let value = 0;
  for (let at = first; at < end; at += 1) {
    const digit = (bytes[at] as number) - ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return isNegative ? -value : value;
}

/** Where the digits that count are: from `first` to `last`, maybe with a point between them. */
interface Place {
  readonly isNegative: boolean;
  /** Of the first digit that is not 0; `last` for zero. */
  readonly first: number;
  readonly last: number;
  /** Of ten, where the value is 0.ddd… × 10^exponent; saturates far beyond any operand's. */
  readonly exponent: number;
}

/** Places the digits of a well-formed number. */
function place(bytes: Buffer, start: number, end: number): Place {
  const isNegative = bytes[start] === MINUS;
  let point = -1;
  let first = -1;
  let last = -1;
  let digitsEnd = end;
  for (let at = isNegative ? start + 1 : start; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte === DOT) point = at;
    else if ((byte | 0x20) === LOWER_E) {
      digitsEnd = at;
      break;
    } else if (byte !== ZERO) {
      if (first < 0) first = at;
      last = at + 1;
    }
  }
  if (first < 0) return { isNegative, first: end, last: end, exponent: 0 };
  const whole = point < 0 ? digitsEnd : point;
  const scale = first < whole ? whole - first : whole - first + 1;
  return { isNegative, first, last, exponent: scale + exponentAt(bytes, digitsEnd + 1, end) };
}

/** The exponent written from `start` to `end`, 0 for none, saturating at ±2^53. */
function exponentAt(bytes: Buffer, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte >= ZERO && byte <= NINE) value = Math.min(value * 10 + byte - ZERO, 2 ** 53);
  }
  return start < end && bytes[start] === MINUS ? -value : value;
}

function compareMagnitude(bytes: Buffer, found: Place, other: ExactNumber): number {
  if (found.exponent !== other.exponent) return found.exponent - other.exponent;
  const { digits } = other;
  let index = 0;
  for (let at = found.first; at < found.last; at += 1) {
    const byte = bytes[at] as number;
    if (byte === DOT) continue;
    const digit = byte - ZERO;
    const against = index < digits.length ? (digits[index] as number) : 0;
    if (digit !== against) return digit - against;
    index += 1;
  }
  return index < digits.length ? -1 : 0;
}
