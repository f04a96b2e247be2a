/** The functions of expressions, by name. What is not here cannot be called. */
import { Buffer, isUtf8 } from "node:buffer";
import { type CelFunction, pointCount, spendText, TEXT_METHODS } from "./text-functions.ts";
import {
  parseDuration,
  parseTimestamp,
  printDuration,
  printTimestamp,
  TIME_METHODS,
  timestamp,
} from "./time-functions.ts";
import {
  Duration,
  Failure,
  INT_MAX,
  INT_MIN,
  isList,
  isMap,
  type Result,
  Timestamp,
} from "./values.ts";

type Run = CelFunction["run"];

const size: Run = ([value], budget) => {
  if (value === undefined) return undefined;
  if (typeof value === "string") return spendText(value, budget) ?? pointCount(value);
  if (value instanceof Uint8Array || isList(value)) return BigInt(value.length);
  return isMap(value) ? BigInt(value.size) : undefined;
};

const CONVERSIONS: Readonly<Record<string, Run>> = {
  size,
  dyn: ([value]) => value,
  bool: ([value]) => {
    if (typeof value === "boolean") return value;
    if (typeof value !== "string") return undefined;
    if (["1", "t", "true", "TRUE", "True"].includes(value)) return true;
    if (["0", "f", "false", "FALSE", "False"].includes(value)) return false;
    return new Failure("bool() of a text that is neither true nor false");
  },
  int: ([value]) => {
    if (typeof value === "bigint") return value;
    if (typeof value === "number") return intOf(value);
    if (value instanceof Timestamp) return (value.nanos - mod(value.nanos)) / 1_000_000_000n;
    if (typeof value !== "string") return undefined;
    return /^-?[0-9]{1,19}$/.test(value) ? withinInt(BigInt(value)) : noInt;
  },
  double: ([value]) => {
    if (typeof value === "number") return value;
    if (typeof value === "bigint") return Number(value);
    if (typeof value !== "string") return undefined;
    const isNumber = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,9})?$/.test(value);
    return isNumber ? Number(value) : new Failure("double() of a text that is no number");
  },
  string: ([value]) => {
    if (typeof value === "string") return value;
    if (value instanceof Uint8Array) {
      return isUtf8(value)
        ? Buffer.from(value).toString("utf8")
        : new Failure("bytes are no UTF-8");
    }
    if (value instanceof Timestamp) return printTimestamp(value);
    if (value instanceof Duration) return printDuration(value);
    const isPlain = typeof value === "bigint" || typeof value === "boolean";
    return isPlain || typeof value === "number" ? String(value) : undefined;
  },
  bytes: ([value]) => {
    if (value instanceof Uint8Array) return value;
    return typeof value === "string" ? Uint8Array.from(Buffer.from(value)) : undefined;
  },
  timestamp: ([value]) => {
    if (value instanceof Timestamp) return value;
    if (typeof value === "bigint") return timestamp(value * 1_000_000_000n);
    return typeof value === "string" ? parseTimestamp(value) : undefined;
  },
  duration: ([value]) => {
    if (value instanceof Duration) return value;
    return typeof value === "string" ? parseDuration(value) : undefined;
  },
};

/** Called as `size(value)`. */
export const FUNCTIONS: Readonly<Record<string, CelFunction>> = Object.fromEntries(
  Object.entries(CONVERSIONS).map(([name, run]) => [name, { counts: [1], run }]),
);

/** Called as `value.size()`, the receiver being the first value. */
export const METHODS: Readonly<Record<string, CelFunction>> = {
  size: { counts: [1], run: size },
  ...TEXT_METHODS,
  ...TIME_METHODS,
};

const noInt = new Failure("int() of what does not fit into 64 bits");

function intOf(value: number): Result {
  return Number.isFinite(value) ? withinInt(BigInt(Math.trunc(value))) : noInt;
}

/** An int, or the failure that it does not fit. */
function withinInt(value: bigint): Result {
  return value >= INT_MIN && value <= INT_MAX ? value : noInt;
}

function mod(nanos: bigint): bigint {
  return ((nanos % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
}
