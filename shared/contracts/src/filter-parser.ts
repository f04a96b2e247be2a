/** Reads filters from text; `filter-words.ts` has the grammar. Total: any text is a filter or an error. */

import {
  CEL_LENGTH_MAX,
  CONDITION_DEPTH_MAX,
  type Condition,
  type FilterField,
  type FilterOperand,
  type FilterOperator,
  faultOf,
  NUMBER_FIELDS,
  NUMBER_PATTERN,
  type NumberField,
  numberFaultOf,
  OPERAND_LENGTH_MAX,
  sizeFaultOf,
} from "./filter-model.ts";
import { FilterSyntaxError, type Span, TextReader } from "./filter-reader.ts";
import {
  DATE_MS_MAX,
  FILTER_TEXT_LENGTH_MAX,
  JOINING_WORDS,
  OPERATOR_SIGNS,
} from "./filter-words.ts";

/** One condition of a filter bar; those that are not off must all be true. */
export interface FilterChip {
  readonly condition: Condition;
  /** Kept, and without effect. */
  readonly isOff: boolean;
}

/** A chip and where it stands in the text, from `start` up to `end`. */
export interface PlacedChip extends FilterChip, Span {}

export type ParsedFilter =
  | { readonly kind: "filter"; readonly chips: readonly PlacedChip[] }
  /** What is wrong from `start` up to `end` and how to mend it. */
  | ({ readonly kind: "error"; readonly message: string } & Span);

/** Reads the text of a filter bar. Positions count UTF-16 units. */
export function parseFilter(text: string): ParsedFilter {
  if (text.length > FILTER_TEXT_LENGTH_MAX) {
    const message = `a filter has at most ${FILTER_TEXT_LENGTH_MAX} characters`;
    return { kind: "error", message, start: FILTER_TEXT_LENGTH_MAX, end: text.length };
  }
  try {
    const chips = parseChips(new TextReader(text));
    const whole = conditionOf(chips.map((chip) => ({ ...chip, isOff: false })));
    const message = whole === null ? null : sizeFaultOf(whole);
    if (message !== null) return { kind: "error", message, start: 0, end: text.length };
    return { kind: "filter", chips };
  } catch (error) {
    if (!(error instanceof FilterSyntaxError)) throw error;
    return { kind: "error", message: error.message, start: error.start, end: error.end };
  }
}

/** What a record must meet for all chips that are not off; null where anything does. */
export function conditionOf(chips: readonly FilterChip[]): Condition | null {
  const conditions = chips.filter(({ isOff }) => !isOff).map(({ condition }) => condition);
  const [first = null] = conditions;
  return conditions.length < 2 ? first : { kind: "all", conditions };
}

function parseChips(reader: TextReader): PlacedChip[] {
  const { items, hasAlternatives } = parseOr(reader, 0);
  if (!reader.isAtEnd) {
    throw reader.error(reader.peek() === ")" ? "this bracket closes nothing" : "not understood", {
      start: reader.at,
      end: reader.at + 1,
    });
  }
  if (!hasAlternatives) return items;
  const condition: Condition = { kind: "any", conditions: items.map((item) => item.condition) };
  const start = items[0]?.start ?? 0;
  return [{ condition, isOff: false, start, end: items.at(-1)?.end ?? start }];
}

interface Items {
  /** Alternatives, or what must all be true. */
  readonly items: PlacedChip[];
  readonly hasAlternatives: boolean;
}

function parseOr(reader: TextReader, depth: number): Items {
  const alternatives = [parseAnd(reader, depth)];
  while (reader.takeWord("or")) alternatives.push(parseAnd(reader, depth, "or"));
  const [first = []] = alternatives;
  if (alternatives.length === 1) return { items: first, hasAlternatives: false };
  const off = alternatives.flat().find(({ isOff }) => isOff);
  if (off !== undefined) {
    throw reader.error("off(…) cannot be an alternative: put the alternatives inside", off);
  }
  return { items: alternatives.map(joinAll), hasAlternatives: true };
}

/** Conditions that must all be true, at least one unless the text is empty and nothing went before. */
function parseAnd(reader: TextReader, depth: number, after?: string): PlacedChip[] {
  const items: PlacedChip[] = [];
  let word = after;
  for (;;) {
    reader.skipSpace();
    const isOver = reader.isAtEnd || reader.peek() === ")" || reader.seesWord("or");
    if (isOver && word === undefined && (items.length > 0 || (depth === 0 && reader.isAtEnd))) {
      return items;
    }
    if (isOver) throw missingCondition(reader, word);
    items.push(parseItem(reader, depth));
    word = reader.takeWord("and") ? "and" : undefined;
  }
}

function missingCondition(reader: TextReader, word: string | undefined): FilterSyntaxError {
  const place = word === undefined ? "here" : `after ${word}`;
  return reader.error(`a condition is missing ${place}: quote "and", "or" and "not" to find them`, {
    start: reader.at,
    end: Math.min(reader.at + 1, reader.text.length),
  });
}

function parseItem(reader: TextReader, depth: number): PlacedChip {
  const start = reader.at;
  if (depth === 0 && reader.take("off(")) {
    const condition = parseBracketed(reader, { start, end: reader.at }, depth);
    return { condition, isOff: true, start, end: reader.at };
  }
  const condition = parseCondition(reader, depth);
  return { condition, isOff: false, start, end: reader.at };
}

function parseCondition(reader: TextReader, depth: number): Condition {
  const start = reader.at;
  if (depth > CONDITION_DEPTH_MAX) {
    throw reader.error(`conditions are nested at most ${CONDITION_DEPTH_MAX} deep`, {
      start,
      end: start + 1,
    });
  }
  if (reader.take("off(")) {
    throw reader.error("off(…) stands for itself: put brackets and not inside", {
      start,
      end: reader.at,
    });
  }
  if (reader.takeWord("not")) {
    reader.skipSpace();
    if (reader.isAtEnd || reader.peek() === ")") throw missingCondition(reader, "not");
    return { kind: "not", condition: parseCondition(reader, depth + 1) };
  }
  if (reader.take("(")) return parseBracketed(reader, { start, end: reader.at }, depth);
  if (reader.peek() === '"' || reader.peek() === "`") return parseQuotedText(reader);
  return parseCel(reader) ?? parseComparison(reader) ?? parseWord(reader);
}

/** What stands behind the bracket `opening`, and the closing one. */
function parseBracketed(reader: TextReader, opening: Span, depth: number): Condition {
  const { items, hasAlternatives } = parseOr(reader, depth + 1);
  reader.skipSpace();
  if (!reader.take(")")) {
    throw reader.error("this bracket is not closed", opening);
  }
  if (!hasAlternatives) return joinAll(items).condition;
  return { kind: "any", conditions: items.map(({ condition }) => condition) };
}

function joinAll(items: readonly PlacedChip[]): PlacedChip {
  const [first] = items;
  if (first === undefined) throw new Error("nothing to join");
  if (items.length === 1) return first;
  const condition: Condition = { kind: "all", conditions: items.map((item) => item.condition) };
  return { condition, isOff: false, start: first.start, end: items.at(-1)?.end ?? first.end };
}

function parseQuotedText(reader: TextReader): Condition {
  const start = reader.at;
  const text = reader.readQuoted(OPERAND_LENGTH_MAX);
  if (text === "") {
    throw reader.error("there must be something to look for", { start, end: reader.at });
  }
  return { kind: "text", text };
}

/** `cel:` and an expression; null where there is none. */
function parseCel(reader: TextReader): Condition | null {
  const start = reader.at;
  if (!reader.take("cel:")) return null;
  reader.skipSpace();
  if (reader.peek() !== '"' && reader.peek() !== "`") {
    throw reader.error("quote the expression, best between backticks: cel:`size(value) > 3`", {
      start,
      end: reader.at,
    });
  }
  const expression = reader.readQuoted(CEL_LENGTH_MAX);
  if (expression === "") {
    throw reader.error("the expression is empty", { start, end: reader.at });
  }
  return { kind: "cel", expression };
}

/** A field with operator and operand; null, and nothing read, where there is none. */
function parseComparison(reader: TextReader): Condition | null {
  const start = reader.at;
  const field = readField(reader);
  if (field === null) return null;
  const fieldEnd = reader.at;
  reader.skipSpace();
  const operator = readOperator(reader);
  if (operator === null) {
    if (/["[]/.test(reader.text.slice(start, fieldEnd))) {
      throw reader.error("an operator is missing behind the field, such as = ~ < or >", {
        start,
        end: fieldEnd,
      });
    }
    reader.at = start;
    return null;
  }
  reader.skipSpace();
  const operandStart = reader.at;
  const operand = readOperand(reader, field, operator);
  const span = { start, end: reader.at };
  if (operand === "present") {
    if (isNumberField(field)) throw reader.error(`${field.kind} is there with every record`, span);
    const exists: Condition = { kind: "exists", field };
    return operator === "equals" ? exists : { kind: "not", condition: exists };
  }
  const message = faultOf({ field, operator, operand });
  if (message !== null) throw reader.error(message, { start: operandStart, end: reader.at });
  return { kind: "compare", field, operator, operand };
}

/** A field, if one begins here; its path may turn out to be part of a word to search for. */
function readField(reader: TextReader): FilterField | null {
  const start = reader.at;
  const name = reader.readName();
  if (name === "key" || name === "value") return { kind: name, path: reader.readPath() };
  if (NUMBER_NAMES.has(name)) return { kind: name as NumberField };
  if (name === "header") {
    const header = reader.readHeaderName();
    if (header !== null) return { kind: "header", name: header };
  }
  reader.at = start;
  return null;
}

function readOperator(reader: TextReader): FilterOperator | null {
  for (const [sign, operator] of OPERATOR_SIGNS) if (reader.take(sign)) return operator;
  return null;
}

function readOperand(
  reader: TextReader,
  field: FilterField,
  operator: FilterOperator,
): FilterOperand | "present" {
  const start = reader.at;
  if (reader.peek() === '"' || reader.peek() === "`") {
    const text = reader.readQuoted(OPERAND_LENGTH_MAX);
    return field.kind === "timestamp" ? readTime(reader, start, text) : { kind: "text", text };
  }
  if (reader.take('x"')) return { kind: "bytes", hex: reader.readHex(start) };
  const word = reader.readOperandWord(OPERAND_LENGTH_MAX);
  if (field.kind === "timestamp" && word !== "*") return readTime(reader, start, word);
  if (operator === "contains" || operator === "containsExactly" || operator === "startsWith") {
    return { kind: "text", text: word };
  }
  if (word === "*" && (operator === "equals" || operator === "notEquals")) return "present";
  if (word === "null") return { kind: "null" };
  if (word === "true" || word === "false") return { kind: "boolean", boolean: word === "true" };
  if (!NUMBER_PATTERN.test(word)) return { kind: "text", text: word };
  const message = numberFaultOf(word);
  if (message !== null) throw reader.error(message, { start, end: reader.at });
  return { kind: "number", number: word };
}

const TIME_PATTERN =
  /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,3})?)?(Z|[+-][0-9]{2}:[0-9]{2})$/;

/** A time with its zone, or ms since 1970. */
function readTime(reader: TextReader, start: number, text: string): FilterOperand {
  if (/^-?(?:0|[1-9][0-9]{0,18})$/.test(text)) return { kind: "number", number: text };
  const ms = TIME_PATTERN.test(text) ? Date.parse(text) : Number.NaN;
  if (ms >= 0 && ms <= DATE_MS_MAX) return { kind: "number", number: String(ms) };
  throw reader.error("a time is ms since 1970, or has a zone: 2026-05-01T10:00:00Z", {
    start,
    end: reader.at,
  });
}

/** A bare word: text to search for. */
function parseWord(reader: TextReader): Condition {
  const start = reader.at;
  const text = reader.readSearchWord(OPERAND_LENGTH_MAX);
  const span = { start, end: Math.max(reader.at, start + 1) };
  if (text === "") {
    throw reader.error(`no condition begins with ${reader.peek()} - quote what you look for`, span);
  }
  if (JOINING_WORDS.has(text)) {
    throw reader.error(
      `a condition is missing in front of ${text}; quote the word to find it`,
      span,
    );
  }
  const end = reader.at;
  reader.skipSpace();
  if (readOperator(reader) !== null || reader.peek() === "!" || reader.peek() === "^") {
    throw reader.error(`there is no field ${text}${suggest(text)}; quote what you look for`, span);
  }
  reader.at = end;
  return { kind: "text", text };
}

const NUMBER_NAMES: ReadonlySet<string> = new Set(NUMBER_FIELDS);

function isNumberField(field: FilterField): field is { readonly kind: NumberField } {
  return NUMBER_NAMES.has(field.kind);
}

/** What somebody may have meant by a field that does not exist. */
function suggest(text: string): string {
  const name = /^[A-Za-z]+/.exec(text)?.[0].toLowerCase() ?? "";
  const known = ["key", "value", "header", ...NUMBER_FIELDS];
  const near = known.find((field) => {
    const lower = field.toLowerCase();
    return name === `${lower}s` || sorted(lower) === sorted(name) || lower === name;
  });
  return near === undefined ? `: there are ${known.join(", ")}` : `: do you mean ${near}`;
}

const sorted = (text: string): string => text.split("").sort().join("");
