import { describe, expect, test } from "vitest";
import { type Listing, type PageQuery, paginate } from "./paging.ts";

interface Row {
  readonly name: string;
  readonly size: number | null;
}

type Sort = "name" | "size";

function listing(rows: readonly Row[]): Listing<Row, Sort> {
  return {
    rows,
    textOf: ({ name }) => name,
    keyOf: ({ name }) => name,
    sorts: { name: ({ name }) => name, size: ({ size }) => size },
    sortDefault: "name",
  };
}

const ROWS: readonly Row[] = [
  { name: "c", size: 3 },
  { name: "a", size: null },
  { name: "b", size: 3 },
  { name: "e", size: 1 },
  { name: "d", size: 7 },
];

/** The names of all pages. */
function walk(rows: readonly Row[], query: PageQuery<Sort>): string[] {
  const pages: string[] = [];
  let cursor: string | undefined;
  do {
    const page = paginate(listing(rows), { ...query, cursor });
    pages.push(page.rows.map(({ name }) => name).join(""));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return pages;
}

describe("paginate()", () => {
  test("gives every row once, in order, whatever the size of a page", () => {
    expect(walk(ROWS, { limit: 2 })).toEqual(["ab", "cd", "e"]);
    expect(walk(ROWS, { limit: 5 })).toEqual(["abcde"]);
    expect(walk(ROWS, { limit: 2, order: "desc" })).toEqual(["ed", "cb", "a"]);
    expect(walk([], {})).toEqual([""]);
  });

  test("gives the same pages of a long list as sorting all of it does", () => {
    const rows = Array.from({ length: 1_000 }, (_, index) => ({
      name: `n-${(index * 7_919) % 1_000}`,
      size: index % 3 === 0 ? null : index % 10,
    }));
    const names = rows.map(({ name }) => name).sort();
    for (const limit of [1, 7, 1_000]) {
      expect(walk(rows, { limit }).join("")).toBe(names.join(""));
      expect(walk(rows, { limit, order: "desc" }).join("")).toBe(names.toReversed().join(""));
      const bySize = walk(rows, { sort: "size", limit }).join("");
      expect(bySize).toBe(walk(rows, { sort: "size", limit: 999 }).join(""));
    }
  });

  test("sorts by a value, equals by their key, and null last in either order", () => {
    expect(walk(ROWS, { sort: "size", limit: 2 })).toEqual(["eb", "cd", "a"]);
    expect(walk(ROWS, { sort: "size", order: "desc", limit: 2 })).toEqual(["db", "ce", "a"]);
  });

  test("goes on behind the last row given, though it is gone and others came", () => {
    const first = paginate(listing(ROWS), { limit: 2 });
    const cursor = first.nextCursor ?? "";
    const rows = [{ name: "aa", size: 0 }, { name: "bb", size: 0 }, ...ROWS.slice(0, 2)];
    const next = paginate(listing(rows), { cursor });
    expect(next.rows.map(({ name }) => name)).toEqual(["bb", "c"]);
  });

  test("counts what matches, on all pages", () => {
    const { total, rows } = paginate(listing(ROWS), { limit: 1, filter: "?" });
    expect([total, rows.length]).toEqual([5, 1]);
    expect(paginate(listing(ROWS), { filter: "C" }).total).toBe(1);
  });

  test("refuses a cursor of another order, and what is none", () => {
    const cursor = paginate(listing(ROWS), { limit: 2 }).nextCursor ?? "";
    const foreign = Buffer.from('["name:asc",{},1]').toString("base64url");
    for (const query of [
      { cursor, sort: "size" } as const,
      { cursor, order: "desc" } as const,
      { cursor: "x" },
      { cursor: "bnVsbA" },
      { cursor: foreign },
    ]) {
      expect(() => paginate(listing(ROWS), query)).toThrow("not of this list");
    }
  });
});
