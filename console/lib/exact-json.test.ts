import { describe, expect, it } from "vitest";
import { isRawNumber, parseExact } from "./exact-json.ts";

describe("parseExact()", () => {
  it.each(['{"id":9007199254740993,"price":1.10,"n":[1e400,-0,1]}', '"text"', "null", "[]", "17"])(
    "keeps every digit of %s",
    (text) => expect(JSON.stringify(parseExact(text))).toBe(text),
  );

  it("leaves numbers that are exact as numbers", () => {
    const [small, large] = parseExact("[17,9007199254740993]") as readonly unknown[];
    expect(small).toBe(17);
    expect([isRawNumber(small), isRawNumber(large)]).toEqual([false, true]);
  });

  it("throws for what is no JSON", () => expect(() => parseExact("{")).toThrow(SyntaxError));
});
