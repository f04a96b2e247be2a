import { describe, expect, it } from "vitest";
import { csvField, toCsv } from "./csv.ts";

describe("csvField()", () => {
  it.each([
    ["plain", "plain"],
    ["", ""],
    ["a,b", '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ["two\r\nlines", '"two\r\nlines"'],
    [" padded", '" padded"'],
    ["-12.5", "-12.5"],
  ])("%j is %s", (text, field) => expect(csvField(text)).toBe(field));

  it.each(["=1+1", "+1", "-cmd", "@SUM(A1)", "\t=1"])("no spreadsheet calculates %j", (text) => {
    expect(csvField(text).replace(/^"/, "").startsWith("'")).toBe(true);
  });
});

describe("toCsv()", () => {
  it("ends every line with CR LF", () => {
    expect(toCsv(["a", "b"], [["1", "x"]])).toBe("a,b\r\n1,x\r\n");
  });
});
