import { describe, expect, it } from "vitest";
import { diffJson } from "./json-diff.ts";

describe("diffJson()", () => {
  it("names each place once, with before and after", () => {
    const before = '{"id":1,"gone":true,"list":[1,2],"same":{"a":null}}';
    const after = '{"id":2,"list":[1,3,4],"same":{"a":null},"new":"x"}';
    expect(diffJson(before, after)).toEqual([
      { path: ["id"], before: "1", after: "2" },
      { path: ["gone"], before: "true", after: null },
      { path: ["list", 1], before: "2", after: "3" },
      { path: ["list", 2], before: null, after: "4" },
      { path: ["new"], before: null, after: '"x"' },
    ]);
  });

  it("sees the last digit of a long number, and the kind of a value", () => {
    expect(diffJson("9007199254740992", "9007199254740993")).toHaveLength(1);
    expect(diffJson('{"a":[]}', '{"a":{}}')).toEqual([{ path: ["a"], before: "[]", after: "{}" }]);
  });

  it("finds nothing in equal values, whatever the order of names", () => {
    expect(diffJson('{"a":1,"b":2}', '{"b":2,"a":1}')).toEqual([]);
  });

  it("holds the last of a name that stands twice against the other", () => {
    expect(diffJson('{"a":1,"a":2}', '{"a":3}')).toEqual([
      { path: ["a"], before: "2", after: "3" },
    ]);
  });

  it("tells an element that came or went from those that it moved", () => {
    expect(diffJson("[1,2,3]", "[0,1,2,3]")).toEqual([{ path: [0], before: null, after: "0" }]);
    expect(diffJson("[1,2,3]", "[1,3]")).toEqual([{ path: [1], before: "2", after: null }]);
    expect(diffJson("[1,[2],3]", "[1,[4],5,3]")).toEqual([
      { path: [1, 0], before: "2", after: "4" },
      { path: [2], before: null, after: "5" },
    ]);
  });

  it("a null that is there is not nothing", () => {
    expect(diffJson("{}", '{"a":null}')).toEqual([{ path: ["a"], before: null, after: "null" }]);
  });

  it("leaves out what is ignored, with all below it, in every element", () => {
    const before = '{"at":1,"items":[{"etag":"a","n":1},{"etag":"b","n":2}],"meta":{"x":1}}';
    const after = '{"at":2,"items":[{"etag":"c","n":1},{"etag":"d","n":3}],"meta":{"y":1}}';
    expect(diffJson(before, after, [["at"], ["items", null, "etag"], ["meta"]])).toEqual([
      { path: ["items", 1, "n"], before: "2", after: "3" },
    ]);
  });

  it("is null for what is no JSON", () => {
    expect(diffJson("text", "{}")).toBeNull();
  });
});
