import { Environment } from "@marcbachmann/cel-js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cursorOn } from "../../testing-records.ts";
import { jsonLikeBytes, jsonText } from "../json-arbitrary.ts";
import { compileExpression, ExpressionError } from "./expression.ts";
import { valueOfBytes } from "./from-bytes.ts";
import type { Failure } from "./values.ts";

/** Expressions of all types that refer to `value`, most of them well typed. */
const { bool } = fc.letrec<Record<"bool" | "int" | "double" | "text" | "list" | "any", string>>(
  (tie) => ({
    int: fc.oneof(
      { maxDepth: 3, depthIdentifier: "cel" },
      fc.constantFrom("0", "1", "2", "-1", "9223372036854775807", "value.n", "size(value.list)"),
      fc
        .tuple(tie("int"), fc.constantFrom("+", "-", "*", "/", "%"), tie("int"))
        .map(([a, sign, b]) => `(${a} ${sign} ${b})`),
      fc.tuple(tie("text")).map(([text]) => `${text}.size()`),
      fc.tuple(tie("text"), tie("text")).map(([a, b]) => `${a}.indexOf(${b})`),
      fc.tuple(tie("list")).map(([list]) => `size(${list})`),
      fc.tuple(tie("bool"), tie("int"), tie("int")).map(([c, a, b]) => `(${c} ? ${a} : ${b})`),
    ),
    double: fc.oneof(
      { maxDepth: 3, depthIdentifier: "cel" },
      fc.constantFrom("0.0", "1.0", "1.5", "-2.25", "value.d", "double(value.n)"),
      fc
        .tuple(tie("double"), fc.constantFrom("+", "-", "*", "/"), tie("double"))
        .map(([a, sign, b]) => `(${a} ${sign} ${b})`),
    ),
    text: fc.oneof(
      { maxDepth: 3, depthIdentifier: "cel" },
      fc.constantFrom('""', '"a"', '"ab"', '"b"', "value.s", 'value["s"]', "string(value.n)"),
      fc.tuple(tie("text"), tie("text")).map(([a, b]) => `(${a} + ${b})`),
    ),
    list: fc.oneof(
      { maxDepth: 2, depthIdentifier: "cel" },
      fc.constantFrom("[]", "[1, 2]", "value.list", "value.numbers"),
      fc.tuple(tie("int")).map(([a]) => `value.numbers.filter(x, x > ${a})`),
      fc.tuple(tie("int")).map(([a]) => `value.numbers.map(x, x + ${a})`),
    ),
    any: fc.oneof(
      { maxDepth: 2, depthIdentifier: "cel" },
      tie("int"),
      tie("double"),
      tie("text"),
      tie("list"),
      fc.constantFrom("null", "value.none", "value.missing", "value.object", "true"),
    ),
    bool: fc.oneof(
      { maxDepth: 4, depthIdentifier: "cel" },
      fc.constantFrom("true", "false", "value.ok", "has(value.n)", "has(value.missing)"),
      fc
        .tuple(tie("bool"), fc.constantFrom("&&", "||", "==", "!="), tie("bool"))
        .map(([a, sign, b]) => `(${a} ${sign} ${b})`),
      fc.tuple(tie("bool")).map(([a]) => `!${a}`),
      fc
        .tuple(
          fc
            .constantFrom("int", "double", "text")
            .chain((type) => fc.tuple(tie(type as "int"), tie(type as "int"))),
          fc.constantFrom("<", "<=", ">", ">=", "==", "!="),
        )
        .map(([[a, b], sign]) => `${a} ${sign} ${b}`),
      fc
        .tuple(tie("any"), fc.constantFrom("==", "!=", "<", "in"), tie("any"))
        .map(([a, sign, b]) => `dyn(${a}) ${sign} dyn(${b})`),
      fc
        .tuple(tie("list"), fc.constantFrom("all", "exists", "exists_one"), tie("int"))
        .map(([list, loop, a]) => `${list}.${loop}(x, x > ${a})`),
      fc
        .tuple(tie("text"), fc.constantFrom("contains", "startsWith", "endsWith"), tie("text"))
        .map(([a, method, b]) => `${a}.${method}(${b})`),
    ),
  }),
);

const values = fc.record(
  {
    n: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant("text")),
    d: fc.constantFrom(0.5, 1.5, -2.25),
    s: fc.constantFrom("", "a", "ab", "ba"),
    ok: fc.oneof(fc.boolean(), fc.constant(1)),
    none: fc.constant(null),
    list: fc.array(fc.oneof(fc.integer({ min: -2, max: 2 }), fc.constant("a")), { maxLength: 3 }),
    numbers: fc.array(fc.integer({ min: -2, max: 2 }), { maxLength: 3 }),
    object: fc.constant({ a: 1 }),
  },
  { requiredKeys: [] },
);

const library = new Environment({ homogeneousAggregateLiterals: false }).registerVariable(
  "value",
  "dyn",
);

/** What the library says: true, false, or null where it fails or yields neither. */
function byLibrary(expression: string, value: unknown): boolean | null {
  try {
    const result: unknown = library.evaluate(expression, { value });
    return typeof result === "boolean" ? result : null;
  } catch {
    return null;
  }
}

/** What comes of an expression: true, false, a failure or an error. */
function outcomeOf(expression: string, value: string): boolean | Failure | ExpressionError {
  try {
    return compileExpression(expression, () => 0).test(cursorOn({ value }));
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
}

describe("expressions", () => {
  it("mean what they mean to the library", () => {
    let decided = 0;
    fc.assert(
      fc.property(bool, values, (expression, json) => {
        const value = JSON.stringify(json);
        const outcome = outcomeOf(expression, value);
        if (typeof outcome === "boolean") decided += 1;
        const bytes = Buffer.from(value);
        const expected = byLibrary(expression, valueOfBytes(bytes, 0, bytes.length));
        const found = typeof outcome === "boolean" ? outcome : null;
        expect([expression, value, found]).toEqual([expression, value, expected]);
        expect(outcome instanceof ExpressionError).toBe(!library.check(expression).valid);
      }),
      { numRuns: 2_000 },
    );
    expect(decided).toBeGreaterThan(100);
  });

  it("find members in the bytes as in the values made of them", () => {
    const step = fc.constantFrom(".a", ".b", '["0"]', '["x-y"]', "[0]", "[1]");
    const path = fc.array(step, { minLength: 1, maxLength: 3 }).map((steps) => steps.join(""));
    const json = jsonLikeBytes.map((bytes) => Buffer.from(bytes).toString("latin1"));
    fc.assert(
      fc.property(path, path, fc.oneof(jsonText, json), (a, b, value) => {
        for (const form of ["A == B", "A == null || B != 0", "has(A.a) && !has(B.b)"]) {
          const inBytes = form.replace("A", `value${a}`).replace("B", `value${b}`);
          const local = form.replace("A", `v${a}`).replace("B", `v${b}`);
          const inValues = `[value].exists(v, ${local})`;
          // Both are refused where has() is given more than a chain of names.
          const decide = (text: string): boolean | null => {
            const outcome = outcomeOf(text, value);
            return typeof outcome === "boolean" ? outcome : null;
          };
          expect([inBytes, decide(inBytes)]).toEqual([inBytes, decide(inValues)]);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("take any text for an expression or an error with a place in it", () => {
    const words =
      "value key . [ ] ( ) { } , : ? ! - + * / % == < && || in 'a' b'' r'' 1 2.5 0x1f 1u";
    const pieces = fc.constantFrom(
      ...words.split(" "),
      ...'size( .all(x, .map(x, has( matches( true null \\ // "b"'.split(" "),
      " ",
      "\n",
    );
    const text = fc.oneof(
      fc.array(pieces).map((parts) => parts.join("")),
      fc.string(),
    );
    fc.assert(
      fc.property(text, jsonText, (expression, value) => {
        const outcome = outcomeOf(expression, value);
        const place = outcome instanceof ExpressionError ? outcome : { start: 0, end: 0 };
        expect(place.start).toBeGreaterThanOrEqual(0);
        expect(place.end).toBeGreaterThanOrEqual(place.start);
        expect(place.end).toBeLessThanOrEqual(expression.length);
      }),
      { numRuns: 2_000 },
    );
  });
});
