/** What comparisons mean for a key, a value or a header as a whole: bytes that are there, not null. */
import { Buffer } from "node:buffer";
import type { FilterOperand, FilterOperator } from "@runnel/contracts/filter-model.ts";
import { unreachable } from "@runnel/kit/assert.ts";
import { compareNumber, type ExactNumber, exactNumber } from "./exact-number.ts";
import { isSame } from "./json-scan.ts";
import { numberEnd } from "./json-valid.ts";
import { Needle } from "./needle.ts";
import { isInOrder, type OrderOperator } from "./order.ts";
import { CaselessText, compareBytes, startsWith } from "./text-tests.ts";

/** Judges bytes from `start` to `end`; `batch` as in `Needle.find`. */
export type RawTest = (bytes: Buffer, batch: number, start: number, end: number) => boolean;

/** The test of one comparison; `notEquals` and null are for the caller. */
export function rawTest(
  operator: Exclude<FilterOperator, "notEquals">,
  operand: FilterOperand,
): RawTest {
  switch (operator) {
    case "equals": {
      const wanted = equalBytes(operand);
      return (bytes, _batch, start, end) =>
        wanted.some((other) => isSame(bytes, start, end, other));
    }
    case "less":
    case "lessOrEqual":
    case "greater":
    case "greaterOrEqual":
      return order(operator, operand);
    case "contains": {
      const text = new CaselessText(operand.kind === "text" ? operand.text : "");
      return (bytes, _batch, start, end) => text.isIn(bytes, start, end);
    }
    case "containsExactly": {
      const needle = new Needle(bytesOf(operand));
      return (bytes, batch, start, end) => needle.find(bytes, batch, start, end) >= 0;
    }
    case "startsWith": {
      const part = bytesOf(operand);
      return (bytes, _batch, start, end) => startsWith(bytes, start, end, part);
    }
    default:
      return unreachable(operator);
  }
}

/**
 * The byte strings that equal the operand; none for null. An integer is its text, or a big-endian
 * int32 or int64 whose bytes do not spell a number themselves: those are read as that text.
 */
export function equalBytes(operand: FilterOperand): readonly Buffer[] {
  switch (operand.kind) {
    case "text":
    case "bytes":
      return [bytesOf(operand)];
    case "boolean":
      return [Buffer.from(String(operand.boolean))];
    case "number":
      return [Buffer.from(operand.number, "latin1"), ...integers(operand.number)];
    case "null":
      return [];
    default:
      return unreachable(operand);
  }
}

function integers(number: string): Buffer[] {
  if (!/^-?[0-9]{1,19}$/.test(number) || number === "-0") return [];
  const value = BigInt(number);
  const found: Buffer[] = [];
  if (value === BigInt.asIntN(32, value)) {
    found.push(Buffer.alloc(4));
    found[0]?.writeInt32BE(Number(value));
  }
  if (value === BigInt.asIntN(64, value)) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(value);
    found.push(bytes);
  }
  return found.filter((bytes) => numberEnd(bytes, 0, bytes.length) !== bytes.length);
}

function order(operator: OrderOperator, operand: FilterOperand): RawTest {
  if (operand.kind === "number") {
    const number = exactNumber(operand.number);
    return (bytes, _batch, start, end) =>
      isInOrder(compareWhole(bytes, start, end, number), operator);
  }
  const text = bytesOf(operand);
  return (bytes, _batch, start, end) => isInOrder(compareBytes(bytes, start, end, text), operator);
}

/** As `compareNumber`, where an int32 or int64 that spells no number counts as the number it is. */
function compareWhole(bytes: Buffer, start: number, end: number, number: ExactNumber): number {
  const difference = compareNumber(bytes, start, end, number);
  if (difference === difference) return difference;
  const size = end - start;
  if (size !== 4 && size !== 8) return Number.NaN;
  const value = size === 4 ? bytes.readInt32BE(start) : bytes.readBigInt64BE(start);
  const text = Buffer.from(String(value), "latin1");
  return compareNumber(text, 0, text.length, number);
}

function bytesOf(operand: FilterOperand): Buffer {
  if (operand.kind === "bytes") return Buffer.from(operand.hex, "hex");
  return Buffer.from(operand.kind === "text" ? operand.text : "");
}
