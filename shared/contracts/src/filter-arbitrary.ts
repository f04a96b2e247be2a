/** Filters of every form, for property tests. */
import fc from "fast-check";
import {
  type Comparison,
  type Condition,
  FILTER_OPERATORS,
  type FilterField,
  type FilterOperand,
  faultOf,
  NUMBER_FIELDS,
  type PathStep,
} from "./filter-model.ts";
import type { FilterChip } from "./filter-parser.ts";

/** Names and texts in which signs, quotes, joining words and numbers are likely. */
export const awkwardText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom("and", "or", "NOT", "off", "off(", "key", "value.a", "true", "null", "*", "17"),
  fc.constantFrom(
    "1e5",
    "-0",
    "o-17",
    "x",
    'x"',
    "\0",
    "\u202e",
    "\ufeff",
    "ß",
    "İ",
    "😀",
    "",
    "`",
  ),
  fc.string({ unit: fc.constantFrom(...Array.from("ab.:=<>~!^()[]\"'`\\ *-0é\n😀")) }),
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary", maxLength: 6 }).filter((text) => text.isWellFormed()),
);

const step: fc.Arbitrary<PathStep> = fc.oneof(
  { arbitrary: fc.constantFrom("a", "b", "total", "0", "x-y"), weight: 3 },
  awkwardText,
  fc.nat({ max: 20 }),
  fc.constant(null),
);
const path = fc.oneof(fc.constant([]), fc.array(step, { maxLength: 4 }));

const field: fc.Arbitrary<FilterField> = fc.oneof(
  fc.record({ kind: fc.constantFrom("key" as const, "value" as const), path }),
  fc.record({ kind: fc.constant("header" as const), name: awkwardText }),
  fc.record({ kind: fc.constantFrom(...NUMBER_FIELDS) }),
);

/** Numbers as JSON writes them, from short to far beyond a double. */
export const numberText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom("0", "-0", "0.0", "1E+2", "9007199254740993", "9223372036854775807"),
  fc.integer().map(String),
  fc.integer({ min: 0, max: 2_000_000_000_000 }).map(String),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
  fc
    .tuple(
      fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }),
      fc.stringMatching(/^(?:\.[0-9]{1,25})?$/),
      fc.stringMatching(/^(?:[eE][+-]?[0-9]{1,3})?$/),
    )
    .map((parts) => parts.join("")),
);

const operand: fc.Arbitrary<FilterOperand> = fc.oneof(
  fc.record({ kind: fc.constant("text" as const), text: awkwardText }),
  fc.record({ kind: fc.constant("number" as const), number: numberText }),
  fc.record({
    kind: fc.constant("bytes" as const),
    hex: fc.stringMatching(/^(?:[0-9a-f]{2}){0,9}$/),
  }),
  fc.record({ kind: fc.constant("boolean" as const), boolean: fc.boolean() }),
  fc.record({ kind: fc.constant("null" as const) }),
);

const comparison: fc.Arbitrary<Comparison> = fc
  .record({
    kind: fc.constant("compare" as const),
    field,
    operator: fc.constantFrom(...FILTER_OPERATORS),
    operand,
  })
  .filter((made) => faultOf(made) === null);

const someText = awkwardText.filter((text) => text !== "");
const simple: fc.Arbitrary<Condition> = fc.oneof(
  { arbitrary: comparison, weight: 4 },
  fc.record({
    kind: fc.constant("exists" as const),
    field: field.filter(({ kind }) => kind === "key" || kind === "value" || kind === "header"),
  }),
  fc.record({ kind: fc.constant("text" as const), text: someText }),
);

function treeOf(leaf: fc.Arbitrary<Condition>): fc.Arbitrary<Condition> {
  return fc.letrec<{ tree: Condition }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4, depthIdentifier: "condition" },
      leaf,
      fc.record({ kind: fc.constant("not" as const), condition: tie("tree") }),
      fc.record({
        kind: fc.constantFrom("all" as const, "any" as const),
        conditions: fc.array(tie("tree"), { minLength: 2, maxLength: 3 }),
      }),
    ),
  })).tree;
}

/** Conditions without CEL, as the broker runs them. */
export const plainCondition: fc.Arbitrary<Condition> = treeOf(simple);

/** Conditions of all kinds; CEL expressions are any text. */
export const anyCondition: fc.Arbitrary<Condition> = treeOf(
  fc.oneof(
    { arbitrary: simple, weight: 9 },
    fc.record({ kind: fc.constant("cel" as const), expression: someText }),
  ),
);

export const chips: fc.Arbitrary<FilterChip[]> = fc.array(
  fc.record({ condition: anyCondition, isOff: fc.boolean() }),
  { maxLength: 4 },
);
