import { describe, expect, it } from "vitest";
import { ERRORS, ErrorCode, errorInfo, errorName } from "./errors.ts";

describe("the table of errors", () => {
  it("has every code from -1 to 133 once, in order", () => {
    expect(ERRORS.map(({ code }) => code)).toEqual(Array.from({ length: 135 }, (_, i) => i - 1));
  });

  it("has names and texts that are unique and not empty", () => {
    expect(new Set(ERRORS.map(({ name }) => name)).size).toBe(ERRORS.length);
    expect(new Set(ERRORS.map(({ text }) => text)).size).toBe(ERRORS.length);
    expect(ERRORS.filter(({ text }) => text === "" || text.endsWith("."))).toEqual([]);
  });

  it("knows what the Java client retries", () => {
    expect(ERRORS.filter(({ retriable }) => retriable).map(({ code }) => code)).toEqual([
      2, 3, 5, 6, 7, 9, 13, 14, 15, 16, 19, 20, 41, 51, 56, 70, 71, 72, 74, 75, 78, 80, 83, 84, 88,
      89, 100, 103, 106, 122, 123, 133,
    ]);
  });
});

describe("errorName()", () => {
  it("names known codes, and makes up a name for others", () => {
    expect(errorName(ErrorCode.NOT_COORDINATOR)).toBe("NOT_COORDINATOR");
    expect(errorName(16)).toBe("NOT_COORDINATOR");
    expect(errorName(999)).toBe("ERROR_999");
  });
});

describe("errorInfo()", () => {
  it("gives the row of a code", () => {
    expect(errorInfo(3)).toMatchObject({ name: "UNKNOWN_TOPIC_OR_PARTITION", retriable: true });
    expect(errorInfo(999)).toBeUndefined();
  });
});
