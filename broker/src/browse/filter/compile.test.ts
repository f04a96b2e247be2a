import { conditionOf, parseFilter } from "@runnel/contracts/filter-parser.ts";
import type { Condition } from "@runnel/contracts/filters.ts";
import { RE2JS } from "re2js";
import { describe, expect, it, vi } from "vitest";
import { RecordCursor } from "../record.ts";
import { cursorOn, openBatch, type SimpleRecord } from "../testing-records.ts";
import { boundsOf } from "./bounds.ts";
import { ExpressionError } from "./cel/expression.ts";
import { PATTERNS_MAX, PATTERNS_SIZE_MAX } from "./cel/limits.ts";
import { compileFilter } from "./compile.ts";
import type { RecordMatcher } from "./matcher.ts";

const condition = (text: string) => {
  const parsed = parseFilter(text);
  if (parsed.kind === "error") throw new Error(parsed.message);
  return conditionOf(parsed.chips);
};
const filter = (text: string): RecordMatcher => compileFilter(condition(text));
const matches = (text: string, record: SimpleRecord): boolean => {
  return filter(text).matches(cursorOn(record));
};

describe("compileFilter()", () => {
  it("matches everything without a condition", () => {
    expect(matches("", {})).toBe(true);
    expect(matches("off(key=a)", { key: "b" })).toBe(true);
  });

  it.each([
    [null, [true, false, false]],
    ["", [false, true, false]],
    ["null", [false, false, true]],
  ])("tells a tombstone from no bytes and from the word null: %j", (value, expected) => {
    const found = ["value=null", 'value=""', 'value="null"'].map((text) =>
      matches(text, { value }),
    );
    expect(found).toEqual(expected);
  });

  it.each([
    ["9007199254740993", "value.n=9007199254740993", true],
    ["9007199254740992", "value.n=9007199254740993", false],
    ["-9223372036854775808", "value.n<-9223372036854775807", true],
    ["0.1", "value.n=0.10000000000000000000001", false],
    ["0.1", "value.n=1e-1", true],
    ['"0.10"', "value.n=0.1", true],
    ['"0.10"', 'value.n="0.1"', false],
    ["1e400", "value.n>1e399", true],
  ])("compares numbers exactly: %s in %s is %s", (number, text, expected) => {
    expect(matches(text, { value: `{"n":${number}}` })).toBe(expected);
  });

  it("knows an int64 key by its number", () => {
    const key = Uint8Array.of(0, 0, 0, 0, 0, 0, 4, 210);
    expect(matches("key=1234", { key })).toBe(true);
    expect(matches("key>1233 key<1235", { key })).toBe(true);
    expect(matches("key=1234", { key: "1234" })).toBe(true);
    expect(matches("key=1235", { key })).toBe(false);
  });

  it("takes the last member of a name", () => {
    expect(matches("value.a=2", { value: '{"a":1,"\\u0061":2}' })).toBe(true);
    expect(matches("value.a=1", { value: '{"a":1,"\\u0061":2}' })).toBe(false);
    expect(matches("value.a=1", { value: '{"a":1}}' })).toBe(false);
  });
});

describe("a filter with an expression", () => {
  const record = { key: "a", value: '{"n":1}' };

  it("matches what it is true for", () => {
    expect(matches("cel:`value.n + 1 == 2`", record)).toBe(true);
    expect(matches("not cel:`value.n + 1 == 2`", record)).toBe(false);
  });

  it("does not match where it fails, turned around or not, and says so", () => {
    for (const text of [
      "cel:`value.m == 1`",
      "not cel:`value.m == 1`",
      "key=a cel:`value.m == 1`",
    ]) {
      const matcher = filter(text);
      const cursor = cursorOn({ ...record, partition: 3, offset: 17 });
      expect(matcher.matches(cursor)).toBe(false);
      expect(matcher.matches(cursor)).toBe(false);
      expect(matcher.errorCount).toBe(2);
      const message = "there is no value.m";
      expect(matcher.firstError).toEqual({ partition: 3, offset: 17, message });
    }
  });

  it("is decided by another condition where that is enough", () => {
    const either = filter("key=a or cel:`value.m == 1`");
    expect(either.matches(cursorOn(record))).toBe(true);
    const both = filter("key=b cel:`value.m == 1`");
    expect(both.matches(cursorOn(record))).toBe(false);
    expect(either.errorCount + both.errorCount).toBe(0);
  });

  it("is refused where it makes no sense", () => {
    expect(() => filter("key=a cel:`nope`")).toThrow(ExpressionError);
  });
});

describe("boundsOf()", () => {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

  it.each([
    ["", null, null],
    ["key=a", null, ["a"]],
    ["key=17", null, ["17", "\0\0\0\x11", "\0\0\0\0\0\0\0\x11"]],
    ['key="17" partition=3', [3], ["17"]],
    ["key=a or key=b", null, ["a", "b"]],
    ["key=a or value=b", null, null],
    ["key=a key=b", null, []],
    ["partition=1 or partition=2", [1, 2], null],
    ["not key=a", null, null],
    ["key=null", null, null],
    ["key.id=1", null, null],
  ])("of %j", (written, partitions, keys) => {
    const bounds = boundsOf(condition(written));
    expect(bounds.partitions).toEqual(partitions);
    expect(bounds.keys?.map(text) ?? null).toEqual(keys);
  });

  it("of offsets and times", () => {
    const { offsetMin, offsetMax } = boundsOf(condition("offset>=5 offset<9"));
    expect([offsetMin, offsetMax]).toEqual([5, 8]);
    expect(boundsOf(condition("timestamp>5 or timestamp=3")).timestampMin).toBe(3);
    expect(boundsOf(condition("timestamp<5")).timestampMin).toBe(Number.NEGATIVE_INFINITY);
    expect(boundsOf(condition("offset=9223372036854775807")).offsetMin).toBeLessThan(2 ** 63);
  });
});

describe("patterns of one filter", () => {
  const withPatterns = (count: number, text: string): Condition => ({
    kind: "all",
    conditions: Array.from({ length: count }, (_, n) => ({
      kind: "cel",
      expression: `key.matches("${n}${text}")`,
    })),
  });

  it.each([
    ["many", 100, "a", "at most 64 patterns"],
    ["large", 60, "a{900}", "more than 8000 instructions"],
  ])("are bounded together before they are compiled: %s", (_name, count, text, message) => {
    const compiled = vi.spyOn(RE2JS, "compile");
    expect(() => compileFilter(withPatterns(count, text))).toThrow(message);
    const sizes = compiled.mock.results.map(({ value }) => (value as RE2JS).programSize());
    compiled.mockRestore();
    expect(sizes.length).toBeLessThanOrEqual(PATTERNS_MAX);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(PATTERNS_SIZE_MAX);
  });

  it("are compiled once, however many there are", () => {
    const many = withPatterns(PATTERNS_MAX, "|a");
    const matcher = compileFilter(many);
    const compiled = vi.spyOn(RE2JS, "compile");
    for (let n = 0; n < 10; n += 1) expect(matcher.matches(cursorOn({ key: "a" }))).toBe(true);
    expect(compiled).not.toHaveBeenCalled();
    compiled.mockRestore();
  });
});

describe("a matcher", () => {
  it("goes through batches whose bytes lie in the same places", () => {
    const matcher = filter("value.b=1");
    const cursor = new RecordCursor();
    const found = ['{"a":1}', '{"b":1}', '{"a":1}', '{"b":1}'].map((json) => {
      const value = Buffer.from(json);
      openBatch(cursor, { records: [{ key: null, value }] });
      cursor.next();
      return matcher.matches(cursor);
    });
    expect(found).toEqual([false, true, false, true]);
  });
});
