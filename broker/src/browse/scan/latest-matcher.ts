/**
 * Keeps the newest record of every key, of records that come newest first in each partition.
 *
 * Below `positions` it is a new scan; above, where an earlier one has told of its finds, it only learns which
 * keys there are.
 */
import type { Condition } from "@runnel/contracts/filter-model.ts";
import { compileFilter, type FilterOptions } from "../filter/compile.ts";
import type { FilterError, RecordMatcher } from "../filter/matcher.ts";
import { LATEST_KEYS_MAX } from "../limits.ts";
import type { RecordCursor } from "../record.ts";
import { KeySet } from "./key-set.ts";

export interface LatestOptions extends FilterOptions {
  readonly condition: Condition | null;
  /** Keys whose newest record is a tombstone are told of, too. */
  readonly hasTombstones: boolean;
  /** Told of before: everything from there on; null for nothing. */
  readonly positions: ReadonlyMap<number, number> | null;
}

export class LatestMatcher implements RecordMatcher {
  readonly #keys = new KeySet(LATEST_KEYS_MAX);
  readonly #hasTombstones: boolean;
  readonly #positions: ReadonlyMap<number, number> | null;
  /** What the filter asks of keys alone: other keys need not be remembered. */
  readonly #keyMatcher: RecordMatcher | null;
  readonly #matcher: RecordMatcher | null;

  constructor({ condition, hasTombstones, positions, ...options }: LatestOptions) {
    this.#hasTombstones = hasTombstones;
    this.#positions = positions;
    const aboutKeys = keyPartOf(condition);
    this.#keyMatcher = aboutKeys === null ? null : compileFilter(aboutKeys, options);
    this.#matcher = condition === null ? null : compileFilter(condition, options);
  }

  /** There are more keys than can be told apart. */
  get isFull(): boolean {
    return this.#keys.isFull;
  }

  get errorCount(): number {
    return this.#matcher?.errorCount ?? 0;
  }

  get firstError(): FilterError | null {
    return this.#matcher?.firstError ?? null;
  }

  matches(record: RecordCursor): boolean {
    const { partition, offset, bytes, layout } = record;
    const { keyAt, keyLength, valueLength } = layout;
    if (keyLength < 0 || this.#keys.isFull) return false;
    if (this.#keyMatcher !== null && !this.#keyMatcher.matches(record)) return false;
    if (!this.#keys.add(partition, bytes, keyAt, keyAt + keyLength)) return false;
    if (offset >= (this.#positions?.get(partition) ?? Number.POSITIVE_INFINITY)) return false;
    if (valueLength < 0 && !this.#hasTombstones) return false;
    return this.#matcher === null || this.#matcher.matches(record);
  }
}

/** The part of a condition that every match meets and that looks at nothing but the key. */
function keyPartOf(condition: Condition | null): Condition | null {
  if (condition === null || isAboutKey(condition)) return condition;
  if (condition.kind !== "all") return null;
  const parts = condition.conditions.flatMap((part) => keyPartOf(part) ?? []);
  const [only = null] = parts;
  return parts.length < 2 ? only : { kind: "all", conditions: parts };
}

function isAboutKey(condition: Condition): boolean {
  switch (condition.kind) {
    case "compare":
    case "exists":
      return condition.field.kind === "key";
    case "not":
      return isAboutKey(condition.condition);
    case "all":
    case "any":
      return condition.conditions.every(isAboutKey);
    default:
      return false;
  }
}
