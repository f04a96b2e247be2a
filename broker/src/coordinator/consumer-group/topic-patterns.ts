/**
 * The topics that regular expressions stand for, kept for as long as the topics are the same ones.
 *
 * Expressions come from clients (bad-input row P17, `linear-pattern.ts`). Names are matched in slices, with
 * others served between them; until an expression is done, its topics are not known.
 */
import type { Scheduler } from "@runnel/kit/world.ts";
import { LinearPattern } from "../linear-pattern.ts";
import type { TopicLookup } from "../ports.ts";

/** Expressions that are kept; the one that was asked for longest ago goes first. */
const PATTERNS_KEPT_MAX = 500;

/** Slices wait for a turn each; expressions beyond start when asked for again. */
const RUNNING_MAX = 100;

interface Entry {
  readonly pattern: LinearPattern;
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
    const compiled = LinearPattern.compile(pattern);
    if (typeof compiled === "string") return compiled;
    const entry = { pattern: compiled, version: -1, topics: [], isRunning: false };
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
    for (let count = 0; count < entry.pattern.textsPerSlice; count += 1) {
      const next = run.names.next();
      if (next.done === true) {
        entry.version = run.version;
        entry.topics = run.found.sort();
        entry.isRunning = false;
        this.#runningCount -= 1;
        return;
      }
      if (entry.pattern.matches(next.value)) run.found.push(next.value);
    }
    this.#scheduler.soon(() => this.#match(entry, run));
  }
}
