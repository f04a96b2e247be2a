import { describe, expect, it } from "vitest";
import { listRefresh, narrowed, rowsOfPage, shareFewPages } from "./list-pages.ts";

describe("rowsOfPage()", () => {
  it("is little for the first page, and never more than the broker gives", () => {
    expect(rowsOfPage(null)).toBe(100);
    expect(rowsOfPage("x")).toBe(1_000);
  });
});

describe("listRefresh()", () => {
  const after = (refreshMs: number | false, pages?: number) =>
    listRefresh(refreshMs)({
      state: pages === undefined ? {} : { data: { pages: Array.from({ length: pages }) } },
    });

  it("asks for many pages more rarely than for one", () => {
    expect([after(5_000), after(5_000, 1), after(5_000, 11)]).toEqual([5_000, 5_000, 55_000]);
  });

  it("never asks where only a hand does", () => expect(after(false, 3)).toBe(false));
});

describe("narrowed()", () => {
  const page = (...names: readonly string[]) => ({
    items: names.map((name) => ({ name })),
    total: 9,
  });
  const data = {
    pages: [page("orders.eu", "billing"), page("orders.us")],
    pageParams: [null, "x"],
  };
  const by = (filter: string | undefined) =>
    narrowed(data, filter, ({ name }) => name)?.pages.flatMap(({ items }) =>
      items.map(({ name }) => name),
    );

  it("keeps the rows that match, page by page", () => {
    expect(by("ord")).toEqual(["orders.eu", "orders.us"]);
    expect(by("*.us")).toEqual(["orders.us"]);
    expect(narrowed(data, "us", ({ name }) => name)).toMatchObject({
      pages: [{ total: 9 }, { total: 9 }],
      pageParams: [null, "x"],
    });
  });

  it("keeps all where it cannot know", () => {
    expect(by("nothing")).toEqual(["orders.eu", "billing", "orders.us"]);
    expect(by(undefined)).toEqual(["orders.eu", "billing", "orders.us"]);
    expect(narrowed(undefined, "x", () => "")).toBeUndefined();
  });
});

describe("shareFewPages()", () => {
  const data = (...pages: readonly number[]) => ({ pages: pages.map((id) => ({ id })) });

  it("keeps what did not change of a short list, and takes a long one as it comes", () => {
    const [short, long] = [data(1, 2), data(1, 2, 3)];
    expect(shareFewPages(short, data(1, 2))).toBe(short);
    const next = data(1, 2, 3);
    expect(shareFewPages(long, next)).toBe(next);
  });
});
