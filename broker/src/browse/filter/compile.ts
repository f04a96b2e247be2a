/**
 * Makes a matcher of a condition: one closure per condition, which reads the record in place.
 *
 * Among conditions that must all be true, the cheap ones go first: numbers, then keys and headers,
 * then text, JSON and expressions.
 */
import { Buffer } from "node:buffer";
import type {
  Comparison,
  Condition,
  FilterField,
  NumberField,
} from "@runnel/contracts/filter-model.ts";
import { unreachable } from "@runnel/kit/assert.ts";
import type { RecordCursor } from "../record.ts";
import { compileExpression } from "./cel/expression.ts";
import { Patterns } from "./cel/patterns.ts";
import type { Failure } from "./cel/values.ts";
import { HeaderWalk } from "./headers.ts";
import { JsonPath } from "./json-path.ts";
import { isSame } from "./json-scan.ts";
import { jsonTest } from "./json-tests.ts";
import type { FilterError, RecordMatcher } from "./matcher.ts";
import { isInOrder } from "./order.ts";
import { rawTest } from "./raw-tests.ts";
import { CaselessText } from "./text-tests.ts";

/** True, false, or why an expression says neither. */
type Truth = boolean | Failure;
type Match = (record: RecordCursor) => Truth;

/** A condition ready to run, and how much work it is; the numbers only say what comes first. */
interface Step {
  readonly match: Match;
  readonly cost: number;
}

const COST = { number: 0, bytes: 1, header: 2, text: 4, json: 8, expression: 64 } as const;

export interface FilterOptions {
  /** A monotonic clock, by which expressions that take too long end. */
  readonly nowMs?: () => number;
}

/**
 * Makes the matcher of `condition`; null makes one that everything matches. Throws `ExpressionError`
 * where an expression makes no sense.
 */
export function compileFilter(
  condition: Condition | null,
  { nowMs = () => performance.now() }: FilterOptions = {},
): RecordMatcher {
  if (condition === null) return new Matcher(() => true);
  return new Matcher(compile(condition, { nowMs, patterns: new Patterns() }).match);
}

class Matcher implements RecordMatcher {
  errorCount = 0;
  firstError: FilterError | null = null;
  readonly #match: Match;

  constructor(match: Match) {
    this.#match = match;
  }

  matches(record: RecordCursor): boolean {
    const truth = this.#match(record);
    if (typeof truth === "boolean") return truth;
    this.errorCount += 1;
    const { partition, offset } = record;
    this.firstError ??= { partition, offset, message: truth.message };
    return false;
  }
}

/** What the parts of one filter share. */
interface Shared {
  readonly nowMs: () => number;
  readonly patterns: Patterns;
}

function compile(condition: Condition, shared: Shared): Step {
  switch (condition.kind) {
    case "compare":
      return compileComparison(condition);
    case "exists":
      return compilePresence(condition.field);
    case "text":
      return compileText(condition.text);
    case "cel": {
      const expression = compileExpression(condition.expression, shared.nowMs, shared.patterns);
      return { match: (record) => expression.test(record), cost: COST.expression };
    }
    case "not": {
      const { match, cost } = compile(condition.condition, shared);
      return { match: not(match), cost };
    }
    case "all":
    case "any": {
      const steps = condition.conditions.map((part) => compile(part, shared));
      return join(steps, condition.kind === "any");
    }
    default:
      return unreachable(condition);
  }
}

/** Any of the steps where `decisive` is true, else all: one that decides makes up for failures. */
function join(parts: readonly Step[], decisive: boolean): Step {
  const steps = parts.toSorted((a, b) => a.cost - b.cost);
  const matches = steps.map(({ match }) => match);
  const match: Match = (record) => {
    let failure: Failure | null = null;
    for (const each of matches) {
      const truth = each(record);
      if (truth === decisive) return decisive;
      if (typeof truth !== "boolean") failure ??= truth;
    }
    return failure ?? !decisive;
  };
  return { match, cost: steps.reduce((sum, { cost }) => sum + cost, 0) };
}

function not(match: Match): Match {
  return (record) => {
    const truth = match(record);
    return typeof truth === "boolean" ? !truth : truth;
  };
}

function compileComparison(comparison: Comparison): Step {
  if (comparison.operator !== "notEquals") return compilePositive(comparison);
  const { match, cost } = compilePositive({ ...comparison, operator: "equals" });
  return { match: not(match), cost };
}

function compilePositive({ field, operator, operand }: Comparison): Step {
  if (operator === "notEquals") throw new Error("the caller turns it around");
  switch (field.kind) {
    case "key":
    case "value": {
      const isKey = field.kind === "key";
      if (field.path.length > 0) {
        const path = new JsonPath(field.path, jsonTest(operator, operand));
        return { match: onJson(path, isKey), cost: COST.json };
      }
      if (operand.kind === "null") {
        const match: Match = isKey
          ? ({ layout }) => layout.keyLength < 0
          : ({ layout }) => layout.valueLength < 0;
        return { match, cost: COST.number };
      }
      const test = rawTest(operator, operand);
      const cost = operator === "contains" ? COST.text : COST.bytes;
      const match: Match = isKey
        ? ({ buffer, batchNumber, layout: { keyAt, keyLength } }) =>
            keyLength >= 0 && test(buffer, batchNumber, keyAt, keyAt + keyLength)
        : ({ buffer, batchNumber, layout: { valueAt, valueLength } }) =>
            valueLength >= 0 && test(buffer, batchNumber, valueAt, valueAt + valueLength);
      return { match, cost };
    }
    case "header":
      return compileHeader(field.name, { operator, operand });
    default:
      return compileNumber(field.kind, { operator, operand });
  }
}

function onJson(path: JsonPath, isKey: boolean): Match {
  return isKey
    ? ({ buffer, batchNumber, layout: { keyAt, keyLength } }) =>
        keyLength > 0 && path.matches(buffer, batchNumber, keyAt, keyAt + keyLength)
    : ({ buffer, batchNumber, layout: { valueAt, valueLength } }) =>
        valueLength > 0 && path.matches(buffer, batchNumber, valueAt, valueAt + valueLength);
}

/** True if any header of that name meets the comparison. */
function compileHeader(
  name: string,
  { operator, operand }: Pick<Comparison, "operator" | "operand">,
): Step {
  if (operator === "notEquals") throw new Error("the caller turns it around");
  const nameBytes = Buffer.from(name);
  const walk = new HeaderWalk();
  const wantsNull = operand.kind === "null";
  const test = rawTest(operator, operand);
  const match: Match = (record) => {
    const { buffer, batchNumber } = record;
    walk.open(record);
    while (walk.next()) {
      if (!isSame(buffer, walk.keyAt, walk.keyEnd, nameBytes)) continue;
      if (walk.valueEnd < 0 ? wantsNull : test(buffer, batchNumber, walk.valueAt, walk.valueEnd)) {
        return true;
      }
    }
    return false;
  };
  return { match, cost: COST.header };
}

function compileNumber(
  kind: NumberField,
  { operator, operand }: Pick<Comparison, "operator" | "operand">,
): Step {
  const wanted = BigInt(operand.kind === "number" ? operand.number : 0);
  // What does not fit into a double is beyond every offset and time, but for producer ids.
  const isExact = BigInt(Number(wanted)) === wanted;
  const value = Number(wanted);
  const compare: (record: RecordCursor) => number =
    kind === "producerId"
      ? (record) => Number(record.batch.producerId - wanted)
      : isExact
        ? (record) => numberOf(record, kind) - value
        : (record) => Number(BigInt(numberOf(record, kind)) - wanted);
  const match: Match =
    operator === "equals"
      ? (record) => compare(record) === 0
      : (record) => isInOrder(compare(record), operator as never);
  return { match, cost: COST.number };
}

function numberOf(record: RecordCursor, kind: Exclude<NumberField, "producerId">): number {
  switch (kind) {
    case "partition":
      return record.partition;
    case "offset":
      return record.offset;
    case "timestamp":
      return record.timestamp;
    case "keySize":
      return record.layout.keyLength;
    case "valueSize":
      return record.layout.valueLength;
    case "size": {
      const { keyLength, valueLength } = record.layout;
      return Math.max(keyLength, 0) + Math.max(valueLength, 0) + record.headersSize;
    }
    case "headerCount":
      return record.layout.headerCount;
    case "leaderEpoch":
      return record.batch.leaderEpoch;
    default:
      return unreachable(kind);
  }
}

function compilePresence(field: FilterField): Step {
  switch (field.kind) {
    case "key":
    case "value": {
      const isKey = field.kind === "key";
      if (field.path.length > 0) {
        return { match: onJson(new JsonPath(field.path, () => true), isKey), cost: COST.json };
      }
      const match: Match = isKey
        ? ({ layout }) => layout.keyLength >= 0
        : ({ layout }) => layout.valueLength >= 0;
      return { match, cost: COST.number };
    }
    case "header": {
      const name = Buffer.from(field.name);
      const walk = new HeaderWalk();
      const match: Match = (record) => {
        walk.open(record);
        while (walk.next()) if (isSame(record.buffer, walk.keyAt, walk.keyEnd, name)) return true;
        return false;
      };
      return { match, cost: COST.header };
    }
    default:
      return { match: () => true, cost: COST.number };
  }
}

/** A bare text: anywhere in the key, the value, a header's name or its value. */
function compileText(text: string): Step {
  const wanted = new CaselessText(text);
  const walk = new HeaderWalk();
  const match: Match = (record) => {
    const { buffer, layout } = record;
    const { keyAt, keyLength, valueAt, valueLength } = layout;
    if (keyLength > 0 && wanted.isIn(buffer, keyAt, keyAt + keyLength)) return true;
    if (valueLength > 0 && wanted.isIn(buffer, valueAt, valueAt + valueLength)) return true;
    walk.open(record);
    while (walk.next()) {
      if (wanted.isIn(buffer, walk.keyAt, walk.keyEnd)) return true;
      if (walk.valueEnd >= 0 && wanted.isIn(buffer, walk.valueAt, walk.valueEnd)) return true;
    }
    return false;
  };
  return { match, cost: COST.text };
}
