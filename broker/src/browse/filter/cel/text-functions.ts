/** Functions on strings; positions count code points, as the specification has it. */
import type { Budget } from "./budget.ts";
import { MADE_LENGTH_MAX } from "./limits.ts";
import type { CelValue, Result } from "./values.ts";
import { Failure, isList } from "./values.ts";

export interface CelFunction {
  /** Numbers of values that it takes, a receiver included. */
  readonly counts: readonly number[];
  /** Undefined where it is not made for values of these types. */
  run(args: readonly CelValue[], budget: Budget): Result | undefined;
}

/** Characters that count as one step. */
const TEXT_PER_STEP = 64;

const madeTooMuch = new Failure(`a text of more than ${MADE_LENGTH_MAX} characters`);
const outOfRange = new Failure("a position outside of the text");

export const TEXT_METHODS: Readonly<Record<string, CelFunction>> = {
  contains: onTexts((text, part) => text.includes(part)),
  startsWith: onTexts((text, part) => text.startsWith(part)),
  endsWith: onTexts((text, part) => text.endsWith(part)),
  lowerAscii: onText((text) => text.replaceAll(/[A-Z]+/g, (part) => part.toLowerCase())),
  upperAscii: onText((text) => text.replaceAll(/[a-z]+/g, (part) => part.toUpperCase())),
  trim: onText((text) => text.trim()),
  indexOf: {
    counts: [2, 3],
    run: ([text, part, from = 0n], budget) => {
      if (typeof text !== "string" || typeof part !== "string") return undefined;
      if (typeof from !== "bigint") return undefined;
      return spendText(text, budget) ?? indexOf(text, part, from);
    },
  },
  lastIndexOf: {
    counts: [2],
    run: ([text, part], budget) => {
      if (typeof text !== "string" || typeof part !== "string") return undefined;
      return spendText(text, budget) ?? pointsBefore(text, text.lastIndexOf(part));
    },
  },
  substring: {
    counts: [2, 3],
    run: ([text, start, end], budget) => {
      if (typeof text !== "string" || typeof start !== "bigint") return undefined;
      if (end !== undefined && typeof end !== "bigint") return undefined;
      return spendText(text, budget) ?? substring(text, start, end);
    },
  },
  split: {
    counts: [2, 3],
    run: ([text, separator, limit = -1n], budget) => {
      if (typeof text !== "string" || typeof separator !== "string") return undefined;
      if (typeof limit !== "bigint") return undefined;
      const spent = spendText(text, budget);
      if (spent !== null) return spent;
      const parts = separator === "" ? Array.from(text) : text.split(separator);
      if (!budget.spend(parts.length)) return budget.exhausted as Failure;
      if (limit < 0n || BigInt(parts.length) <= limit) return parts;
      if (limit === 0n) return [];
      const kept = Number(limit) - 1;
      return [...parts.slice(0, kept), parts.slice(kept).join(separator)];
    },
  },
  join: {
    counts: [1, 2],
    run: ([list, separator = ""], budget) => {
      if (list === undefined || !isList(list) || typeof separator !== "string") return undefined;
      if (!budget.spend(list.length)) return budget.exhausted as Failure;
      const texts = list.filter((item) => typeof item === "string");
      if (texts.length < list.length) return new Failure("join() of what is not a string");
      const length = texts.reduce((sum, text) => sum + text.length + separator.length, 0);
      if (length > MADE_LENGTH_MAX) return madeTooMuch;
      return budget.spend(length / TEXT_PER_STEP)
        ? texts.join(separator)
        : (budget.exhausted as Failure);
    },
  },
};

/** Charges for a look at all of a text; null where that was possible. */
export function spendText(text: string, budget: Budget): Failure | null {
  return budget.spend(1 + text.length / TEXT_PER_STEP) ? null : budget.exhausted;
}

/** Two texts as one. */
export function concatenate(a: string, b: string, budget: Budget): Result {
  if (a.length + b.length > MADE_LENGTH_MAX) return madeTooMuch;
  return budget.spend(1 + (a.length + b.length) / TEXT_PER_STEP)
    ? a + b
    : (budget.exhausted as Failure);
}

/** Code points of a text. */
export function pointCount(text: string): bigint {
  let count = text.length;
  for (let i = 0; i < text.length; i += 1) if (isSecondHalf(text, i)) count -= 1;
  return BigInt(count);
}

function onText(run: (text: string) => string): CelFunction {
  return {
    counts: [1],
    run: ([text], budget) =>
      typeof text === "string" ? (spendText(text, budget) ?? run(text)) : undefined,
  };
}

function onTexts(run: (text: string, part: string) => boolean): CelFunction {
  return {
    counts: [2],
    run: ([text, part], budget) => {
      if (typeof text !== "string" || typeof part !== "string") return undefined;
      return spendText(text, budget) ?? run(text, part);
    },
  };
}

function indexOf(text: string, part: string, from: bigint): Result {
  const start = unitAt(text, from);
  return start < 0 ? outOfRange : pointsBefore(text, text.indexOf(part, start));
}

function substring(text: string, start: bigint, end: bigint | undefined): Result {
  const [from, to] = [unitAt(text, start), end === undefined ? text.length : unitAt(text, end)];
  return from < 0 || to < from ? outOfRange : text.slice(from, to);
}

/** Code points in front of a UTF-16 unit; −1 for −1. */
function pointsBefore(text: string, unit: number): bigint {
  return unit < 0 ? -1n : pointCount(text.slice(0, unit));
}

/** The UTF-16 unit at which a code point begins, the one behind the last included; −1 for no place. */
function unitAt(text: string, point: bigint): number {
  if (point < 0n || point > BigInt(text.length)) return -1;
  let left = Number(point);
  let unit = 0;
  for (; left > 0 && unit < text.length; left -= 1) {
    unit += isSecondHalf(text, unit + 1) ? 2 : 1;
  }
  return left > 0 ? -1 : unit;
}

/** Whether the unit is the second of a pair. */
function isSecondHalf(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  if (!(unit >= 0xdc00 && unit < 0xe000) || at === 0) return false;
  const before = text.charCodeAt(at - 1);
  return before >= 0xd800 && before < 0xdc00;
}
