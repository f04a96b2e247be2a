/** Prints filters as text, which `parseFilter` reads back as the same. */

import {
  type Comparison,
  type Condition,
  type FilterField,
  type FilterOperand,
  type FilterPath,
  NUMBER_PATTERN,
} from "./filter-model.ts";
import type { FilterChip } from "./filter-parser.ts";
import {
  DATE_MS_MAX,
  JOINING_WORDS,
  MEANINGFUL_WORDS,
  PLAIN_HEADER,
  PLAIN_NAME,
  PLAIN_WORD,
  SIGN_OF,
} from "./filter-words.ts";

/** The text of a filter bar with these chips. */
export function printFilter(chips: readonly FilterChip[]): string {
  const [only] = chips;
  if (chips.length === 1 && only?.condition.kind === "any" && !only.isOff) {
    return printCondition(only.condition);
  }
  return chips
    .map(({ condition, isOff }) => {
      return isOff ? `off(${printCondition(condition)})` : printOperandOf(condition);
    })
    .join(" ");
}

/** The text of one condition, as it may stand in brackets. */
export function printCondition(condition: Condition): string {
  switch (condition.kind) {
    case "compare":
      return printComparison(condition);
    case "exists":
      return `${printField(condition.field)}=*`;
    case "text":
      return printWord(condition.text);
    case "cel":
      return `cel:${printExpression(condition.expression)}`;
    case "not":
      return `not ${printOperandOf(condition.condition)}`;
    case "all":
      return condition.conditions.map(printOperandOf).join(" and ");
    case "any":
      return condition.conditions.map(printOperandOf).join(" or ");
  }
}

/** The text of a field, as completions offer it. */
export function printField(field: FilterField): string {
  switch (field.kind) {
    case "key":
    case "value":
      return field.kind + printPath(field.path);
    case "header":
      return PLAIN_HEADER.test(field.name)
        ? `header.${field.name}`
        : `header.${JSON.stringify(field.name)}`;
    default:
      return field.kind;
  }
}

/** A condition inside another: in brackets where it joins. */
function printOperandOf(condition: Condition): string {
  const text = printCondition(condition);
  return condition.kind === "all" || condition.kind === "any" ? `(${text})` : text;
}

function printComparison({ field, operator, operand }: Comparison): string {
  const value = field.kind === "timestamp" ? printTime(operand) : printOperand(operand);
  return printField(field) + SIGN_OF[operator] + value;
}

function printPath(path: FilterPath): string {
  return path
    .map((step) => {
      if (step === null) return "[*]";
      if (typeof step === "number") return `[${step}]`;
      return PLAIN_NAME.test(step) ? `.${step}` : `.${JSON.stringify(step)}`;
    })
    .join("");
}

function printOperand(operand: FilterOperand): string {
  switch (operand.kind) {
    case "text":
      return printText(operand.text);
    case "number":
      return operand.number;
    case "bytes":
      return `x"${operand.hex}"`;
    case "boolean":
      return String(operand.boolean);
    case "null":
      return "null";
  }
}

/** A time as a date where it can be one. */
function printTime(operand: FilterOperand): string {
  if (operand.kind !== "number") return printOperand(operand);
  const ms = Number(operand.number);
  const isDate = ms >= 0 && ms <= DATE_MS_MAX && String(ms) === operand.number;
  return isDate ? new Date(ms).toISOString() : operand.number;
}

/** A text to compare with, quoted where it would be read as something else. */
function printText(text: string): string {
  const isPlain = PLAIN_WORD.test(text) && !MEANINGFUL_WORDS.has(text);
  return isPlain && !NUMBER_PATTERN.test(text) ? text : JSON.stringify(text);
}

/** A text to search for, quoted where it would be read as something else. */
function printWord(text: string): string {
  return PLAIN_WORD.test(text) && !JOINING_WORDS.has(text) ? text : JSON.stringify(text);
}

/** Between backticks, which leave quotes as they are, where that can be. */
function printExpression(expression: string): string {
  const isRaw = /["\\]/.test(expression) && !/[`\p{Cc}]/u.test(expression);
  return isRaw ? `\`${expression}\`` : JSON.stringify(expression);
}
