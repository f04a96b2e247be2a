/**
 * Conditions on records, as data: their types, limits and meaning. `filters.ts` checks them,
 * `filter-parser.ts` and `filter-printer.ts` have the same as text, for the filter bar. Without schemas,
 * because the console's first page has no use for them.
 *
 * What a condition means stands here, because two programs rely on it: the broker, which runs it, and
 * the console, which builds it.
 *
 * - `key`, `value` and `header` compare as bytes; with a path, `key` and `value` are JSON, and the
 *   condition is false where they are not, or where there is nothing at the path.
 * - Text compares byte for byte, in the order of code points. Only `contains` and the bare words of
 *   `text` ignore case: both sides are taken in lower case, by Unicode's rules for no language.
 * - A number compares by value, exactly, however long it is. In JSON it meets numbers, and texts that
 *   spell one. In a key, value or header it meets a text that spells one, and a big-endian int32 or
 *   int64; equality is with what is written there, so that `key` = 17 is one of three byte strings.
 * - `not` and `notEquals` are true wherever their counterpart is false.
 */

/** Conditions in one filter, those that join others counted. */
export const CONDITIONS_MAX = 200;
/** How deep `all`, `any` and `not` may be nested. */
export const CONDITION_DEPTH_MAX = 12;
/** Characters of a text to compare with. */
export const OPERAND_LENGTH_MAX = 8_192;
/** Digits and signs of a number to compare with. */
export const NUMBER_LENGTH_MAX = 400;
/** The exponent of a number to compare with may be this far from 0. */
export const EXPONENT_MAX = 1_000_000;
export const PATH_STEPS_MAX = 32;
export const ARRAY_INDEX_MAX = 1_000_000_000;
export const NAME_LENGTH_MAX = 1_000;
export const CEL_LENGTH_MAX = 8_192;

export const NOT_UNICODE = "a text holds half of a surrogate pair";

/** A JSON number, as RFC 8259 writes it. */
export const NUMBER_PATTERN: RegExp = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

/** A member's name, an element's index from 0, or null: every element. */
export type PathStep = string | number | null;
export type FilterPath = readonly PathStep[];

/** Facts that are whole numbers: where and when a record is, and how large. Sizes are −1 for null. */
export const NUMBER_FIELDS = [
  "partition",
  "offset",
  "timestamp",
  "keySize",
  "valueSize",
  "size",
  "headerCount",
  "producerId",
  "leaderEpoch",
] as const;
export type NumberField = (typeof NUMBER_FIELDS)[number];

export type FilterField =
  | { readonly kind: "key" | "value"; readonly path: FilterPath }
  | { readonly kind: "header"; readonly name: string }
  | { readonly kind: NumberField };

export const FILTER_OPERATORS = [
  "equals",
  "notEquals",
  "less",
  "lessOrEqual",
  "greater",
  "greaterOrEqual",
  "contains",
  "containsExactly",
  "startsWith",
] as const;
export type FilterOperator = (typeof FILTER_OPERATORS)[number];

/** What a field is compared with. A number is text, so that no digit is lost. */
export type FilterOperand =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "number"; readonly number: string }
  | { readonly kind: "bytes"; readonly hex: string }
  | { readonly kind: "boolean"; readonly boolean: boolean }
  | { readonly kind: "null" };

export type Comparison = {
  readonly kind: "compare";
  readonly field: FilterField;
  readonly operator: FilterOperator;
  readonly operand: FilterOperand;
};

export type Condition =
  | Comparison
  /** There is such a member, element or header, be it null; a key or value that is not null. */
  | { readonly kind: "exists"; readonly field: FilterField }
  /** Key, value, or a name or value of a header contains the text, in any case. */
  | { readonly kind: "text"; readonly text: string }
  /** An expression of the Common Expression Language that yields a bool. */
  | { readonly kind: "cel"; readonly expression: string }
  | { readonly kind: "not"; readonly condition: Condition }
  | { readonly kind: "all" | "any"; readonly conditions: readonly Condition[] };

/** Why a filter is too large; null where it is not. */
export function sizeFaultOf(condition: Condition): string | null {
  let count = 0;
  let deepest = 0;
  const visit = (node: Condition, depth: number): void => {
    count += 1;
    deepest = Math.max(deepest, depth);
    if (depth > CONDITION_DEPTH_MAX) return;
    if (node.kind === "not") visit(node.condition, depth + 1);
    if (node.kind === "all" || node.kind === "any") {
      for (const inner of node.conditions) visit(inner, depth + 1);
    }
  };
  visit(condition, 0);
  if (deepest > CONDITION_DEPTH_MAX) {
    return `conditions are nested at most ${CONDITION_DEPTH_MAX} deep`;
  }
  return count > CONDITIONS_MAX ? `a filter has at most ${CONDITIONS_MAX} conditions` : null;
}

/** Why field, operator and operand do not go together; null where they do. */
export function faultOf({ field, operator, operand }: Omit<Comparison, "kind">): string | null {
  const isEquality = operator === "equals" || operator === "notEquals";
  const isOrder = ORDER_OPERATORS.has(operator);
  if (field.kind !== "key" && field.kind !== "value" && field.kind !== "header") {
    if (!isEquality && !isOrder) return `${field.kind} is a number: compare it with = < or >`;
    const isWhole = operand.kind === "number" && /^-?[0-9]{1,19}$/.test(operand.number);
    return isWhole ? null : `${field.kind} is a whole number of at most 19 digits`;
  }
  if (isEquality) {
    const isInJson = field.kind !== "header" && field.path.length > 0;
    return operand.kind === "bytes" && isInJson ? "JSON holds no bytes" : null;
  }
  if (isOrder) {
    const isOrdered = operand.kind === "text" || operand.kind === "number";
    return isOrdered ? null : "only a text or a number is less or greater";
  }
  if (operand.kind === "bytes") {
    if (operand.hex === "") return "there must be something to look for";
    if (field.kind !== "header" && field.path.length > 0) return "JSON holds no bytes";
    return operator === "contains" ? "bytes have no case: look for them with ~~" : null;
  }
  if (operand.kind !== "text") return "only a text is looked for: quote it";
  return operand.text === "" ? "there must be something to look for" : null;
}

export const ORDER_OPERATORS: ReadonlySet<FilterOperator> = new Set<FilterOperator>([
  "less",
  "lessOrEqual",
  "greater",
  "greaterOrEqual",
]);

/** Why a number cannot be compared with; null where it can. */
export function numberFaultOf(number: string): string | null {
  if (number.length > NUMBER_LENGTH_MAX) return `longer than ${NUMBER_LENGTH_MAX} characters`;
  return hasUsableExponent(number) ? null : `an exponent is at most ${EXPONENT_MAX} from 0`;
}

export function hasUsableExponent(number: string): boolean {
  const [, exponent = "0"] = number.split(/[eE]/);
  return Math.abs(Number(exponent)) <= EXPONENT_MAX;
}

/** False where a half of a surrogate pair stands alone: UTF-8 cannot say it. */
export function isUnicode(text: string): boolean {
  return text.isWellFormed();
}
