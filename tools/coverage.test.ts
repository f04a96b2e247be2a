import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { coveragePage } from "./coverage.ts";

test("docs/kafka-coverage.md is what the list of handlers says", () => {
  const page = readFileSync(new URL("../docs/kafka-coverage.md", import.meta.url), "utf8");
  expect(page).toBe(coveragePage());
});
