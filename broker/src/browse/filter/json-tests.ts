/** What comparisons mean for a value inside JSON. */
import { Buffer } from "node:buffer";
import type { FilterOperand, FilterOperator } from "@runnel/contracts/filter-model.ts";
import { unreachable } from "@runnel/kit/assert.ts";
import { compareNumber, exactNumber } from "./exact-number.ts";
import type { JsonTest } from "./json-path.ts";
import { hasBackslash, isSame, QUOTE, stringAt } from "./json-scan.ts";
import { isInOrder, type OrderOperator } from "./order.ts";
import { CaselessText, compareBytes, includes, startsWith } from "./text-tests.ts";

type Range = (bytes: Buffer, start: number, end: number) => boolean;

/** The test of one comparison; `notEquals` is for the caller to turn around. */
export function jsonTest(
  operator: Exclude<FilterOperator, "notEquals">,
  operand: FilterOperand,
): JsonTest {
  switch (operator) {
    case "equals":
      return equals(operand);
    case "less":
    case "lessOrEqual":
    case "greater":
    case "greaterOrEqual":
      return order(operator, operand);
    case "contains": {
      const text = new CaselessText(textOf(operand));
      return onContent((bytes, start, end) => text.isIn(bytes, start, end));
    }
    case "containsExactly": {
      const part = Buffer.from(textOf(operand));
      return onContent((bytes, start, end) => includes(bytes, start, end, part));
    }
    case "startsWith": {
      const part = Buffer.from(textOf(operand));
      return onContent((bytes, start, end) => startsWith(bytes, start, end, part));
    }
    default:
      return unreachable(operator);
  }
}

function equals(operand: FilterOperand): JsonTest {
  switch (operand.kind) {
    case "text": {
      const text = Buffer.from(operand.text);
      return onString((bytes, start, end) => isSame(bytes, start, end, text));
    }
    case "number": {
      const number = exactNumber(operand.number);
      return onContent((bytes, start, end) => compareNumber(bytes, start, end, number) === 0);
    }
    case "boolean":
      return literal(String(operand.boolean));
    case "null":
      return literal("null");
    case "bytes":
      return () => false;
    default:
      return unreachable(operand);
  }
}

function order(operator: OrderOperator, operand: FilterOperand): JsonTest {
  if (operand.kind === "number") {
    const number = exactNumber(operand.number);
    return onContent((bytes, start, end) =>
      isInOrder(compareNumber(bytes, start, end, number), operator),
    );
  }
  const text = Buffer.from(textOf(operand));
  return onString((bytes, start, end) =>
    isInOrder(compareBytes(bytes, start, end, text), operator),
  );
}

function literal(word: string): JsonTest {
  const bytesOfWord = Buffer.from(word);
  return (bytes, start, end) => isSame(bytes, start, end, bytesOfWord);
}

/** On what a string says; false for whatever is no string. */
function onString(range: Range): JsonTest {
  return (bytes, start, end) => bytes[start] === QUOTE && inside(bytes, start, end, range);
}

/** On what a string says, and on anything else as it is written. */
function onContent(range: Range): JsonTest {
  return (bytes, start, end) =>
    bytes[start] === QUOTE ? inside(bytes, start, end, range) : range(bytes, start, end);
}

function inside(bytes: Buffer, start: number, end: number, range: Range): boolean {
  const [first, last] = [start + 1, end - 1];
  if (!hasBackslash(bytes, first, last)) return range(bytes, first, last);
  const text = stringAt(bytes, first, last);
  if (text === null) return false;
  const content = Buffer.from(text);
  return range(content, 0, content.length);
}

function textOf(operand: FilterOperand): string {
  return operand.kind === "text" ? operand.text : "";
}
