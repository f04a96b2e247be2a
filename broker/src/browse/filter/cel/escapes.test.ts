/**
 * Attempts to get out of an expression: to the runtime, to prototypes, into loops without end. Each must
 * be refused, or come to a result as plain data within its budget, and leave no trace.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { cursorOn } from "../../testing-records.ts";
import { compileExpression, ExpressionError } from "./expression.ts";
import { STEPS_MAX } from "./limits.ts";
import { Failure } from "./values.ts";

const TOUCH = "globalThis.escaped = true";

const ESCAPES = [
  `constructor.constructor("${TOUCH}")()`,
  `value.constructor.constructor("${TOUCH}")() == 1`,
  "value.constructor == 1",
  "value.constructor.prototype == 1",
  "value.__proto__ == null",
  "value.__proto__.polluted == 1",
  'value["__proto__"]["polluted"] == 1',
  'value["constructor"]["constructor"] == 1',
  'value["con" + "structor"] == 1',
  "value.toString() == 'x'",
  "value.valueOf() == 1",
  "value.hasOwnProperty('a')",
  "value.__defineGetter__('a', 1)",
  "value.__lookupGetter__('a') == 1",
  "key.constructor == 1",
  "key.length == 4",
  "key['length'] == 4",
  "key.toString() == key",
  "key.replace('a', 'b') == key",
  "key.repeat(1000000000) == ''",
  "key.padEnd(1000000000) == ''",
  `"".constructor.constructor("${TOUCH}")()`,
  `''.sub.constructor("${TOUCH}")()`,
  `[].constructor.constructor("${TOUCH}")()`,
  `{}.constructor.constructor("${TOUCH}")()`,
  `[].map.constructor("${TOUCH}")()`,
  "[1, 2].length == 2",
  "[1].push(2) == 2",
  "[1][-1] == 1",
  "[1]['length'] == 1",
  "[1]['map'] == 1",
  "value.a.map(constructor, constructor) == [1]",
  "value.a.map(__proto__, __proto__) == [1]",
  "value.a.exists(prototype, true)",
  "value.a.all(this, this)",
  `Function("${TOUCH}")()`,
  `eval("${TOUCH}")`,
  `(0, eval)("${TOUCH}")`,
  `new Function("${TOUCH}")()`,
  `new Date()`,
  "process.exit(1)",
  "process.env.HOME == ''",
  "globalThis.process.exit(1)",
  "global.process == 1",
  "this.constructor == 1",
  "self == 1",
  "window == 1",
  "require('child_process').execSync('id') == ''",
  "import('fs') == 1",
  "import.meta.url == ''",
  "module == 1",
  "arguments == 1",
  "__proto__ == 1",
  "prototype == 1",
  `\`\${${TOUCH}}\` == ''`,
  `\${${TOUCH}} == ''`,
  `(() => { ${TOUCH} })()`,
  `function(){ ${TOUCH} }()`,
  `x => { ${TOUCH} }`,
  `value = 1`,
  `value.a = [1]`,
  `${TOUCH}`,
  `true; ${TOUCH}`,
  `true, ${TOUCH}`,
  `true // */ ${TOUCH}`,
  `true /* */ || ${TOUCH}`,
  "delete value.a",
  "typeof value == 'object'",
  "void 0 == null",
  "value instanceof Object",
  "while (true) {}",
  "for (;;) {}",
  "throw 1",
  "async () => await value",
  "yield value",
  "value?.a == 1",
  "value ?? 1 == 1",
  "...value == 1",
  "/(a+)+$/.test(key)",
  "key.matches('(a+)+$') == true",
  "key.matches('(?=a)b')",
  "key.matches('(a)\\\\1')",
  "bytes(key).json() == 1",
  "b'abc'.buffer == 1",
  "b'abc'['constructor'] == 1",
  "dyn(value).constructor == 1",
  "type(value).constructor == 1",
  "google.protobuf.Timestamp.constructor == 1",
  "google.constructor == 1",
  "cel.constructor == 1",
  "cel.bind(a, value.constructor, a == 1)",
  "timestamp.constructor == 1",
  "timestamp.getTime() == 1",
  "timestamp.setFullYear(1) == 1",
  "timestamp.getHours('../../etc/passwd') == 1",
  "headers.constructor == 1",
  "headers['__proto__'] == 1",
  "{'__proto__': 1}.polluted == 1",
  "{'__proto__': {'polluted': 1}} == {}",
  "{'constructor': 1}.constructor == 1",
  "{__proto__: 1} == {}",
  "optional.of(1).constructor == 1",
  "value.?a == 1",
  "has(value.constructor)",
  "has(value.__proto__)",
  "value.exists(k, k == 'constructor')",
  "\\u0063onstructor == 1",
  "value.\\u0063onstructor == 1",
  "valu\\u0065 == 1",
  "𝗏alue == 1",
  "value\u200b == 1",
  "\u202etrue",
  "\0",
  "true\0false",
  "9".repeat(8000),
  `1e${"9".repeat(1000)} > 0.0`,
  "0x" + "f".repeat(4000) + " > 0",
];

const record = {
  key: "o-17",
  value: '{"a":[1,2,3],"b":"x"}',
  headers: { trace: "abc" },
};

/** Whether an expression reached what is outside of it. */
function hasTrace(): boolean {
  const isPolluted = Object.getOwnPropertyNames(Object.prototype).includes("polluted");
  return isPolluted || Object.hasOwn(globalThis, "escaped");
}

describe("an escape", () => {
  it.each(ESCAPES.map((text) => [text.slice(0, 60), text]))("%j comes to nothing", (_, text) => {
    let outcome: unknown;
    try {
      outcome = compileExpression(text, () => 0).test(cursorOn(record));
    } catch (error) {
      outcome = error;
    }
    const isHarmless =
      outcome === false || outcome instanceof Failure || outcome instanceof ExpressionError;
    const isPlainTrue = outcome === true && PLAIN.has(text);
    expect(isHarmless || isPlainTrue).toBe(true);
    expect(hasTrace()).toBe(false);
  });

  it("is tried in more than 50 ways, also on records that speak of prototypes", () => {
    expect(ESCAPES.length).toBeGreaterThan(50);
    const value = '{"__proto__":{"polluted":1},"constructor":{"constructor":"x"},"toString":1}';
    const test = (text: string) => compileExpression(text, () => 0).test(cursorOn({ value }));
    expect(test("value.__proto__.polluted == 1")).toBe(true);
    expect(test("value.constructor.constructor == 'x'")).toBe(true);
    expect(test("{}.polluted == 1")).toBeInstanceOf(Failure);
    expect(test("value.__proto__.polluted.constructor == 1")).toBeInstanceOf(Failure);
  });

  it("by loops ends", () => {
    const value = JSON.stringify(Array.from({ length: 2_000 }, () => 1));
    const text = "value.map(a, value.map(b, value.map(c, value.map(d, a + b + c + d)))).size() > 0";
    const result = compileExpression(text, () => 0).test(cursorOn({ value }));
    expect(result).toMatchObject({ message: `more than ${STEPS_MAX} steps` });
  });
});

/** What is true in itself and reaches for nothing. */
const PLAIN: ReadonlySet<string> = new Set([
  "{'constructor': 1}.constructor == 1",
  "true // */ globalThis.escaped = true",
  "value.constructor == 1",
]);

describe("the code that reads and runs expressions", () => {
  it("makes no code of text", () => {
    const here = dirname(fileURLToPath(import.meta.url));
    const library = dirname(fileURLToPath(import.meta.resolve("@marcbachmann/cel-js")));
    const engine = dirname(fileURLToPath(import.meta.resolve("re2js")));
    const files = [
      ...readdirSync(here)
        .filter((name) => !name.includes(".test."))
        .map((name) => join(here, name)),
      ...readdirSync(library)
        .filter((name) => name.endsWith(".js"))
        .map((name) => join(library, name)),
      join(engine, "index.js"),
    ];
    expect(files.length).toBeGreaterThan(20);
    for (const file of files) {
      const code = readFileSync(file, "utf8");
      const found = /(?<![\w$.#])(?:eval|Function|setTimeout|setInterval)\s*\(/.exec(code);
      // A method of that name in the engine's own automaton.
      const isMethod = found !== null && /^\s*eval\(input, pos\) \{/m.test(code);
      expect([file, isMethod ? null : found]).toEqual([file, null]);
      expect([file, /\.constructor\s*\(/.test(code)]).toEqual([file, false]);
    }
  });
});
