/** Every example of `docs/filters.md`, run. */
import { readFileSync } from "node:fs";
import * as filters from "@runnel/contracts/filter-model.ts";
import { conditionOf, parseFilter } from "@runnel/contracts/filter-parser.ts";
import { printFilter } from "@runnel/contracts/filter-printer.ts";
import { FILTER_TEXT_LENGTH_MAX } from "@runnel/contracts/filter-words.ts";
import { Condition } from "@runnel/contracts/filters.ts";
import { describe, expect, it } from "vitest";
import { cursorOn, type SimpleRecord } from "../testing-records.ts";
import * as cel from "./cel/limits.ts";
import { compileFilter } from "./compile.ts";
import { JSON_DEPTH_MAX } from "./json-valid.ts";

const page = readFileSync(new URL("../../../../docs/filters.md", import.meta.url), "utf8");
const [event = "", data = ""] = Array.from(
  page.matchAll(/```json\n([\s\S]*?)```/g),
  ([, json = ""]) => json,
);

/** The event of the page, its value digit for digit as it is written there. */
const record: SimpleRecord = {
  ...(JSON.parse(event) as SimpleRecord),
  timestamp: Date.parse((JSON.parse(event) as { timestamp: string }).timestamp),
  value: /"value": (\{[\s\S]*\})\s*\}\s*$/.exec(event)?.[1] ?? "",
};

/** Filters in the first column of tables, in code of one or two backticks. */
function examplesOf(text: string): string[] {
  return Array.from(text.matchAll(/^\| (?:`` ?(.+?) ?``|`([^`]+)`) \|/gm), ([, long, short]) => {
    return long ?? short ?? "";
  });
}

const [head = "", tail = ""] = page.split("Does not match:");
const [misses = "", ...rest] = tail.split("\n## ");
const matching = examplesOf([head, ...rest].join("\n"));
const missing = examplesOf(misses);

function matches(text: string): boolean {
  const parsed = parseFilter(text);
  if (parsed.kind === "error") throw new Error(parsed.message);
  expect(parseFilter(printFilter(parsed.chips))).toMatchObject({
    chips: parsed.chips.map(({ condition, isOff }) => ({ condition, isOff })),
  });
  const matcher = compileFilter(conditionOf(parsed.chips));
  const isMatch = matcher.matches(cursorOn(record));
  expect(matcher.firstError).toBeNull();
  return isMatch;
}

describe("docs/filters.md", () => {
  it("has examples of everything", () => {
    expect(matching.length).toBeGreaterThan(40);
    expect(missing.length).toBeGreaterThan(5);
  });

  it.each(matching)("%s matches", (text) => {
    expect(matches(text)).toBe(true);
  });

  it.each(missing)("%s does not match", (text) => {
    expect(matches(text)).toBe(false);
  });

  it("gives data that is what the text says", () => {
    const text = /This is `([^`]+)`/.exec(page)?.[1] ?? "";
    const parsed = parseFilter(text);
    const condition = parsed.kind === "filter" ? conditionOf(parsed.chips) : null;
    expect(Condition.parse(JSON.parse(data))).toEqual(condition);
  });

  it("gives the limits that hold", () => {
    const limits = page.slice(page.indexOf("## Limits"), page.indexOf("## As data"));
    const numbers = [
      FILTER_TEXT_LENGTH_MAX,
      filters.CONDITIONS_MAX,
      filters.CONDITION_DEPTH_MAX,
      filters.OPERAND_LENGTH_MAX,
      filters.NUMBER_LENGTH_MAX,
      filters.EXPONENT_MAX,
      filters.PATH_STEPS_MAX,
      JSON_DEPTH_MAX,
      filters.CEL_LENGTH_MAX,
      cel.CEL_NODES_MAX,
      cel.CEL_DEPTH_MAX,
      cel.PATTERN_LENGTH_MAX,
      cel.STEPS_MAX,
      cel.EVALUATION_MS_MAX,
      cel.MADE_LENGTH_MAX,
      cel.OBJECT_DEPTH_MAX,
      cel.EXHAUSTIONS_MAX,
    ];
    for (const number of numbers) expect(limits).toContain(number.toLocaleString("en"));
  });
});
