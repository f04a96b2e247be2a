/** The functions of expressions, by name. What is not here cannot be called. */
import { Buffer, isUtf8 } from "node:buffer";
import { RE2JS } from "re2js";
import type { Budget } from "./budget.ts";
import { PATTERN_LENGTH_MAX, PATTERNS_KEPT_MAX } from "./limits.ts";
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

/** A regular expression of RE2: its time is linear in the text, whatever the pattern. */
export class Patterns {
  readonly #kept = new Map<string, RE2JS | Failure>();

  /** Whether a part of `text` matches. */
  test(text: string, pattern: string, budget: Budget): Result {
    const compiled = this.compile(pattern, budget);
    if (compiled instanceof Failure) return compiled;
    // An automaton takes longer for a character than a comparison does.
    return budget.spend(1 + text.length / 8) ? compiled.test(text) : (budget.exhausted as Failure);
  }

  compile(pattern: string, budget: Budget | null): RE2JS | Failure {
    const known = this.#kept.get(pattern);
    if (known !== undefined) return known;
    if (pattern.length > PATTERN_LENGTH_MAX) {
      return new Failure(`a pattern has at most ${PATTERN_LENGTH_MAX} characters`);
    }
    if (budget !== null && !budget.spend(1_000)) return budget.exhausted as Failure;
    const compiled = compilePattern(pattern);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= PATTERNS_KEPT_MAX && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(pattern, compiled);
    return compiled;
  }
}

function compilePattern(pattern: string): RE2JS | Failure {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    return new Failure(`the pattern is not RE2: ${error instanceof Error ? error.message : ""}`);
  }
}
