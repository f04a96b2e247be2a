import { describe, expect, it } from "vitest";
import { parseRange, printRange, resolveRange } from "./time-range.ts";

describe("ranges of time", () => {
  it("come back as they were written", () => {
    for (const text of ["1h", "30d", "1700000000000-1700000060000"]) {
      const range = parseRange(text);
      expect(range === null ? null : printRange(range)).toBe(text);
    }
  });

  it.each(["", "2h", "5-5", "9-1", "a-b", "toString"])("%j is none", (text) => {
    expect(parseRange(text)).toBeNull();
  });

  it("that end now end at a whole step", () => {
    expect(resolveRange("15m", 1_000_004)).toEqual({ from: 110_000, to: 1_010_000 });
    expect(resolveRange({ from: 1, to: 2 }, 99)).toEqual({ from: 1, to: 2 });
  });
});
