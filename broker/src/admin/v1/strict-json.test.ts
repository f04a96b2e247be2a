import { describe, expect, test } from "vitest";
import { JSON_DEPTH_MAX, parseStrictJson } from "./strict-json.ts";

const problem = (text: string): string => {
  const result = parseStrictJson(text);
  return "problem" in result ? result.problem : "";
};

describe("parseStrictJson()", () => {
  test("takes what is plain JSON", () => {
    for (const value of [1, "a", null, [], {}, { a: [{ b: '}{][,"\\' }, { b: 2 }], "c,": {} }]) {
      expect(parseStrictJson(JSON.stringify(value))).toEqual({ value });
    }
  });

  test("H1: refuses keys that come twice, however they are written", () => {
    expect(problem('{"a":1,"b":{"a":1},"a":2}')).toContain('"a" comes twice');
    expect(problem('{"a":1,"\\u0061":2}')).toContain("comes twice");
    expect(problem('[{"a":1},{"a":"b","c":["a","a"]}]')).toBe("");
  });

  test("H1: refuses a key called __proto__, and no value", () => {
    expect(problem('{"__proto__":{"x":1}}')).toContain("__proto__");
    expect(problem('{"a":{"\\u005f_proto__":1}}')).toContain("__proto__");
    expect(problem('{"a":"__proto__"}')).toBe("");
  });

  test("H1: refuses what is deeper than the limit, and does not fall over what is very deep", () => {
    const nested = (depth: number): string => `${"[".repeat(depth)}${"]".repeat(depth)}`;
    expect(problem(nested(JSON_DEPTH_MAX))).toBe("");
    expect(problem(nested(JSON_DEPTH_MAX + 1))).toContain("deeper than 32");
    expect(problem(nested(500_000))).toContain("deeper than 32");
    expect(problem("[".repeat(1_000_000))).not.toBe("");
  });

  test("H1: refuses NaN and what is no JSON", () => {
    for (const text of [
      "NaN",
      "{a:1}",
      "[1,]",
      "",
      '{"a":Infinity}',
      "'a'",
      '{"a',
      '{"a\\',
      '{"\\u00":1}',
    ]) {
      expect(problem(text)).not.toBe("");
    }
  });
});
