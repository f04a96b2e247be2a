/** The values of expressions, and what is equal and less among them. Source: the CEL specification. */
import { Buffer } from "node:buffer";

export type CelValue =
  | null
  | boolean
  | string
  /** An int: 64 bits. */
  | bigint
  /** A double. */
  | number
  | Uint8Array
  | Timestamp
  | Duration
  | CelList
  | CelMap;

export type CelList = readonly CelValue[];
export type CelMap = ReadonlyMap<CelKey, CelValue>;
export type CelKey = string | bigint | boolean;

/** A point in time, in nanoseconds since 1970. */
export class Timestamp {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

/** A span of time, in nanoseconds. */
export class Duration {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

/** In place of a value: an evaluation that failed, as a value because it is no rare thing. */
export class Failure {
  readonly message: string;
  /** The budget is used up: nothing may go on. */
  readonly isFinal: boolean;

  constructor(message: string, { isFinal = false }: { isFinal?: boolean } = {}) {
    this.message = message;
    this.isFinal = isFinal;
  }
}

export type Result = CelValue | Failure;

export const INT_MIN: bigint = -(2n ** 63n);
export const INT_MAX: bigint = 2n ** 63n - 1n;

export type TypeName =
  | "null"
  | "bool"
  | "string"
  | "int"
  | "double"
  | "bytes"
  | "timestamp"
  | "duration"
  | "list"
  | "map";

export function typeOf(value: CelValue): TypeName {
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "string":
      return "string";
    case "bigint":
      return "int";
    case "number":
      return "double";
    default:
      if (value === null) return "null";
      if (value instanceof Uint8Array) return "bytes";
      if (value instanceof Timestamp) return "timestamp";
      if (value instanceof Duration) return "duration";
      return isList(value) ? "list" : "map";
  }
}

export function isList(value: CelValue): value is CelList {
  return Array.isArray(value);
}

export function isMap(value: CelValue): value is CelMap {
  return value instanceof Map;
}

/** What is left to spend on comparing, adding and looping; see `budget.ts`. */
export interface Spending {
  /** False when the budget is used up. */
  spend(steps: number): boolean;
}

/** Deep; values of different types are not equal, but an int may equal a double. */
export function isEqual(a: CelValue, b: CelValue, budget: Spending): boolean {
  if (a === b) return true;
  if (typeof a === "bigint" || typeof a === "number") {
    const [int, double] = typeof a === "bigint" ? [a, b] : [b, a];
    if (typeof int !== "bigint" || typeof double !== "number") return false;
    return Number.isInteger(double) && BigInt(double) === int;
  }
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return false;
  if (!budget.spend(1)) return false;
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (a instanceof Timestamp) return b instanceof Timestamp && a.nanos === b.nanos;
  if (a instanceof Duration) return b instanceof Duration && a.nanos === b.nanos;
  if (isList(a)) {
    if (!isList(b) || a.length !== b.length) return false;
    return a.every((item, index) => isEqual(item, b[index] as CelValue, budget));
  }
  if (!isMap(a) || !isMap(b) || a.size !== b.size) return false;
  for (const [key, value] of a) {
    const other = b.get(key);
    if (other === undefined || !isEqual(value, other, budget)) return false;
  }
  return true;
}

/** Negative, 0, positive; NaN with a double that is none; null for types that have no order. */
export function compare(a: CelValue, b: CelValue): number | null {
  if (isNumber(a) && isNumber(b)) return a < b ? -1 : a > b ? 1 : a >= b ? 0 : Number.NaN;
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  const isTime =
    (a instanceof Timestamp && b instanceof Timestamp) ||
    (a instanceof Duration && b instanceof Duration);
  return isTime ? (a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0) : null;
}

function isNumber(value: CelValue): value is bigint | number {
  return typeof value === "bigint" || typeof value === "number";
}

/** By code points; JavaScript's own order goes by UTF-16 units. */
function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const [left, right] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** Halves of pairs stand for code points beyond all others. */
const rank = (unit: number): number => (unit >= 0xd800 && unit < 0xe000 ? unit + 0x1_0000 : unit);
