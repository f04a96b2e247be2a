/** A place in the text of a filter, and the pieces that can be read there. */
import {
  ARRAY_INDEX_MAX,
  isUnicode,
  NAME_LENGTH_MAX,
  NOT_UNICODE,
  OPERAND_LENGTH_MAX,
  PATH_STEPS_MAX,
  type PathStep,
} from "./filter-model.ts";

/** A stretch of the text, from `start` up to `end`, in UTF-16 units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What is wrong with a stretch of the text. */
export class FilterSyntaxError extends Error implements Span {
  override name = "FilterSyntaxError";
  readonly start: number;
  readonly end: number;

  constructor(message: string, { start, end }: Span) {
    super(message);
    this.start = start;
    this.end = end;
  }
}

const SPACE = /\s*/y;
const NAME = /[A-Za-z][A-Za-z0-9]*/y;
const STEP_NAME = /[\p{L}\p{N}_$@-]+/uy;
const HEADER_NAME = /[^\s()"`:=<>~!^]+/y;
const SEARCH_WORD = /[^\s()"`:=<>~!^]*/y;
const OPERAND_WORD = /[^\s()"`]*/y;
const INDEX = /[0-9]+/y;
const STRING = /"(?:[^"\\]|\\.)*"/sy;
const RAW = /`[^`]*`/y;
const HEX = /[0-9A-Fa-f\s]*/y;

export class TextReader {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get isAtEnd(): boolean {
    return this.at >= this.text.length;
  }

  /** The next character; "" at the end. */
  peek(): string {
    return this.text[this.at] ?? "";
  }

  error(message: string, span: Span): FilterSyntaxError {
    return new FilterSyntaxError(message, span);
  }

  skipSpace(): void {
    this.#read(SPACE);
  }

  /** Moves past `sign` where it stands here. */
  take(sign: string): boolean {
    if (!this.text.startsWith(sign, this.at)) return false;
    this.at += sign.length;
    return true;
  }

  /** Moves past white space and a joining word, in lower or upper case, where they stand here. */
  takeWord(word: string): boolean {
    const start = this.at;
    this.skipSpace();
    if (this.seesWord(word)) {
      this.at += word.length;
      return true;
    }
    this.at = start;
    return false;
  }

  /** Whether the joining word stands here: letters that only a space, a bracket or a quote ends. */
  seesWord(word: string): boolean {
    const text = this.text.slice(this.at, this.at + word.length);
    if (text !== word && text !== word.toUpperCase()) return false;
    return /^(?:$|[\s()"`])/.test(
      this.text.slice(this.at + word.length, this.at + word.length + 1),
    );
  }

  /** ASCII letters and digits; "" where there are none. */
  readName(): string {
    return this.#read(NAME);
  }

  /** The steps of a path that begin here, maybe none. */
  readPath(): PathStep[] {
    const start = this.at;
    const path: PathStep[] = [];
    for (;;) {
      const step = this.#readStep();
      if (step === undefined) return path;
      path.push(step);
      if (path.length > PATH_STEPS_MAX) {
        const message = `a path has at most ${PATH_STEPS_MAX} steps`;
        throw this.error(message, { start, end: this.at });
      }
    }
  }

  /** `.name` or `."any name"`; null, and nothing read, where there is none. */
  readHeaderName(): string | null {
    const start = this.at;
    if (!this.take(".")) return null;
    if (this.peek() === '"') return this.readQuoted(NAME_LENGTH_MAX);
    const name = this.#read(HEADER_NAME);
    if (name === "") this.at = start;
    return name === "" ? null : this.#checked(name, { start, max: NAME_LENGTH_MAX });
  }

  /** A JSON string, or text between backticks. */
  readQuoted(max: number): string {
    const start = this.at;
    if (this.peek() === "`") {
      const raw = this.#read(RAW);
      if (raw === "") throw this.#unclosed(start);
      return this.#checked(raw.slice(1, -1), { start, max });
    }
    const string = this.#read(STRING);
    if (string === "") throw this.#unclosed(start);
    return this.#checked(this.#unquote(string, start), { start, max });
  }

  /** Pairs of hex digits up to the closing quote; `start` is where the operand begins. */
  readHex(start: number): string {
    const hex = this.#read(HEX).replaceAll(/\s/g, "").toLowerCase();
    const isClosed = this.take('"');
    const span = { start, end: isClosed ? this.at : this.text.length };
    if (!isClosed || hex.length % 2 !== 0) {
      throw this.error('bytes are pairs of hex digits between quotes: x"00ff"', span);
    }
    if (hex.length > 2 * OPERAND_LENGTH_MAX) {
      throw this.error(`at most ${OPERAND_LENGTH_MAX} bytes can be compared with`, span);
    }
    return hex;
  }

  /** What stands up to white space, a bracket or a quote: at least one character. */
  readOperandWord(max: number): string {
    const start = this.at;
    const word = this.#read(OPERAND_WORD);
    if (word !== "") return this.#checked(word, { start, max });
    const span = { start, end: Math.min(start + 1, this.text.length) };
    throw this.error('an operand is missing: a word, a number, or a "quoted text"', span);
  }

  /** What stands up to white space, a bracket, a quote or an operator; maybe "". */
  readSearchWord(max: number): string {
    const start = this.at;
    return this.#checked(this.#read(SEARCH_WORD), { start, max });
  }

  /** A step of a path; undefined, and nothing read, where there is none. */
  #readStep(): PathStep | undefined {
    const start = this.at;
    if (this.take(".")) {
      if (this.peek() === '"') return this.readQuoted(NAME_LENGTH_MAX);
      const name = this.#read(STEP_NAME);
      if (name === "") this.at = start;
      return name === "" ? undefined : this.#checked(name, { start, max: NAME_LENGTH_MAX });
    }
    if (!this.take("[")) return undefined;
    const step = this.#readSubscript();
    if (step === undefined || !this.take("]")) {
      throw this.error('between [ and ] stands an index, * or a "quoted name"', {
        start,
        end: Math.min(this.at + 1, this.text.length),
      });
    }
    return step;
  }

  #readSubscript(): PathStep | undefined {
    const start = this.at;
    if (this.take("*")) return null;
    if (this.peek() === '"') return this.readQuoted(NAME_LENGTH_MAX);
    const digits = this.#read(INDEX);
    if (digits === "") return undefined;
    const index = Number(digits);
    if (index <= ARRAY_INDEX_MAX) return index;
    throw this.error(`an index is at most ${ARRAY_INDEX_MAX}`, { start, end: this.at });
  }

  #unquote(string: string, start: number): string {
    try {
      return JSON.parse(string) as string;
    } catch {
      const message =
        'between quotes stands a JSON string: write \\" for a quote, \\n for a new line';
      throw this.error(message, { start, end: this.at });
    }
  }

  #unclosed(start: number): FilterSyntaxError {
    return this.error("this quote is not closed", { start, end: this.text.length });
  }

  #checked(text: string, { start, max }: { start: number; max: number }): string {
    const span = { start, end: this.at };
    if (text.length > max) throw this.error(`longer than ${max} characters`, span);
    if (!isUnicode(text)) throw this.error(NOT_UNICODE, span);
    return text;
  }

  #read(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const text = pattern.exec(this.text)?.[0] ?? "";
    this.at += text.length;
    return text;
  }
}
