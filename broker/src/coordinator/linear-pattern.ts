/**
 * Regular expressions of RE2 that come from clients (bad-input row P17): their time is linear in the text for
 * every expression, and what they are compiled to is bounded.
 */
import { messageOf } from "@runnel/kit/errors.ts";
import { RE2JS } from "re2js";

/** UTF-16 units of an expression. */
export const PATTERN_LENGTH_MAX = 1_000;

/** Instructions of a compiled expression: what its time is linear in, besides the text. */
const PATTERN_SIZE_MAX = 2_000;

/** A counted repetition writes out what it repeats: length times all counts multiplied, before compiling. */
const PATTERN_WORK_MAX = 100_000;

/** Work after which others have their turn, in texts times instructions. */
const SLICE_WORK = 400_000;

export class LinearPattern {
  readonly #compiled: RE2JS;

  /** The expression, or why it is none that is served. */
  static compile(pattern: string): LinearPattern | string {
    if (pattern.length > PATTERN_LENGTH_MAX) {
      return `a regular expression has at most ${PATTERN_LENGTH_MAX} characters`;
    }
    const tooLarge = `the regular expression becomes more than ${PATTERN_SIZE_MAX} instructions`;
    if (pattern.length * repeatsOf(pattern) > PATTERN_WORK_MAX) return tooLarge;
    try {
      const compiled = RE2JS.compile(pattern);
      return compiled.programSize() <= PATTERN_SIZE_MAX ? new LinearPattern(compiled) : tooLarge;
    } catch (error) {
      return `not a regular expression of RE2: ${messageOf(error)}`;
    }
  }

  private constructor(compiled: RE2JS) {
    this.#compiled = compiled;
  }

  /** How many texts may be tried before others have their turn. */
  get textsPerSlice(): number {
    return Math.max(1, Math.floor(SLICE_WORK / this.#compiled.programSize()));
  }

  /** Whether the whole text matches. */
  matches(text: string): boolean {
    return this.#compiled.testExact(text);
  }
}

/** The product of all counted repetitions: never less than what they multiply each other by. */
function repeatsOf(pattern: string): number {
  let product = 1;
  for (const [, from = "0", to = ""] of pattern.matchAll(/\{(\d{1,9})(?:,(\d{0,9}))?\}/g)) {
    product *= Math.max(1, Number(from), Number(to));
  }
  return product;
}
