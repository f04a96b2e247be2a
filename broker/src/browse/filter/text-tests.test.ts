import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { CaselessText } from "./text-tests.ts";

const isIn = (wanted: string, text: string | Uint8Array): boolean => {
  const bytes = typeof text === "string" ? Buffer.from(`>${text}<`) : Buffer.from(text);
  return new CaselessText(wanted).isIn(bytes, 1, bytes.length - 1);
};

describe("CaselessText", () => {
  it.each([
    ["TimeOut", "a timeout occurred"],
    ["ÄRGER", "kein ärger"],
    ["ΟΔΟΣ", "οδοσα"],
    ["οδοσ", "ΟΔΟΣ"],
    ["İ", "i\u0307"],
    ["k", "\u212a"],
    ["😀", "a😀b"],
    ["\ufffd", "a\ufffdb"],
  ])("finds %s in %s", (wanted, text) => {
    expect(isIn(wanted, text)).toBe(true);
  });

  it.each([
    ["ss", "ß"],
    ["a", ""],
    ["<", "a"],
  ])("does not find %s in %s", (wanted, text) => {
    expect(isIn(wanted, text)).toBe(false);
  });

  it("does not take bytes that are no UTF-8 for the sign that replaces them", () => {
    expect(isIn("\ufffd", Uint8Array.of(0x3e, 0xff, 0x3c))).toBe(false);
    expect(isIn("a", Uint8Array.of(0x3e, 0xff, 0x41, 0x3c))).toBe(true);
  });
});
