/**
 * Regular expressions of RE2, bounded before they are compiled: their time is linear in the text, but also
 * in what they are compiled to.
 */
import { messageOf } from "@runnel/kit/errors.ts";
import { RE2JS } from "re2js";
import type { Budget } from "./budget.ts";
import {
  PATTERN_LENGTH_MAX,
  PATTERN_SIZE_MAX,
  PATTERN_WORK_PER_STEP,
  PATTERNS_KEPT_MAX,
  PATTERNS_MAX,
  PATTERNS_SIZE_MAX,
} from "./limits.ts";
import { patternSize } from "./pattern-size.ts";
import { Failure, type Result } from "./values.ts";

/** A pattern that is ready to run. */
export class Pattern {
  readonly #compiled: RE2JS;
  readonly #size: number;

  constructor(compiled: RE2JS) {
    this.#compiled = compiled;
    this.#size = compiled.programSize();
  }

  /** Whether a part of `text` matches. */
  test(text: string, budget: Budget): Result {
    const steps = 1 + (text.length * this.#size) / PATTERN_WORK_PER_STEP;
    return budget.spend(steps) ? this.#compiled.test(text) : (budget.exhausted as Failure);
  }
}

/** The patterns of one filter. */
export class Patterns {
  /** Made at run time, the oldest first. */
  readonly #kept = new Map<string, Pattern | Failure>();
  #count = 0;
  #size = 0;

  /** A pattern that stands in the filter, all of which are bounded together. */
  add(text: string): Pattern | Failure {
    const size = sizeOf(text);
    if (size instanceof Failure) return size;
    this.#count += 1;
    this.#size += size;
    if (this.#count > PATTERNS_MAX) {
      return new Failure(`a filter has at most ${PATTERNS_MAX} patterns`);
    }
    if (this.#size > PATTERNS_SIZE_MAX) {
      return new Failure(
        `the patterns of the filter become more than ${PATTERNS_SIZE_MAX} instructions: repeat less`,
      );
    }
    return compile(text);
  }

  /** Whether a part of `text` matches a pattern that is known at run time. */
  test(text: string, pattern: string, budget: Budget): Result {
    const made = this.#kept.get(pattern) ?? this.#make(pattern, budget);
    return made instanceof Failure ? made : made.test(text, budget);
  }

  #make(pattern: string, budget: Budget): Pattern | Failure {
    const size = sizeOf(pattern);
    if (size instanceof Failure) return size;
    if (!budget.spend(1_000 + PATTERN_WORK_PER_STEP * size)) return budget.exhausted as Failure;
    const made = compile(pattern);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= PATTERNS_KEPT_MAX && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(pattern, made);
    return made;
  }
}

function sizeOf(pattern: string): number | Failure {
  if (pattern.length > PATTERN_LENGTH_MAX) {
    return new Failure(`a pattern has at most ${PATTERN_LENGTH_MAX} characters`);
  }
  const size = patternSize(pattern);
  if (size <= PATTERN_SIZE_MAX) return size;
  return new Failure(
    `the pattern becomes more than ${PATTERN_SIZE_MAX} instructions: repeat less, or fewer classes`,
  );
}

function compile(pattern: string): Pattern | Failure {
  try {
    return new Pattern(RE2JS.compile(pattern));
  } catch (error) {
    return new Failure(`the pattern is not RE2: ${messageOf(error)}`);
  }
}
