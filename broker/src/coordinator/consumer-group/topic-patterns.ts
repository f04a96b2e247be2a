/**
 * The topics that regular expressions stand for, kept for as long as the topics are the same ones.
 *
 * Expressions come from clients (bad-input row P17): the engine is RE2's, whose time is linear in the text
 * for every expression, and their length and compiled size are bounded. Names are matched in slices, with
 * others served between them; until an expression is done, its topics are not known.
 */
import { messageOf } from "@runnel/kit/errors.ts";
import type { Scheduler } from "@runnel/kit/world.ts";
import { RE2JS } from "re2js";
import type { TopicLookup } from "../ports.ts";

/** UTF-16 units of an expression. */
export const PATTERN_LENGTH_MAX = 1_000;

/** Instructions of a compiled expression: what its time is linear in, besides the text. */
const PATTERN_SIZE_MAX = 2_000;

/** A counted repetition writes out what it repeats: length times all counts multiplied, before compiling. */
const PATTERN_WORK_MAX = 100_000;

/** Work of one slice, in names times instructions. */
const SLICE_WORK = 400_000;

/** Expressions that are kept; the one that was asked for longest ago goes first. */
const PATTERNS_KEPT_MAX = 500;

/** Slices wait for a turn each; expressions beyond start when asked for again. */
const RUNNING_MAX = 100;

interface Entry {
  readonly compiled: RE2JS;
  readonly namesPerSlice: number;
  /** Of the topics that `topics` were found among; −1 for none yet. */
  version: number;
  topics: readonly string[];
  isRunning: boolean;
}

export class TopicPatterns {
  readonly #topics: TopicLookup;
  readonly #scheduler: Scheduler;
  /** By their text, the one asked for last at the end. */
  readonly #entries = new Map<string, Entry>();
  #runningCount = 0;

  constructor(topics: TopicLookup, scheduler: Scheduler) {
    this.#topics = topics;
    this.#scheduler = scheduler;
  }

  /** Why the expression is none that is served; null for one that is. */
  problemOf(pattern: string): string | null {
    const entry = this.#entryOf(pattern);
    return typeof entry === "string" ? entry : null;
  }

  /**
   * Names of the topics there are now whose whole name matches, ascending, without the broker's own; null
   * while they are looked for, and for an expression that is not served.
   */
  topicsOf(pattern: string): readonly string[] | null {
    const entry = this.#entryOf(pattern);
    if (typeof entry === "string") return null;
    if (entry.version !== this.#topics.version && !entry.isRunning) this.#start(entry);
    return entry.version === this.#topics.version ? entry.topics : null;
  }

  #entryOf(pattern: string): Entry | string {
    const known = this.#entries.get(pattern);
    if (known !== undefined) {
      this.#entries.delete(pattern);
      this.#entries.set(pattern, known);
      return known;
    }
    const compiled = compile(pattern);
    if (typeof compiled === "string") return compiled;
    const namesPerSlice = Math.max(1, Math.floor(SLICE_WORK / compiled.programSize()));
    const entry = { compiled, namesPerSlice, version: -1, topics: [], isRunning: false };
    const [oldest] = this.#entries.keys();
    if (this.#entries.size >= PATTERNS_KEPT_MAX && oldest !== undefined) {
      this.#entries.delete(oldest);
    }
    this.#entries.set(pattern, entry);
    return entry;
  }

  #start(entry: Entry): void {
    if (this.#runningCount >= RUNNING_MAX) return;
    entry.isRunning = true;
    this.#runningCount += 1;
    const names = this.#topics.names();
    this.#match(entry, { names, version: this.#topics.version, found: [] });
  }

  /** One slice; where all names fit into it, the answer is there at once. */
  #match(
    entry: Entry,
    run: {
      readonly names: Iterator<string>;
      readonly version: number;
      readonly found: string[];
    },
  ): void {
    for (let count = 0; count < entry.namesPerSlice; count += 1) {
      const next = run.names.next();
      if (next.done === true) {
        entry.version = run.version;
        entry.topics = run.found.sort();
        entry.isRunning = false;
        this.#runningCount -= 1;
        return;
      }
      if (entry.compiled.testExact(next.value)) run.found.push(next.value);
    }
    this.#scheduler.soon(() => this.#match(entry, run));
  }
}

function compile(pattern: string): RE2JS | string {
  if (pattern.length > PATTERN_LENGTH_MAX) {
    return `a regular expression has at most ${PATTERN_LENGTH_MAX} characters`;
  }
  const tooLarge = `the regular expression becomes more than ${PATTERN_SIZE_MAX} instructions: repeat less`;
  if (pattern.length * repeatsOf(pattern) > PATTERN_WORK_MAX) return tooLarge;
  try {
    const compiled = RE2JS.compile(pattern);
    return compiled.programSize() <= PATTERN_SIZE_MAX ? compiled : tooLarge;
  } catch (error) {
    return `not a regular expression of RE2: ${messageOf(error)}`;
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
