import { expect, test } from "vitest";
import { nameMatcher } from "./name-filter.ts";

test("nameMatcher() takes words in any order and case, and wildcards for the whole", () => {
  const matches = (filter: string, text: string): boolean => nameMatcher(filter)(text);
  expect(matches("", "x")).toBe(true);
  expect(matches("Orders eu", "eu.orders.v1")).toBe(true);
  expect(matches("orders us", "eu.orders.v1")).toBe(false);
  expect(matches("eu.*", "eu.orders")).toBe(true);
  expect(matches("orders*", "eu.orders")).toBe(false);
  expect(matches("*.v?", "eu.orders.v1")).toBe(true);
  expect(matches("*.v?", "eu.orders.v12")).toBe(false);
  expect(matches("a*b*c", "a-b-b-c")).toBe(true);
  expect(matches(`${"*a".repeat(100)}b`, "a".repeat(249))).toBe(false);
});
