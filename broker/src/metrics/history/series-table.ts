/**
 * Which series has which column, and who gets one when there are more than columns.
 *
 * A series keeps its column, and with it its past, after it has gone, until the column is needed. Once
 * the columns run out they are divided evenly among the families; within a family the most active
 * members have them, and one that has a column gives it up only to one that is twice as active.
 */
import { tagOf } from "./series-key.ts";

/** How much more active a member must be than one that has a column, to take its place. */
const TAKEOVER_RATIO = 2;

export class SeriesTable {
  /** By column; 0 for a free one. */
  readonly tags: Uint32Array;
  readonly #keys: (string | null)[];
  readonly #columns = new Map<string, number>();
  readonly #free: number[] = [];
  /** Columns of which the file does not know yet. */
  readonly #changed = new Set<number>();

  /** `keys` by column, as the file has them. */
  constructor(columns: number, keys: readonly (string | null)[]) {
    this.tags = new Uint32Array(columns);
    this.#keys = Array.from({ length: columns }, () => null);
    for (let column = 0; column < columns; column += 1) {
      const key = keys[column] ?? null;
      // A key that stands twice was moved, and a crash came between: the first place will do.
      if (key !== null && !this.#columns.has(key)) this.#assign(column, key);
      else this.#free.push(column);
    }
    this.#free.reverse();
  }

  get freeCount(): number {
    return this.#free.length;
  }

  /** Every series that has a column, also those that are gone. */
  entries(): Iterable<readonly [key: string, column: number]> {
    return this.#columns;
  }

  columnOf(key: string): number | undefined {
    return this.#columns.get(key);
  }

  /** Gives columns to all of `keys`, which fit the directory, with at least `reserve` left over; null where it cannot. */
  takeAll(keys: readonly string[], reserve: number): readonly number[] | null {
    const missing = keys.filter((key) => !this.#columns.has(key));
    if (missing.length > 0 && missing.length + reserve > this.#free.length) return null;
    for (const key of missing) {
      const column = this.#free.pop() as number;
      this.#assign(column, key);
      this.#changed.add(column);
    }
    return keys.map((key) => this.#columns.get(key) as number);
  }

  drop(key: string): void {
    const column = this.#columns.get(key);
    if (column === undefined) return;
    this.#columns.delete(key);
    this.#keys[column] = null;
    this.tags[column] = 0;
    this.#free.push(column);
    this.#changed.add(column);
  }

  /** What the file must be told; kept until `confirm`. */
  get changes(): readonly { readonly column: number; readonly key: string | null }[] {
    return Array.from(this.#changed, (column) => ({ column, key: this.#keys[column] ?? null }));
  }

  /** The file has all changes. */
  confirm(): void {
    this.#changed.clear();
  }

  #assign(column: number, key: string): void {
    this.#keys[column] = key;
    this.#columns.set(key, column);
    this.tags[column] = tagOf(key);
  }
}

export interface Candidate {
  readonly activity: number;
  readonly hasColumns: boolean;
}

/** A family that wants columns: `width` for each member. */
export interface Demand<C extends Candidate> {
  readonly width: number;
  readonly members: readonly C[];
}

/** For each of `demands`: the members that shall have columns, of `columns` in all. */
export function chooseMembers<C extends Candidate>(
  demands: readonly Demand<C>[],
  columns: number,
): readonly (readonly C[])[] {
  const shares = divide(
    columns,
    demands.map(({ width, members }) => width * members.length),
  );
  return demands.map(({ width, members }, index) => {
    const count = Math.floor((shares[index] as number) / width);
    if (members.length <= count) return members;
    const weigh = (one: C): number => one.activity * (one.hasColumns ? TAKEOVER_RATIO : 1);
    return members.toSorted((a, b) => weigh(b) - weigh(a)).slice(0, count);
  });
}

/** Splits `total` so that nobody gets more than wanted, and the least served as much as can be. */
export function divide(total: number, wanted: readonly number[]): readonly number[] {
  const shares = wanted.map(() => 0);
  const order = wanted.map((_, index) => index);
  order.sort((a, b) => (wanted[a] as number) - (wanted[b] as number));
  let left = total;
  for (const [rank, index] of order.entries()) {
    const even = Math.floor(left / (order.length - rank));
    shares[index] = Math.min(wanted[index] as number, even);
    left -= shares[index] as number;
  }
  return shares;
}
