import { describe, expect, it } from "vitest";
import { EVERY_ROW_MAX, everyPage } from "./every-page.ts";

describe("everyPage()", () => {
  it("goes from cursor to cursor until there is none", async () => {
    const pages = new Map([
      [null, { items: [1, 2], nextCursor: "a" }],
      ["a", { items: [], nextCursor: "b" }],
      ["b", { items: [3], nextCursor: null }],
    ]);
    const ask = (cursor: string | null) =>
      Promise.resolve(pages.get(cursor) ?? { items: [], nextCursor: null });
    expect(await everyPage(ask)).toEqual({ rows: [1, 2, 3], isAll: true });
  });

  it("ends at its limit, and says so", async () => {
    const items = Array.from({ length: 40_000 }, (_, index) => index);
    const { rows, isAll } = await everyPage(() => Promise.resolve({ items, nextCursor: "more" }));
    expect(rows).toHaveLength(EVERY_ROW_MAX);
    expect(isAll).toBe(false);
  });
});
