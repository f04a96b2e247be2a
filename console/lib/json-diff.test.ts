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

  it("is null for what is no JSON", () => {
    expect(diffJson("text", "{}")).toBeNull();
  });
});
