import { describe, expect, it } from "vitest";
import {
  CONDITION_DEPTH_MAX,
  CONDITIONS_MAX,
  type FilterOperand,
  NUMBER_LENGTH_MAX,
  PATH_STEPS_MAX,
} from "./filter-model.ts";
import { type FilterChip, parseFilter } from "./filter-parser.ts";
import { printFilter } from "./filter-printer.ts";
import { FILTER_TEXT_LENGTH_MAX } from "./filter-words.ts";
import { Condition } from "./filters.ts";

function read(text: string): FilterChip[] {
  const parsed = parseFilter(text);
  if (parsed.kind === "error") throw new Error(parsed.message);
  return parsed.chips.map(({ condition, isOff }) => ({ condition, isOff }));
}

function one(text: string): Condition {
  const [chip, ...rest] = read(text);
  expect(rest).toEqual([]);
  if (chip === undefined) throw new Error("no chip");
  return chip.condition;
}

/** The error of `text` with the stretch that it marks. */
function fault(text: string): { readonly marked: string; readonly message: string } {
  const parsed = parseFilter(text);
  if (parsed.kind !== "error") throw new Error(`${text} is a filter`);
  return { marked: text.slice(parsed.start, parsed.end), message: parsed.message };
}

const text = (value: string): FilterOperand => ({ kind: "text", text: value });
const number = (value: string): FilterOperand => ({ kind: "number", number: value });
const key = { kind: "key", path: [] } as const;
const at = (...path: (string | number | null)[]) => ({ kind: "value", path }) as const;

describe("a condition", () => {
  it.each([
    ['key:"o-17"', { kind: "compare", field: key, operator: "equals", operand: text("o-17") }],
    ["key=o-17", { kind: "compare", field: key, operator: "equals", operand: text("o-17") }],
    ["key == 17", { kind: "compare", field: key, operator: "equals", operand: number("17") }],
    ['key="17"', { kind: "compare", field: key, operator: "equals", operand: text("17") }],
    ["key=007", { kind: "compare", field: key, operator: "equals", operand: text("007") }],
    [
      'key=x"00 FF"',
      { kind: "compare", field: key, operator: "equals", operand: { kind: "bytes", hex: "00ff" } },
    ],
    [
      "key!=null",
      { kind: "compare", field: key, operator: "notEquals", operand: { kind: "null" } },
    ],
    [
      "key^=order-",
      { kind: "compare", field: key, operator: "startsWith", operand: text("order-") },
    ],
    ["key~17", { kind: "compare", field: key, operator: "contains", operand: text("17") }],
    [
      "key~~ABC",
      { kind: "compare", field: key, operator: "containsExactly", operand: text("ABC") },
    ],
    [
      "header.trace=abc",
      {
        kind: "compare",
        field: { kind: "header", name: "trace" },
        operator: "equals",
        operand: text("abc"),
      },
    ],
    [
      "header.kafka_dlt-exception.fqcn:java.lang.Error",
      {
        kind: "compare",
        field: { kind: "header", name: "kafka_dlt-exception.fqcn" },
        operator: "equals",
        operand: text("java.lang.Error"),
      },
    ],
    ['header."a b"=*', { kind: "exists", field: { kind: "header", name: "a b" } }],
    [
      "value.total>30",
      { kind: "compare", field: at("total"), operator: "greater", operand: number("30") },
    ],
    [
      'value.items[0]["a b"].x <= -1.50e3',
      {
        kind: "compare",
        field: at("items", 0, "a b", "x"),
        operator: "lessOrEqual",
        operand: number("-1.50e3"),
      },
    ],
    [
      "value.items[*].sku=x",
      { kind: "compare", field: at("items", null, "sku"), operator: "equals", operand: text("x") },
    ],
    [
      "value.ok=true",
      {
        kind: "compare",
        field: at("ok"),
        operator: "equals",
        operand: { kind: "boolean", boolean: true },
      },
    ],
    ["value=null", { kind: "compare", field: at(), operator: "equals", operand: { kind: "null" } }],
    ['value=""', { kind: "compare", field: at(), operator: "equals", operand: text("") }],
    ["value.a=*", { kind: "exists", field: at("a") }],
    ["value.a!=*", { kind: "not", condition: { kind: "exists", field: at("a") } }],
    [
      "partition:3",
      {
        kind: "compare",
        field: { kind: "partition" },
        operator: "equals",
        operand: number("3"),
      },
    ],
    [
      "timestamp>=2026-05-01T12:00+02:00",
      {
        kind: "compare",
        field: { kind: "timestamp" },
        operator: "greaterOrEqual",
        operand: number(String(Date.UTC(2026, 4, 1, 10))),
      },
    ],
    ["timeout", { kind: "text", text: "timeout" }],
    ["value.total", { kind: "text", text: "value.total" }],
    ["key", { kind: "text", text: "key" }],
    ['"two words"', { kind: "text", text: "two words" }],
    ['`a "b" c`', { kind: "text", text: 'a "b" c' }],
    ["cel:`size(key) > 3`", { kind: "cel", expression: "size(key) > 3" }],
    ["not timeout", { kind: "not", condition: { kind: "text", text: "timeout" } }],
  ] satisfies [string, Condition][])("%s", (written, condition) => {
    expect(one(written)).toEqual(condition);
    expect(Condition.parse(condition)).toEqual(condition);
    expect(one(printFilter([{ condition, isOff: false }]))).toEqual(condition);
  });
});

describe("conditions", () => {
  const [a, b, c] = ["a", "b", "c"].map((word): Condition => ({ kind: "text", text: word }));
  const parts = (...conditions: (Condition | undefined)[]) =>
    conditions.map((condition) => ({ condition, isOff: false }));

  it.each([
    ["", []],
    ["  ", []],
    ["a b", parts(a, b)],
    ["a and b AND c", parts(a, b, c)],
    ["(a and b) c", parts({ kind: "all", conditions: [a, b] } as Condition, c)],
    ["a or b", parts({ kind: "any", conditions: [a, b] } as Condition)],
    ["((a) OR b)", parts({ kind: "any", conditions: [a, b] } as Condition)],
    [
      "a b or c",
      parts({ kind: "any", conditions: [{ kind: "all", conditions: [a, b] }, c] } as Condition),
    ],
    [
      "not(a or b)c",
      parts({ kind: "not", condition: { kind: "any", conditions: [a, b] } } as Condition, c),
    ],
  ])("%j", (written, expected) => {
    expect(read(written)).toEqual(expected);
  });

  it("can be switched off and kept", () => {
    expect(read("off(a or b) c")).toEqual([
      { condition: { kind: "any", conditions: [a, b] }, isOff: true },
      { condition: c, isOff: false },
    ]);
  });

  it("print in one form", () => {
    const print = (written: string) => printFilter(read(written));
    expect(print("key : 'x'")).toBe(`key="'x'"`);
    expect(print("a AND (b OR c)")).toBe("a (b or c)");
    expect(print("timestamp > 1767225600000")).toBe("timestamp>2026-01-01T00:00:00.000Z");
    expect(print('cel:"a == \\"b\\""')).toBe('cel:`a == "b"`');
  });
});

describe("an error marks its place and says what to do", () => {
  it.each([
    ["vaule.total>3", "vaule.total", "do you mean value"],
    ["headers.a=1", "headers.a", "do you mean header"],
    ["http://x", "http", "quote what you look for"],
    ['{"a":1}', ":", "quote what you look for"],
    ["(a or b", "(", "not closed"],
    ["a)", ")", "closes nothing"],
    ["()", ")", "a condition is missing"],
    ["a or", "", "a condition is missing after or"],
    ["and b", "and", "a condition is missing in front of and"],
    ['key:"o-17', '"o-17', "not closed"],
    ['key:"a\nb"', '"a\nb"', "write"],
    ["key:", "", "an operand is missing"],
    ["key=(a or b)", "(", "an operand is missing"],
    ['value."a b"', 'value."a b"', "an operator is missing"],
    ["value.a[x]=1", "[x", "an index"],
    ["value.a[99999999999]=1", "99999999999", "at most"],
    ["partition=abc", "abc", "whole number"],
    ["partition~3", "3", "compare it with"],
    ["partition=*", "partition=*", "is there with every record"],
    ["timestamp>2026-05-01", "2026-05-01", "zone"],
    ["timestamp>2026-05-01T10:00:00", "2026-05-01T10:00:00", "zone"],
    ["timestamp>2026-13-01T10:00:00Z", "2026-13-01T10:00:00Z", "zone"],
    ['key=x"0"', 'x"0"', "pairs of hex digits"],
    ['value.a=x"00"', 'x"00"', "JSON holds no bytes"],
    ['key~x"00"', 'x"00"', "~~"],
    ['key~""', '""', "something to look for"],
    ['""', '""', "something to look for"],
    ["value.a<true", "true", "only a text or a number"],
    ["value.a>1e9999999", "1e9999999", "exponent"],
    ["cel:a", "cel:", "quote the expression"],
    ["not off(a)", "off(", "stands for itself"],
    ["off(a) or b", "off(a)", "cannot be an alternative"],
    ["a off(b", "off(", "not closed"],
    ['key="\\ud800"', '"\\ud800"', "surrogate"],
    ["!a", "!", "quote what you look for"],
    [
      `value${".a".repeat(PATH_STEPS_MAX + 1)}=1`,
      ".a".repeat(PATH_STEPS_MAX + 1),
      "a path has at most",
    ],
    [`key=${"9".repeat(NUMBER_LENGTH_MAX + 1)}`, "9".repeat(NUMBER_LENGTH_MAX + 1), "longer than"],
  ])("%s", (written, marked, message) => {
    const found = fault(written);
    expect(found.message).toContain(message);
    expect(found.marked).toBe(marked);
  });
});

describe("limits", () => {
  it("hold for the text", () => {
    expect(fault("a".repeat(FILTER_TEXT_LENGTH_MAX + 1)).message).toContain("at most");
  });

  it("hold for nesting, in text and data", () => {
    const nested = (depth: number) => "not ".repeat(depth) + "a";
    expect(read(nested(CONDITION_DEPTH_MAX))).toHaveLength(1);
    expect(fault(nested(CONDITION_DEPTH_MAX + 1)).message).toContain("nested");
    expect(fault("(".repeat(10_000)).message).toContain("nested");
    let condition: Condition = { kind: "text", text: "a" };
    for (let depth = 0; depth < CONDITION_DEPTH_MAX; depth += 1) {
      condition = { kind: "not", condition };
    }
    expect(Condition.safeParse(condition).success).toBe(true);
    expect(Condition.safeParse({ kind: "not", condition }).success).toBe(false);
  });

  it("hold for the number of conditions", () => {
    expect(read("a ".repeat(CONDITIONS_MAX - 1))).toHaveLength(CONDITIONS_MAX - 1);
    expect(fault("a ".repeat(CONDITIONS_MAX)).message).toContain(`${CONDITIONS_MAX} conditions`);
  });
});

describe("data that makes no sense is refused", () => {
  it.each([
    { kind: "text", text: "" },
    { kind: "text", text: "\ud800" },
    { kind: "text", text: "a", more: 1 },
    { kind: "all", conditions: [{ kind: "text", text: "a" }] },
    { kind: "compare", field: { kind: "offset" }, operator: "equals", operand: text("a") },
    { kind: "compare", field: { kind: "offset" }, operator: "less", operand: number("1.5") },
    { kind: "compare", field: key, operator: "less", operand: { kind: "null" } },
    { kind: "compare", field: key, operator: "equals", operand: number("01") },
    { kind: "compare", field: key, operator: "equals", operand: { kind: "bytes", hex: "0" } },
    { kind: "exists", field: { kind: "offset" } },
    { kind: "compare", field: at(-1), operator: "equals", operand: text("") },
    { kind: "compare", field: { kind: "__proto__" }, operator: "equals", operand: text("") },
    { kind: "nothing" },
    null,
  ])("%j", (data) => {
    expect(Condition.safeParse(data).success).toBe(false);
  });
});
