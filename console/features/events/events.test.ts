import { describe, expect, it } from "vitest";
import { complete } from "./completion.ts";
import { fieldsOf, operandOf, valueAt } from "./fields.ts";

describe("complete()", () => {
  const texts = (text: string, fields: readonly string[] = []): string[] =>
    complete(text, text.length, fields).suggestions.map((one) => one.text);

  it("offers fields that begin with the word first, then those that contain it", () => {
    expect(texts("val", ["value.total", "value.user.id"]).slice(0, 3)).toEqual([
      "value~",
      "valueSize",
      "value.total",
    ]);
    expect(texts("total", ["value.total"])).toEqual(["value.total"]);
  });

  it("offers operators behind a whole field", () => {
    expect(texts("value.total", ["value.total"])).toContain(">");
    expect(texts("offset")).toContain("=");
    expect(texts("key")).toContain("~");
  });

  it("completes the word at the cursor only", () => {
    const { start } = complete("key=a  par", 10, []);
    expect(start).toBe(7);
  });
});

describe("fieldsOf()", () => {
  it("finds the paths of scalars, elements of arrays together", () => {
    const samples = ['{"a":1,"b":{"c d":true},"l":[{"x":1},{"y":2}]}', "no json", '{"z":null}'];
    expect(fieldsOf(samples)).toEqual([
      "value.a",
      'value.b."c d"',
      "value.l[*].x",
      "value.l[*].y",
      "value.z",
    ]);
  });
});

describe("valueAt()", () => {
  const json: unknown = { a: { b: [1, "x"] }, n: null };
  it.each([
    [["a", "b", 1], "x"],
    [["a", "b"], '[1,"x"]'],
    [["n"], "null"],
    [["a", "missing"], null],
    [["toString"], null],
    [["n", "deeper"], null],
  ] as const)("%j is %j", (path, text) => expect(valueAt(json, path)).toBe(text));
});

describe("operandOf()", () => {
  it.each([
    ["12345678901234567890.10", { kind: "number", number: "12345678901234567890.10" }],
    ['"a\\"b"', { kind: "text", text: 'a"b' }],
    ["true", { kind: "boolean", boolean: true }],
    ["null", { kind: "null" }],
  ])("%s", (json, operand) => expect(operandOf(json)).toEqual(operand));
});
