import fc from "fast-check";
import { RE2JS } from "re2js";
import { describe, expect, it } from "vitest";
import { patternSize } from "./pattern-size.ts";

const ATOMS = String.raw`a \x{41} . \d \pL \p{Greek} [a-z] [^]a] [[:alpha:]x] [\pL\]] \Qa+b\E \. ^ $ \b é 𝒳 { a{,2} [)(*] \x41 \123`;
const atom = fc.constantFrom(...ATOMS.split(" "));
const repeat = fc.constantFrom(
  "",
  "",
  "*",
  "+",
  "?",
  "*?",
  "{3}",
  "{2,}",
  "{0,4}",
  "{2,5}?",
  "{0}",
);
const group = fc.constantFrom("(", "(?:", "(?P<n>", "(?i:", "(?is-m:");

const { pattern } = fc.letrec<{ pattern: string; part: string }>((tie) => ({
  part: fc.oneof(
    { maxDepth: 3, depthIdentifier: "pattern" },
    fc.tuple(atom, repeat).map((parts) => parts.join("")),
    fc.tuple(group, tie("pattern"), repeat).map(([open, inner, more]) => `${open}${inner})${more}`),
    fc.tuple(tie("part"), tie("part")).map(([a, b]) => `${a}|${b}`),
    fc.constant("(?i)a"),
  ),
  pattern: fc.array(tie("part"), { maxLength: 4 }).map((parts) => parts.join("")),
}));

describe("patternSize()", () => {
  it("says no less than what the library makes of a pattern", () => {
    let compiledCount = 0;
    fc.assert(
      fc.property(pattern, (text) => {
        const size = patternSize(text);
        let made: number;
        try {
          made = RE2JS.compile(text).programSize();
        } catch {
          return;
        }
        compiledCount += 1;
        expect(size).toBeGreaterThanOrEqual(made);
      }),
      { numRuns: 3_000 },
    );
    expect(compiledCount).toBeGreaterThan(1_000);
  });

  it("takes any text", () => {
    const signs = fc.string({ unit: fc.constantFrom(..."a\\[](){}|*+?^$pPQEx:<>09,-".split("")) });
    fc.assert(
      fc.property(signs, (text) => {
        expect(patternSize(text)).toBeGreaterThan(0);
      }),
      { numRuns: 3_000 },
    );
  });

  it.each([
    ["^o-[0-9]+$", 20],
    ["error.*timeout", 25],
    ["\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(?:\\.\\d{1,9})?Z", 90],
    ["^[A-Za-z0-9._%+-]{1,64}@(?:[a-z0-9-]{1,63}\\.){1,8}[a-z]{2,}$", 2_000],
  ])("thinks little of %s", (text, size) => {
    expect(patternSize(text)).toBeLessThan(size);
  });

  it.each([
    ["repeated text", `(?:${"a".repeat(980)}){1000}`],
    ["repeated classes", `(?:${"\\pL".repeat(300)}){1000}`],
    ["repetition of repetition", "((a{9}){9}){9}{9}{9}"],
  ])("sees what becomes of %s", (_name, text) => {
    expect(patternSize(text)).toBeGreaterThan(10_000);
  });
});
