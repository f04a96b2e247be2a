import { describe, expect, it } from "vitest";
import { cursorOn, type SimpleRecord } from "../../testing-records.ts";
import { compileExpression, ExpressionError } from "./expression.ts";
import { CEL_NODES_MAX, EVALUATION_MS_MAX, EXHAUSTIONS_MAX, STEPS_MAX } from "./limits.ts";
import { Failure } from "./values.ts";

const stopped = (): number => 0;

const order = {
  id: "o-17",
  total: 30.5,
  big: "exact",
  ok: true,
  none: null,
  tags: ["new", "blue"],
  items: [
    { sku: "a", quantity: 2 },
    { sku: "b", quantity: 5 },
  ],
};
const record: SimpleRecord = {
  key: "o-17",
  value: JSON.stringify(order).replace('"exact"', "9007199254740993"),
  headers: { trace: "abc", empty: null },
  timestamp: Date.UTC(2026, 4, 1, 10),
  partition: 3,
  offset: 42,
};

/** True, false, or the message of the failure. */
function test(expression: string, on: SimpleRecord = record): boolean | string {
  const result = compileExpression(expression, stopped).test(cursorOn(on));
  return result instanceof Failure ? result.message : result;
}

function fault(expression: string): { message: string; marked: string } {
  try {
    compileExpression(expression, stopped);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return { message: error.message, marked: expression.slice(error.start, error.end) };
  }
  throw new Error(`${expression} is an expression`);
}

describe("an expression is true", () => {
  it.each([
    'key == "o-17"',
    "value.total > 30",
    "value.total > 30.25 && value.total < 30.75",
    "value.big == 9007199254740993",
    "value.big != 9007199254740992",
    "value.ok && value.none == null",
    'value.tags[1] == "blue" && "new" in value.tags',
    '"id" in value && !("other" in value)',
    'value["id"] == key',
    "value.items.exists(item, item.quantity > 4)",
    "value.items.all(item, item.quantity >= 2)",
    "value.items.exists_one(item, item.sku == 'a')",
    "value.items.filter(item, item.quantity > 2).size() == 1",
    "value.items.map(item, item.quantity) == [2, 5]",
    "value.items.map(item, item.quantity > 2, item.sku) == ['b']",
    "value.exists(name, name == 'total')",
    "value.items.exists(a, value.items.exists(b, a.quantity < b.quantity))",
    "has(value.total) && !has(value.other)",
    "value.other == 1 || value.total > 1",
    "headers.trace == 'abc' && headers['empty'] == null",
    "timestamp >= timestamp('2026-05-01T10:00:00Z')",
    "timestamp - duration('1h30m') == timestamp('2026-05-01T08:30:00.000Z')",
    "timestamp.getFullYear() == 2026 && timestamp.getMonth() == 4",
    "timestamp.getDate() == 1 && timestamp.getDayOfYear() == 120 && timestamp.getHours() == 10",
    "duration('90m').getHours() == 1 && duration('-1.5s').getMilliseconds() == -1500",
    "offset == 42 && partition == 3",
    "keySize == 4 && valueSize == size(string(bytes(dyn(key)))) - 4 + valueSize",
    "size > valueSize",
    "key.startsWith('o-') && key.endsWith('17') && key.contains('-')",
    "key.matches('^o-[0-9]+$') && !key.matches('^[0-9]+$')",
    "key.upperAscii() == 'O-17' && 'ÄB'.lowerAscii() == 'Äb' && ' a '.trim() == 'a'",
    "key.substring(2) == '17' && key.substring(0, 1) == 'o' && key.indexOf('1') == 2",
    "'a😀b'.size() == 3 && 'a😀b'.indexOf('b') == 2 && 'a😀b'.substring(1, 2) == '😀'",
    "'a,b,c'.split(',') == ['a', 'b', 'c'] && 'a,b,c'.split(',', 2) == ['a', 'b,c']",
    "['a', 'b'].join('-') == 'a-b' && ['a', 'b'].join() == 'ab' && 'abab'.lastIndexOf('ab') == 2",
    "int('17') == 17 && int(17.9) == 17 && double('1e3') == 1000.0 && string(17) == '17'",
    "int(timestamp) == 1777629600 && bool('true') && string(b'ab') == 'ab'",
    "string(timestamp) == '2026-05-01T10:00:00Z' && string(duration('1500ms')) == '1.5s'",
    "1 + 2 * 3 - 4 / 2 == 5 && 7 % 4 == 3 && -7 / 2 == -3 && 7.0 / 2.0 == 3.5",
    "'a' + 'b' == 'ab' && [1] + [2] == [1, 2] && b'a' + b'b' == b'ab'",
    "value.total == 30.5 ? true : false",
    "{'a': 1, 'b': [2]} == {'b': [2], 'a': 1}",
    "[1, 'a', 2.0].size() == 3 && dyn(1) == 1.0 && dyn('1') != 1",
    "'Z' < 'a' && '\\ue000' < '\\U00010000' && false < true && b'a' < b'b'",
  ])("%s", (expression) => {
    expect(test(expression)).toBe(true);
  });
});

describe("an expression fails", () => {
  it.each([
    ["value.other > 1", "there is no value.other"],
    ["value.id.x == 1", "there is no value.id.x"],
    ["dyn(value.id).x == 1", 'string has no "x"'],
    ["dyn(value).other == 1", 'there is no "other"'],
    ["value.tags[2] == 'a'", "there is no value.tags[2]"],
    ["dyn(value.tags)[2] == 'a'", "there is no such element"],
    ["value['x y'] == 1", 'there is no value["x y"]'],
    ["value[string(offset)] == 1", "there is no such key"],
    ["value.total + 1 > 2.0", "double + int: write double(…)"],
    ["value.id > 1", "string > int"],
    ["value.big * value.big > 0", "does not fit into 64 bits"],
    ["1 / (value.big - value.big) > 0", "division by zero"],
    ["value.ok > 1", "bool > int"],
    ["value.id", "string in place of bool"],
    ["value.id && true", "string in place of bool"],
    ["value.items.all(item, item.quantity)", "int in place of bool"],
    ["value.id.getFullYear() > 3", "there is no getFullYear() of string"],
    ["int(value.id) > 1", "int() of what"],
    ["value.id.substring(9) == ''", "outside of the text"],
    ["timestamp(value.id) > timestamp", "a timestamp is written"],
    ["has(value.other.x)", "there is no value.other"],
    ["value.id.matches(value.id + '(')", "not RE2"],
  ])("%s: %s", (expression, message) => {
    expect(test(expression)).toContain(message);
  });
});

describe("key and value", () => {
  it.each([
    [null, "value == null"],
    ["", "value == ''"],
    ["17", "value == '17' && int(value) == 17"],
    ['"text"', "value == '\"text\"'"],
    ["{", "value == '{'"],
    [' {"a":[1,{"b":null}]} ', "value.a[1].b == null"],
    ['{"a":1,"a":2}', "value.a == 2"],
    ['{"__proto__":1,"constructor":2}', "value.__proto__ == 1 && value.constructor == 2"],
    ['{"a":12345678901234567890}', "value.a > 9223372036854775807"],
    [Uint8Array.of(0xff, 0), "value == b'\\xff\\x00' && size(value) == 2"],
  ])("%j: %s", (value, expression) => {
    expect(test(expression, { value })).toBe(true);
  });
});

describe("what makes no sense is refused, with its place", () => {
  it.each([
    ["", "", "Unexpected token"],
    ["value.total >", "", "Unexpected token"],
    ["offset + 1.5 > 2.0", "offset + 1.5", "no such overload"],
    ["nope == 1", "nope", "Unknown variable"],
    ["offset", "offset", "yields int"],
    ["size()", "size()", "no matching overload"],
    ["5u == 5u", "5u", "unsigned"],
    ["key.matches('(a')", "'(a'", "not RE2"],
    ["key.matches('(a)\\\\1')", "'(a)\\\\1'", "not RE2"],
    ["offset == 9223372036854775808", "9223372036854775808", "does not fit into 64 bits"],
    ["type(key) == int", "type(key)", "there is no type()"],
    ["cel.bind(x, 1, x == 1)", "cel.bind(x, 1, x == 1)", "there is no bind()"],
    [
      "timestamp.getHours('Europe/Berlin') == 1",
      "timestamp.getHours('Europe/Berlin')",
      "no getHours() of 2",
    ],
    ["bytes('{}').json() == {}", "bytes('{}').json()", "there is no json()"],
  ])("%s", (expression, marked, message) => {
    const found = fault(expression);
    expect(found.message).toContain(message);
    expect(found.marked).toBe(marked);
  });
});

describe("limits", () => {
  it.each([
    ["text", `key == "${"a".repeat(1024 * 1024)}"`, "characters"],
    ["brackets", `${"(".repeat(4000)}true${")".repeat(4000)}`, "maxDepth"],
    ["negations", `${"!".repeat(8000)}true`, "maxAstNodes"],
    ["members", `value${".a".repeat(4000)} == 1`, "maxDepth"],
    ["choices", `${"true ? ".repeat(1100)}true`, "maxDepth"],
    ["conditions", Array.from({ length: CEL_NODES_MAX }, () => "true").join("||"), "maxAstNodes"],
    ["lists", `key in [${"1,".repeat(300)}1]`, "maxListElements"],
    ["patterns", `key.matches('${"a".repeat(2000)}')`, "a pattern has at most"],
    ["repetitions", "key.matches('((a{1000}){1000}){1000}')", "becomes more than"],
    ["repeated text", `key.matches('(?:${"a".repeat(980)}){1000}')`, "becomes more than"],
    ["repeated classes", `key.matches('(?:${"\\\\pL".repeat(100)}){19}')`, "becomes more than"],
  ])("hold for %s", (_name, expression, message) => {
    expect(fault(expression).message).toContain(message);
  });

  const list = JSON.stringify(Array.from({ length: 1000 }, (_, index) => index));
  const loops = "value.all(a, value.all(b, value.all(c, a + b + c >= 0)))";

  it("hold for steps: a loop of a billion ends", () => {
    expect(test(loops, { value: list })).toBe(`more than ${STEPS_MAX} steps`);
  });

  it("hold for steps of what is no loop", () => {
    const long = JSON.stringify({ a: "x".repeat(500_000) });
    const doubling = "[value.a]" + ".map(x, x + x)".repeat(12) + "[0] == ''";
    expect(test(doubling, { value: long })).toContain("a text of more than");
    const searches = `${"value.a.contains('y') || ".repeat(20)}false`;
    expect(test(searches, { value: long })).toBe(`more than ${STEPS_MAX} steps`);
  });

  it("hold for time", () => {
    let now = 0;
    const clock = (): number => (now += 20);
    const expression = compileExpression("value.all(a, value.all(b, a + b >= 0))", clock);
    const result = expression.test(cursorOn({ value: list }));
    expect(result).toMatchObject({ message: `more than ${EVALUATION_MS_MAX} ms`, isFinal: true });
  });

  it("are not caught by what makes up for failures", () => {
    expect(test(`${loops} || true`, { value: list })).toContain("steps");
    expect(test(`!(${loops}) && false`, { value: list })).toContain("steps");
    expect(test(`[1].exists(x, ${loops}) || true`, { value: list })).toContain("steps");
  });

  it("end an expression that always exceeds them", () => {
    const expression = compileExpression(loops, stopped);
    const cursor = cursorOn({ value: list });
    for (let i = 0; i < EXHAUSTIONS_MAX; i += 1) {
      expect(expression.test(cursor)).toMatchObject({ isFinal: true });
    }
    expect(expression.test(cursorOn({ value: "[]" }))).toMatchObject({
      message: expect.stringContaining("no longer tried"),
    });
  });

  it("hold for what is looked into", () => {
    const deep = `${'{"a":'.repeat(101)}1${"}".repeat(101)}`;
    expect(test("value.size() == 1", { value: deep })).toContain("nested deeper");
    expect(test("value.a.size() == 1", { value: deep })).toBe(true);
    const large = JSON.stringify({ a: "x".repeat(1024 * 1024), b: 1 });
    expect(test("value.size() == 2", { value: large })).toContain("looked into are at most");
    expect(test("value.a == ''", { value: large })).toContain("looked into are at most");
    expect(test("value.b == 1", { value: large })).toBe(true);
  });

  it("hold for a pattern by what it becomes, on each character of a text", () => {
    const pattern = "(?:a|b)*a(?:a|b){300}[cd]";
    const short = JSON.stringify({ a: "ab".repeat(200) });
    expect(test(`value.a.matches('${pattern}')`, { value: short })).toBe(false);
    const long = JSON.stringify({ a: "ab".repeat(10_000) });
    const exhausted = `more than ${STEPS_MAX} steps`;
    expect(test(`value.a.matches('${pattern}')`, { value: long })).toBe(exhausted);
    expect(test(`value.a.matches('${pattern}' + key)`, { key: "", value: long })).toBe(exhausted);
    const tooLarge = "the pattern becomes more than";
    expect(test(`key.matches(key + '{1000}')`, { key: "(?:abcdef)" })).toContain(tooLarge);
  });

  it("hold for patterns made at run time by what they become", () => {
    // Each is another one, so that none is kept.
    const patterns = "[1,2,3,4,5].exists(n, key.matches('a{900}b{' + string(n) + '00}'))";
    expect(test(patterns, { key: "a" })).toBe(`more than ${STEPS_MAX} steps`);
  });

  it("hold for patterns that a backtracking engine would not survive", () => {
    const value = JSON.stringify({ a: `${"a".repeat(50_000)}!` });
    expect(test("value.a.matches('^(a+)+$')", { value })).toBe(false);
    expect(test("value.a.matches('^(a|aa)+$')", { value })).toBe(false);
  });
});
