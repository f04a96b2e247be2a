import { expect, test } from "vitest";
import { LinearPattern, PATTERN_LENGTH_MAX } from "./linear-pattern.ts";

function compiled(pattern: string): LinearPattern {
  const made = LinearPattern.compile(pattern);
  if (typeof made === "string") throw new Error(made);
  return made;
}

test("LinearPattern.matches() is about the whole text", () => {
  expect(compiled("orders-.*").matches("orders-1")).toBe(true);
  expect(compiled("orders-.*").matches("my-orders-1")).toBe(false);
  expect(compiled("a|b").matches("ab")).toBe(false);
});

test("P17: an expression that others need ages for takes one pass", () => {
  const text = `${"a".repeat(1_000)}!`;
  for (const pattern of ["(a+)+", "(a|aa)+", "(.*)*"]) {
    expect(compiled(pattern).matches(text)).toBe(pattern === "(.*)*");
  }
});

test.each([
  "(",
  "a{2000}{2000}",
  "(?=a)",
  "\\1",
  `${"x".repeat(PATTERN_LENGTH_MAX)}y`,
  "(\\pL{1,200}){1,200}",
])("P17: %s is not served, and says why", (pattern) => {
  expect(LinearPattern.compile(pattern)).toMatch(/regular expression/);
});

test("the larger an expression, the fewer texts are tried at a time", () => {
  expect(compiled("a").textsPerSlice).toBeGreaterThan(10_000);
  expect(compiled("[a-z]{100}").textsPerSlice).toBeLessThan(5_000);
});
