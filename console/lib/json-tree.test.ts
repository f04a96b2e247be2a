import { describe, expect, it } from "vitest";
import { JsonTree } from "./json-tree.ts";

const lines = (tree: JsonTree): string[] =>
  tree.rows(0, 1_000).map(({ depth, key, text }) => `${"  ".repeat(depth)}${key ?? "$"} ${text}`);

describe("JsonTree", () => {
  it("shows a small tree unfolded, numbers with every digit", () => {
    const tree = new JsonTree('{"id":9007199254740993,"price":1.10,"tags":["a",null,true],"o":{}}');
    expect(lines(tree)).toEqual([
      "$ id: 9007199254740993, price: 1.10, tags: […], o: {…}",
      "  id 9007199254740993",
      "  price 1.10",
      '  tags "a", null, true',
      '    0 "a"',
      "    1 null",
      "    2 true",
      "  o ",
    ]);
  });

  it("knows the path of each row", () => {
    const tree = new JsonTree('{"a":{"b.c":[{"d":1}]}}');
    expect(tree.rows(0, 9).at(-1)?.path).toEqual(["a", "b.c", 0, "d"]);
  });

  it("folds and unfolds, with all that is inside", () => {
    const tree = new JsonTree('{"a":{"b":{"c":1}},"d":2}');
    expect(tree.rowCount).toBe(5);
    expect(tree.toggle(1)).toBe(true);
    expect(tree.rowCount).toBe(3);
    tree.toggle(1);
    expect(tree.rowCount).toBe(4);
    tree.unfoldAll();
    expect(tree.rowCount).toBe(5);
    tree.foldAll();
    expect(tree.rowCount).toBe(3);
    expect(tree.toggle(2)).toBe(false);
  });

  it("is a single row for a scalar, and for an empty object", () => {
    expect(lines(new JsonTree('"text"'))).toEqual(['$ "text"']);
    expect(lines(new JsonTree("{}"))).toEqual(["$ "]);
  });

  it("keeps large trees folded, and cuts long texts", () => {
    const big = JSON.stringify({ list: Array.from({ length: 10_000 }, (_, at) => ({ at })) });
    const tree = new JsonTree(big);
    expect(tree.rowCount).toBe(2);
    tree.toggle(1);
    expect(tree.rowCount).toBe(10_002);
    expect(tree.rows(9_999, 10_001)).toHaveLength(2);
    const [row] = new JsonTree(JSON.stringify("x".repeat(5_000))).rows(0, 1);
    expect(row).toMatchObject({ isCut: true });
    expect(row?.text.length).toBeLessThan(1_000);
  });

  it("unfolds hundreds of thousands of rows at once, in their order, and no more than it may", () => {
    const list = Array.from({ length: 150_000 }, (_, at) => ({ at, tags: [at] }));
    const tree = new JsonTree(JSON.stringify({ list, last: { a: 1 } }));
    tree.unfoldAll();
    expect(tree.rowCount).toBeGreaterThan(400_000);
    expect(tree.rowCount).toBeLessThanOrEqual(500_000);
    expect(lines(tree).slice(0, 6)).toEqual([
      "$ list: […], last: {…}",
      `  list ${"{…}, ".repeat(20).slice(0, -2).slice(0, 80)}`,
      "    0 at: 0, tags: […]",
      "      at 0",
      "      tags 0",
      "        0 0",
    ]);
  });

  it("gives back a part as JSON", () => {
    const tree = new JsonTree('{"a":{"id":12345678901234567890}}');
    expect(tree.textOf(1)).toBe('{\n  "id": 12345678901234567890\n}');
  });

  it("takes __proto__ for the name that it is here", () => {
    expect(() => lines(new JsonTree('{"__proto__":{"a":1},"b":2}'))).not.toThrow();
  });

  it("takes the last of a name that stands twice, and names it", () => {
    const tree = new JsonTree('{"a":1,"b":{"c":[1],"c":[2]},"a":null,"d":1,"d":1}');
    expect(lines(tree).slice(1, 3)).toEqual(["  a null", "  b c: […]"]);
    expect(tree.repeatedNames).toEqual(["c", "a"]);
    expect(new JsonTree("{}").repeatedNames).toEqual([]);
  });

  it.each(["", "{", "nope", '{"a":1,}'])("throws for %j", (text) => {
    expect(() => new JsonTree(text)).toThrow(SyntaxError);
  });
});
