/** What filters mean, written plainly, for tests: whole records against whole conditions. */
import type {
  Comparison,
  Condition,
  FilterField,
  FilterOperand,
  FilterOperator,
} from "@runnel/contracts/filter-model.ts";
import { NUMBER_PATTERN } from "@runnel/contracts/filter-model.ts";
import type { StoredRecord } from "../record.ts";
import { compareDecimals, type Node, nodesAt, WrittenNumber } from "./oracle.ts";

/** Thrown where the plain way cannot tell: how an array or object was written. */
export class Unknown extends Error {}

const lenient = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

export function isMatch(condition: Condition, record: StoredRecord): boolean {
  switch (condition.kind) {
    case "compare":
      return isComparisonTrue(condition, record);
    case "exists":
      return isThere(condition.field, record);
    case "text": {
      const { key, value, headers } = record;
      const all = headers.flatMap((header) => [encoder.encode(header.key), header.value]);
      return [key, value, ...all].some((bytes) => bytes !== null && hasText(bytes, condition.text));
    }
    case "not":
      return !isMatch(condition.condition, record);
    // Every part is looked at, so that the plain way says Unknown wherever any part is.
    case "all":
      return condition.conditions.map((part) => isMatch(part, record)).every(Boolean);
    case "any":
      return condition.conditions.map((part) => isMatch(part, record)).some(Boolean);
    default:
      throw new Unknown();
  }
}

function isComparisonTrue({ field, operator, operand }: Comparison, record: StoredRecord): boolean {
  if (operator === "notEquals") {
    return !isComparisonTrue({ kind: "compare", field, operator: "equals", operand }, record);
  }
  if (field.kind === "key" || field.kind === "value") {
    const bytes = record[field.kind];
    if (field.path.length === 0) return isRawTrue(bytes, operator, operand);
    return nodesAt(bytes ?? new Uint8Array(0), field.path)
      .map((node) => isNodeTrue(node, operator, operand))
      .some(Boolean);
  }
  if (field.kind === "header") {
    const { name } = field;
    const values = record.headers.filter(({ key }) => key === name).map(({ value }) => value);
    return values.some((value) => isRawTrue(value, operator, operand));
  }
  const number = operand.kind === "number" ? BigInt(operand.number) : 0n;
  const { keySize, valueSize, headersSize, headers, batch } = record;
  const facts: Readonly<Record<string, bigint | number>> = {
    ...record,
    size: Math.max(keySize, 0) + Math.max(valueSize, 0) + headersSize,
    headerCount: headers.length,
    producerId: batch.producerId,
    leaderEpoch: batch.leaderEpoch,
  } as never;
  const difference = BigInt(facts[field.kind] as bigint | number) - number;
  return isOrdered(difference < 0n ? -1 : difference > 0n ? 1 : 0, operator);
}

function isThere(field: FilterField, record: StoredRecord): boolean {
  if (field.kind === "header") return record.headers.some(({ key }) => key === field.name);
  if (field.kind !== "key" && field.kind !== "value") return true;
  const bytes = record[field.kind];
  return bytes !== null && (field.path.length === 0 || nodesAt(bytes, field.path).length > 0);
}

function isRawTrue(
  bytes: Uint8Array | null,
  operator: FilterOperator,
  operand: FilterOperand,
): boolean {
  if (bytes === null) return operator === "equals" && operand.kind === "null";
  const binary = latin1(bytes);
  switch (operand.kind) {
    case "null":
      return false;
    case "boolean":
      return binary === String(operand.boolean);
    case "number": {
      if (operator === "equals") {
        const isInteger = /^-?[0-9]+$/.test(operand.number) && operand.number !== "-0";
        return binary === operand.number || (isInteger && numberIn(bytes, 0) === operand.number);
      }
      const number = numberIn(bytes, null);
      return number !== null && isOrdered(compareDecimals(number, operand.number), operator);
    }
    case "text":
    case "bytes": {
      if (operator === "contains")
        return hasText(bytes, operand.kind === "text" ? operand.text : "");
      const wanted =
        operand.kind === "text" ? latin1(encoder.encode(operand.text)) : unhex(operand.hex);
      if (operator === "containsExactly") return binary.includes(wanted);
      if (operator === "startsWith") return binary.startsWith(wanted);
      return isOrdered(binary === wanted ? 0 : binary < wanted ? -1 : 1, operator);
    }
  }
}

/** The number that bytes spell or, with `text` 0 only, are. */
function numberIn(bytes: Uint8Array, text: 0 | null): string | null {
  const binary = latin1(bytes);
  if (NUMBER_PATTERN.test(binary)) return text === 0 ? null : binary;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length === 4) return String(view.getInt32(0));
  return bytes.length === 8 ? String(view.getBigInt64(0)) : null;
}

function isNodeTrue(node: Node, operator: FilterOperator, operand: FilterOperand): boolean {
  const isContainer = typeof node === "object" && node !== null && !(node instanceof WrittenNumber);
  if (operator === "contains" || operator === "containsExactly" || operator === "startsWith") {
    if (isContainer) throw new Unknown();
    const content = node instanceof WrittenNumber ? node.text : String(node);
    const wanted = operand.kind === "text" ? operand.text : "";
    if (operator === "contains") return hasText(encoder.encode(content), wanted);
    return operator === "startsWith" ? content.startsWith(wanted) : content.includes(wanted);
  }
  switch (operand.kind) {
    case "null":
      return node === null;
    case "boolean":
      return node === operand.boolean;
    case "text": {
      if (typeof node !== "string") return false;
      const [left, right] = [latin1(encoder.encode(node)), latin1(encoder.encode(operand.text))];
      return isOrdered(left === right ? 0 : left < right ? -1 : 1, operator);
    }
    case "number": {
      const number = node instanceof WrittenNumber ? node.text : node;
      if (typeof number !== "string" || !NUMBER_PATTERN.test(number)) return false;
      return isOrdered(compareDecimals(number, operand.number), operator);
    }
    case "bytes":
      return false;
  }
}

function isOrdered(difference: number, operator: FilterOperator): boolean {
  switch (operator) {
    case "equals":
      return difference === 0;
    case "less":
      return difference < 0;
    case "lessOrEqual":
      return difference <= 0;
    case "greater":
      return difference > 0;
    default:
      return difference >= 0;
  }
}

function hasText(bytes: Uint8Array, text: string): boolean {
  if (text.includes("\ufffd")) return latin1(bytes).includes(latin1(encoder.encode(text)));
  return lower(lenient.decode(bytes)).includes(lower(text));
}

const lower = (text: string): string => text.toLowerCase().replaceAll("ς", "σ");
const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
const unhex = (hex: string): string =>
  latin1(Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)));
