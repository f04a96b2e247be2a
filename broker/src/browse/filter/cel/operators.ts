/** Arithmetic. An int never becomes a double by itself, and never wraps around. */
import type { Budget } from "./budget.ts";
import { MADE_LENGTH_MAX } from "./limits.ts";
import { concatenate } from "./text-functions.ts";
import { duration, timestamp } from "./time-functions.ts";
import {
  type CelValue,
  Duration,
  Failure,
  INT_MAX,
  INT_MIN,
  isList,
  type Result,
  Timestamp,
  typeOf,
} from "./values.ts";

const overflow = new Failure("the result does not fit into 64 bits");
const divisionByZero = new Failure("division by zero");

type Binary = (a: CelValue, b: CelValue, budget: Budget) => Result;

/** What one of + - * / % does. */
export function arithmetic(operator: string): Binary {
  return (a, b, budget) => {
    if (typeof a === "bigint" && typeof b === "bigint") return ofInts(operator, a, b);
    if (typeof a === "number" && typeof b === "number" && operator !== "%") {
      return ofDoubles(operator, a, b);
    }
    const result = operator === "+" ? sum(a, b, budget) : operator === "-" ? less(a, b) : undefined;
    return result ?? mismatch(a, operator, b);
  };
}

export function negate(value: CelValue): Result {
  if (typeof value === "bigint") return value === INT_MIN ? overflow : -value;
  if (typeof value === "number") return -value;
  return value instanceof Duration ? duration(-value.nanos) : new Failure(`-${typeOf(value)}`);
}

function ofInts(operator: string, a: bigint, b: bigint): Result {
  if (b === 0n && (operator === "/" || operator === "%")) return divisionByZero;
  const result =
    operator === "+"
      ? a + b
      : operator === "-"
        ? a - b
        : operator === "*"
          ? a * b
          : operator === "/"
            ? a / b
            : a % b;
  return result >= INT_MIN && result <= INT_MAX ? result : overflow;
}

function ofDoubles(operator: string, a: number, b: number): number {
  if (operator === "+") return a + b;
  if (operator === "-") return a - b;
  return operator === "*" ? a * b : a / b;
}

function sum(a: CelValue, b: CelValue, budget: Budget): Result | undefined {
  if (typeof a === "string" && typeof b === "string") return concatenate(a, b, budget);
  if (a instanceof Duration && b instanceof Duration) return duration(a.nanos + b.nanos);
  if (a instanceof Timestamp && b instanceof Duration) return timestamp(a.nanos + b.nanos);
  if (a instanceof Duration && b instanceof Timestamp) return timestamp(a.nanos + b.nanos);
  const isBoth =
    (a instanceof Uint8Array && b instanceof Uint8Array) || (isSequence(a) && isSequence(b));
  if (!isBoth) return undefined;
  const length = a.length + b.length;
  if (length > MADE_LENGTH_MAX) return new Failure(`more than ${MADE_LENGTH_MAX} elements`);
  if (!budget.spend(a instanceof Uint8Array ? 1 + length / 64 : length)) {
    return budget.exhausted as Failure;
  }
  if (a instanceof Uint8Array) {
    const bytes = new Uint8Array(length);
    bytes.set(a);
    bytes.set(b as Uint8Array, a.length);
    return bytes;
  }
  return [...a, ...(b as readonly CelValue[])];
}

function isSequence(value: CelValue): value is readonly CelValue[] {
  return isList(value);
}

function less(a: CelValue, b: CelValue): Result | undefined {
  if (a instanceof Timestamp && b instanceof Timestamp) return duration(a.nanos - b.nanos);
  if (a instanceof Timestamp && b instanceof Duration) return timestamp(a.nanos - b.nanos);
  return a instanceof Duration && b instanceof Duration ? duration(a.nanos - b.nanos) : undefined;
}

function mismatch(a: CelValue, operator: string, b: CelValue): Failure {
  const types = new Set([typeOf(a), typeOf(b)]);
  const isMixed = types.size === 2 && types.has("int") && types.has("double");
  const remedy = isMixed ? ": write double(…) around the int, or 2.0 for 2" : "";
  return new Failure(`${typeOf(a)} ${operator} ${typeOf(b)}${remedy}`);
}
