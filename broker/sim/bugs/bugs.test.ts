import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { BUGS } from "./bugs.ts";

describe.each(BUGS)('the planted bug "$name"', ({ file, text, instead }) => {
  test("applies: its text stands in the source, once", () => {
    const source = readFileSync(new URL(`../../src/${file}`, import.meta.url), "utf8");
    expect(source.split(text)).toHaveLength(2);
    expect(instead).not.toBe(text);
  });
});

test("no two planted bugs have the same name", () => {
  expect(new Set(BUGS.map(({ name }) => name)).size).toBe(BUGS.length);
});
