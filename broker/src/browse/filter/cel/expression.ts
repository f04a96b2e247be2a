/**
 * Expressions of the Common Expression Language, as filters.
 *
 * The library parses and checks the types; what runs is `compile.ts`, because an evaluation must end:
 * it counts its steps, looks at the clock, and bounds what it makes. Source: reliability row H7.
 */
import {
  TypeError as CelTypeError,
  Environment,
  EvaluationError,
  ParseError,
} from "@marcbachmann/cel-js";
import { CEL_LENGTH_MAX } from "@runnel/contracts/filter-model.ts";
import { messageOf } from "@runnel/kit/errors.ts";
import type { RecordCursor } from "../../record.ts";
import { HeaderWalk } from "../headers.ts";
import { textAt } from "../json-scan.ts";
import { Budget } from "./budget.ts";
import { compileNode } from "./compile.ts";
import { valueOfBytes } from "./from-bytes.ts";
import { CEL_DEPTH_MAX, CEL_ELEMENTS_MAX, CEL_NODES_MAX, EXHAUSTIONS_MAX } from "./limits.ts";
import type { Member } from "./members.ts";
import { Patterns } from "./patterns.ts";
import { CelCompileError, type Evaluate, type Frame, notBool } from "./scope.ts";
import { type CelKey, type CelValue, Failure, type Result, Timestamp } from "./values.ts";

/** The variables of expressions and their types. */
const VARIABLES: Readonly<Record<string, string>> = {
  key: "dyn",
  value: "dyn",
  headers: "map<string, dyn>",
  timestamp: "google.protobuf.Timestamp",
  offset: "int",
  partition: "int",
  keySize: "int",
  valueSize: "int",
  size: "int",
};

/** What the specification has and the library's type check does not know yet. */
const MORE_FUNCTIONS = [
  "int(google.protobuf.Timestamp): int",
  "string(google.protobuf.Timestamp): string",
  "string(google.protobuf.Duration): string",
  "timestamp(google.protobuf.Timestamp): google.protobuf.Timestamp",
  "duration(google.protobuf.Duration): google.protobuf.Duration",
];
const MORE_OPERATORS = ["bytes < bytes", "bytes <= bytes", "bytes > bytes", "bytes >= bytes"];

let environment: Environment | null = null;

/** Made when the first expression comes: most brokers never see one. */
function environmentOf(): Environment {
  if (environment !== null) return environment;
  environment = new Environment({
    homogeneousAggregateLiterals: false,
    limits: {
      maxAstNodes: CEL_NODES_MAX,
      maxDepth: CEL_DEPTH_MAX,
      maxListElements: CEL_ELEMENTS_MAX,
      maxMapEntries: CEL_ELEMENTS_MAX,
      maxCallArguments: 8,
    },
  });
  for (const [name, type] of Object.entries(VARIABLES)) environment.registerVariable(name, type);
  // For the check alone: what runs is in functions.ts and values.ts.
  for (const signature of MORE_FUNCTIONS) environment.registerFunction(signature, neverRun);
  for (const operator of MORE_OPERATORS) environment.registerOperator(operator, neverRun);
  return environment;
}

function neverRun(): never {
  throw new Error("the library checks expressions, it does not run them");
}

/** What is wrong with an expression, from `start` up to `end`, in UTF-16 units. */
export class ExpressionError extends Error {
  override name = "ExpressionError";
  readonly start: number;
  readonly end: number;

  constructor(message: string, { start, end }: { readonly start: number; readonly end: number }) {
    super(message);
    this.start = start;
    this.end = end;
  }
}

/** An expression that is ready to run; it belongs to one scan. */
export class Expression {
  readonly #evaluate: Evaluate;
  readonly #frame: RecordFrame;
  #exhaustions = 0;

  constructor(evaluate: Evaluate, nowMs: () => number) {
    this.#evaluate = evaluate;
    this.#frame = new RecordFrame(new Budget(nowMs));
  }

  /** True, false, or the failure why it is neither. */
  test(record: RecordCursor): boolean | Failure {
    if (this.#exhaustions >= EXHAUSTIONS_MAX) return tooExpensive;
    this.#frame.open(record);
    const result = this.#evaluate(this.#frame);
    this.#frame.close();
    if (result instanceof Failure) {
      if (result.isFinal) this.#exhaustions += 1;
      return result;
    }
    return typeof result === "boolean" ? result : notBool(result);
  }
}

const tooExpensive = new Failure(
  `the expression took too long on ${EXHAUSTIONS_MAX} records and is no longer tried: make it simpler`,
);

/**
 * Makes an expression ready, `patterns` being those of the filter that it is a part of. Throws
 * `ExpressionError` where it makes no sense or is too large.
 */
export function compileExpression(
  text: string,
  nowMs: () => number,
  patterns = new Patterns(),
): Expression {
  const whole = { start: 0, end: text.length };
  if (text.length > CEL_LENGTH_MAX) {
    throw new ExpressionError(`an expression has at most ${CEL_LENGTH_MAX} characters`, whole);
  }
  try {
    const parsed = environmentOf().parse(text);
    const { valid, type = "", error } = parsed.check();
    if (!valid) throw error ?? new ExpressionError("the expression makes no sense", whole);
    if (type !== "bool" && !type.startsWith("dyn")) {
      throw new ExpressionError(`the expression yields ${type}, a filter needs bool`, whole);
    }
    const scope = { patterns, locals: [], compile: compileNode };
    return new Expression(compileNode(parsed.ast, scope), nowMs);
  } catch (error) {
    throw asExpressionError(error, whole);
  }
}

function asExpressionError(error: unknown, whole: { start: number; end: number }): ExpressionError {
  if (error instanceof ExpressionError) return error;
  if (error instanceof CelCompileError) return new ExpressionError(error.message, error);
  const isSyntax = error instanceof ParseError || error instanceof CelTypeError;
  if (isSyntax || error instanceof EvaluationError) {
    return new ExpressionError(error.summary, error.range ?? whole);
  }
  // The stack of a parser that goes down with the brackets; whatever else may come is the text's fault.
  return new ExpressionError(`the expression cannot be read: ${messageOf(error)}`, whole);
}

/** Bytes of JSON that are walked in a step. */
const BYTES_PER_STEP = 256;
const isNull = new Failure("null has no members");

/** The variables of the record at hand, made when they are asked for and once. */
class RecordFrame implements Frame {
  readonly budget: Budget;
  readonly locals: CelValue[] = [];
  readonly #headers = new HeaderWalk();
  /** Values by the variable or member that they are of. */
  readonly #known = new Map<string | Member, Result>();
  #record: RecordCursor | null = null;

  constructor(budget: Budget) {
    this.budget = budget;
  }

  open(record: RecordCursor): void {
    this.#record = record;
    this.budget.renew();
  }

  /** Lets go of the record's values. */
  close(): void {
    this.#record = null;
    this.#known.clear();
    this.locals.length = 0;
  }

  variable(name: string): Result {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const value = this.#record === null ? null : this.#make(name, this.#record);
    this.#known.set(name, value);
    return value;
  }

  member(member: Member): Result {
    const known = this.#known.get(member);
    if (known !== undefined) return known;
    const value = this.#find(member, (bytes, batch, start, end) =>
      member.read(bytes, batch, start, end),
    );
    this.#known.set(member, value);
    return value;
  }

  hasMember(member: Member): boolean {
    const isIn = this.#find(member, (bytes, batch, start, end) =>
      member.isIn(bytes, batch, start, end),
    );
    return isIn === true;
  }

  /** Looks into the bytes of the member's root. */
  #find(
    { root }: Member,
    look: (bytes: Buffer, batch: number, start: number, end: number) => Result,
  ): Result {
    if (this.#record === null) return null;
    const { buffer, batchNumber, layout } = this.#record;
    const at = root === "key" ? layout.keyAt : layout.valueAt;
    const length = root === "key" ? layout.keyLength : layout.valueLength;
    if (length < 0) return isNull;
    if (!this.budget.spend(1 + length / BYTES_PER_STEP)) return this.budget.exhausted;
    return look(buffer, batchNumber, at, at + length);
  }

  #make(name: string, record: RecordCursor): Result {
    const { buffer, layout } = record;
    const { keyAt, keyLength, valueAt, valueLength } = layout;
    switch (name) {
      case "key":
        return keyLength < 0 ? null : valueOfBytes(buffer, keyAt, keyAt + keyLength);
      case "value":
        return valueLength < 0 ? null : valueOfBytes(buffer, valueAt, valueAt + valueLength);
      case "headers":
        return this.#makeHeaders(record);
      case "timestamp":
        return new Timestamp(BigInt(record.timestamp) * 1_000_000n);
      case "offset":
        return BigInt(record.offset);
      case "partition":
        return BigInt(record.partition);
      case "keySize":
        return BigInt(keyLength);
      case "valueSize":
        return BigInt(valueLength);
      case "size":
        return BigInt(Math.max(keyLength, 0) + Math.max(valueLength, 0) + record.headersSize);
      default:
        return new Failure(`there is no ${name}`);
    }
  }

  /** By name; of several with one name the last counts, as for Kafka's clients. */
  #makeHeaders(record: RecordCursor): Result {
    const walk = this.#headers;
    const headers = new Map<CelKey, CelValue>();
    walk.open(record);
    while (walk.next()) {
      const value =
        walk.valueEnd < 0 ? null : valueOfBytes(record.buffer, walk.valueAt, walk.valueEnd);
      if (value instanceof Failure) return value;
      headers.set(textAt(record.buffer, walk.keyAt, walk.keyEnd), value);
    }
    return headers;
  }
}
