/** Conditions on records, checked. `filter-model.ts` says what they mean. */
import { z } from "zod";
import {
  ARRAY_INDEX_MAX,
  CEL_LENGTH_MAX,
  CONDITIONS_MAX,
  type Condition as ConditionData,
  EXPONENT_MAX,
  FILTER_OPERATORS,
  type FilterField as FilterFieldData,
  faultOf,
  hasUsableExponent,
  isUnicode,
  NAME_LENGTH_MAX,
  NOT_UNICODE,
  NUMBER_FIELDS,
  NUMBER_LENGTH_MAX,
  NUMBER_PATTERN,
  OPERAND_LENGTH_MAX,
  PATH_STEPS_MAX,
  sizeFaultOf,
} from "./filter-model.ts";

/** Text that UTF-8 can write: no half of a surrogate pair alone. */
const Text = z.string().max(OPERAND_LENGTH_MAX).refine(isUnicode, NOT_UNICODE);
const Name = z.string().max(NAME_LENGTH_MAX).refine(isUnicode, NOT_UNICODE);

/** A member's name, an element's index from 0, or null: every element. */
const PathStep = z.union([Name, z.int().min(0).max(ARRAY_INDEX_MAX), z.null()]);

const FilterPath = z.array(PathStep).max(PATH_STEPS_MAX).meta({
  description:
    "Into JSON: names of members, indexes of elements, null for every element. Empty: the whole, as bytes.",
});

const FilterField = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.enum(["key", "value"]), path: FilterPath }),
    z.strictObject({ kind: z.literal("header"), name: Name }),
    z.strictObject({ kind: z.enum(NUMBER_FIELDS) }),
  ])
  .meta({ id: "FilterField" });

const FilterOperator = z
  .enum(FILTER_OPERATORS)
  .meta({ id: "FilterOperator", description: "Only `contains` ignores case." });

const NumberText = z
  .string()
  .max(NUMBER_LENGTH_MAX, `a number has at most ${NUMBER_LENGTH_MAX} characters`)
  .regex(NUMBER_PATTERN, "a number is written as in JSON")
  .refine(hasUsableExponent, `an exponent is at most ${EXPONENT_MAX} from 0`);

/** What a field is compared with. A number is text, so that no digit is lost. */
const FilterOperand = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("text"), text: Text }),
    z.strictObject({ kind: z.literal("number"), number: NumberText }),
    z.strictObject({
      kind: z.literal("bytes"),
      hex: z
        .string()
        .max(2 * OPERAND_LENGTH_MAX)
        .regex(/^(?:[0-9a-f]{2})*$/, "bytes are pairs of the digits 0-9 and a-f"),
    }),
    z.strictObject({ kind: z.literal("boolean"), boolean: z.boolean() }),
    z.strictObject({ kind: z.literal("null") }),
  ])
  .meta({ id: "FilterOperand" });

const Compare = z
  .strictObject({
    kind: z.literal("compare"),
    field: FilterField,
    operator: FilterOperator,
    operand: FilterOperand,
  })
  .superRefine((comparison, context) => {
    const message = faultOf(comparison);
    if (message !== null) context.addIssue({ code: "custom", message });
  });

const AnyCondition: z.ZodType<ConditionData> = z.lazy(() =>
  z.discriminatedUnion("kind", [
    Compare,
    z.strictObject({ kind: z.literal("exists"), field: FilterField }).refine(hasPresence, {
      message: "it is there with every record",
    }),
    z.strictObject({ kind: z.literal("text"), text: Text.min(1) }),
    z.strictObject({
      kind: z.literal("cel"),
      expression: z.string().min(1).max(CEL_LENGTH_MAX).refine(isUnicode, NOT_UNICODE),
    }),
    z.strictObject({ kind: z.literal("not"), condition: AnyCondition }),
    z.strictObject({
      kind: z.enum(["all", "any"]),
      conditions: z.array(AnyCondition).min(2).max(CONDITIONS_MAX),
    }),
  ]),
);

export type Condition = ConditionData;

/** A filter, checked whole. What nests deeper than JSON bodies may must be refused before. */
export const Condition: z.ZodType<ConditionData> = AnyCondition.superRefine(
  (condition, context) => {
    const message = sizeFaultOf(condition);
    if (message !== null) context.addIssue({ code: "custom", message });
  },
).meta({ id: "FilterCondition" });

function hasPresence({ field }: { readonly field: FilterFieldData }): boolean {
  return field.kind === "key" || field.kind === "value" || field.kind === "header";
}
