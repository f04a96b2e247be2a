import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyCondition, awkwardText, chips } from "./filter-arbitrary.ts";
import { conditionOf, type FilterChip, parseFilter } from "./filter-parser.ts";
import { printFilter } from "./filter-printer.ts";
import { Condition } from "./filters.ts";

/** The chips of `text`, or its error. */
function read(text: string): unknown {
  const parsed = parseFilter(text);
  if (parsed.kind === "error") return parsed;
  return parsed.chips.map(({ condition, isOff }): FilterChip => ({ condition, isOff }));
}

describe("filters as text", () => {
  it("parse(print(chips)) equals chips", () => {
    fc.assert(
      fc.property(chips, (made) => {
        expect(read(printFilter(made))).toEqual(made);
      }),
      { numRuns: 2000 },
    );
  });

  it("print(parse(text)) is the printed form of text, and stays", () => {
    const text = fc
      .array(fc.oneof(awkwardText, fc.constantFrom(..."()=: ".split(""))))
      .map((parts) => parts.join(" "));
    fc.assert(
      fc.property(fc.oneof(text, chips.map(printFilter)), (written) => {
        const parsed = parseFilter(written);
        if (parsed.kind === "error") return;
        const printed = printFilter(parsed.chips);
        const again = parseFilter(printed);
        expect(again.kind).toBe("filter");
        expect(again.kind === "filter" && printFilter(again.chips)).toBe(printed);
      }),
      { numRuns: 2000 },
    );
  });

  it("are a filter or an error with a place in the text, whatever the text", () => {
    const anyText = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: fc.constantFrom(...Array.from('key.value:=<>~!^()[]"`\\ *offandort-0')) }),
    );
    fc.assert(
      fc.property(anyText, (text) => {
        const parsed = parseFilter(text);
        if (parsed.kind === "filter") return;
        expect(parsed.message).not.toBe("");
        expect(parsed.start).toBeGreaterThanOrEqual(0);
        expect(parsed.end).toBeGreaterThanOrEqual(parsed.start);
        expect(parsed.end).toBeLessThanOrEqual(text.length);
      }),
      { numRuns: 5000 },
    );
  });

  it("have chips where the text has them", () => {
    fc.assert(
      fc.property(chips, (made) => {
        const text = printFilter(made);
        const parsed = parseFilter(text);
        if (parsed.kind === "error" || made.length < 2) return;
        for (const [index, { start, end }] of parsed.chips.entries()) {
          expect(read(text.slice(start, end))).toEqual([made[index]]);
        }
      }),
    );
  });
});

describe("filters as data", () => {
  it("of every form are valid, and change nothing on the way through JSON", () => {
    fc.assert(
      fc.property(anyCondition, (condition) => {
        expect(Condition.parse(JSON.parse(JSON.stringify(condition)))).toEqual(condition);
      }),
    );
  });

  it("that were parsed are valid", () => {
    fc.assert(
      fc.property(fc.oneof(awkwardText, chips.map(printFilter)), (text) => {
        const parsed = parseFilter(text);
        const condition = parsed.kind === "filter" ? conditionOf(parsed.chips) : null;
        expect(condition === null || Condition.safeParse(condition).success).toBe(true);
      }),
    );
  });
});
