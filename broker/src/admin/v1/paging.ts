/** Sorts, filters and cuts a list; the cursor stands for the last row that was given. */
import { nameMatcher } from "@runnel/contracts/name-filter.ts";
import { PAGE_SIZE_DEFAULT } from "@runnel/contracts/page.ts";
import { Refusal } from "../problem.ts";

type SortValue = string | number | null;

/** A list before it is cut. */
export interface Listing<T, S extends string> {
  readonly rows: readonly T[];
  /** What the filter looks at. */
  readonly textOf: (row: T) => string;
  /** Unique among the rows, and the order of those that are equal otherwise. */
  readonly keyOf: (row: T) => string;
  /** By what rows can be sorted; null comes last in either order. */
  readonly sorts: Readonly<Record<S, (row: T) => SortValue>>;
  /** Where the query does not say. */
  readonly sortDefault: S;
}

export interface PageQuery<S extends string> {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
  readonly filter?: string | undefined;
  readonly sort?: S | undefined;
  readonly order?: "asc" | "desc" | undefined;
}

export interface Cut<T> {
  readonly rows: readonly T[];
  readonly nextCursor: string | null;
  /** Rows that match, on all pages. */
  readonly total: number;
}

/** Throws a `Refusal` for a cursor that is not of this list, sort and order. */
export function paginate<T, S extends string>(listing: Listing<T, S>, query: PageQuery<S>): Cut<T> {
  const { limit = PAGE_SIZE_DEFAULT, order = "asc", sort = listing.sortDefault } = query;
  const valueOf = listing.sorts[sort];
  const isMatch = nameMatcher(query.filter ?? "");
  const places: Place<T>[] = listing.rows
    .filter((row) => isMatch(listing.textOf(row)))
    .map((row) => ({ row, value: valueOf(row), key: listing.keyOf(row) }));
  const compare = comparison(order);
  const after = query.cursor === undefined ? null : decodeCursor(query.cursor, `${sort}:${order}`);
  const left = after === null ? places : places.filter((place) => compare(place, after) > 0);
  const page = firstOf(left, limit, compare);
  const last = page.at(-1);
  const isLast = last === undefined || page.length >= left.length;
  return {
    rows: page.map(({ row }) => row),
    nextCursor: isLast ? null : encodeCursor(last, `${sort}:${order}`),
    total: places.length,
  };
}

/** The first `count` in order. A page is short and a list may be long: the rest is not sorted. */
function firstOf<T extends Position>(
  places: readonly T[],
  count: number,
  compare: (a: T, b: T) => number,
): readonly T[] {
  const first: T[] = [];
  // What does not come before it is on a later page.
  let bound: T | undefined;
  for (const place of places) {
    if (bound !== undefined && compare(place, bound) > 0) continue;
    first.push(place);
    if (first.length < 2 * count) continue;
    first.sort(compare);
    first.length = count;
    bound = first.at(-1);
  }
  return first.sort(compare).slice(0, count);
}

interface Position {
  readonly value: SortValue;
  readonly key: string;
}

interface Place<T> extends Position {
  readonly row: T;
}

function comparison(order: "asc" | "desc"): (a: Position, b: Position) => number {
  const sign = order === "asc" ? 1 : -1;
  return (a, b) => {
    if (a.value !== b.value) {
      if (a.value === null) return 1;
      if (b.value === null) return -1;
      return a.value < b.value ? -sign : sign;
    }
    return a.key === b.key ? 0 : a.key < b.key ? -1 : 1;
  };
}

function encodeCursor({ value, key }: Position, kind: string): string {
  return Buffer.from(JSON.stringify([kind, value, key])).toString("base64url");
}

function decodeCursor(cursor: string, kind: string): Position {
  try {
    const parts = JSON.parse(Buffer.from(cursor, "base64url").toString()) as readonly unknown[];
    const [saysKind, value, key] = parts;
    const isValue = value === null || typeof value === "string" || typeof value === "number";
    if (saysKind === kind && isValue && typeof key === "string") return { value, key };
  } catch {
    // Told below, as any other that is not ours.
  }
  throw new Refusal("invalid-request", {
    detail: "cursor: it is not of this list, in this order",
    remedy: "Ask for the first page again, without a cursor.",
    errors: [{ in: "query", field: "cursor", message: "is not of this list, in this order" }],
  });
}
