/**
 * Finds what a path leads to in JSON bytes, and asks a test about it.
 *
 * As `JSON.parse` has it, the last member of a name counts; so a look at the rest of the object is
 * needed even behind the first. Where the name does not stand in the rest of the document, which the
 * runtime's search says at once, the rest is not walked.
 */
import { Buffer } from "node:buffer";
import type { FilterPath } from "@runnel/contracts/filter-model.ts";
import {
  ARRAY_END,
  ARRAY_START,
  BACKSLASH,
  COLON,
  COMMA,
  closingQuote,
  hasBackslash,
  isSame,
  NOT_JSON,
  OBJECT_END,
  OBJECT_START,
  QUOTE,
  skipSpace,
  skipValue,
  stringAt,
} from "./json-scan.ts";
import { isJson } from "./json-valid.ts";
import { Needle } from "./needle.ts";

/** Judges a value that a path led to; it stands from `start` to `end`, with the quotes of a string. */
export type JsonTest = (bytes: Buffer, start: number, end: number) => boolean;

interface Name {
  readonly text: string;
  readonly bytes: Uint8Array;
}

const backslash = Uint8Array.of(BACKSLASH);

export class JsonPath {
  readonly #steps: readonly (Name | number | null)[];
  readonly #test: JsonTest;
  /** The name of the first step between quotes, as it stands in JSON that escapes nothing. */
  readonly #first: Needle | null;
  readonly #backslash = new Needle(backslash);
  /** Behind the value that `#at` looked at last; `NOT_JSON` where it was none. */
  #end = 0;
  #batch = 0;
  #documentEnd = 0;

  constructor(path: FilterPath, test: JsonTest) {
    this.#steps = path.map((step) =>
      typeof step === "string" ? { text: step, bytes: Buffer.from(step) } : step,
    );
    this.#test = test;
    const [first] = path;
    this.#first = typeof first === "string" ? new Needle(Buffer.from(JSON.stringify(first))) : null;
  }

  /**
   * Whether the test says yes to what the path leads to in the JSON from `start` to `end`: to any of
   * them, if the path leads to several. False where that is no JSON. `batch` as in `Needle.find`.
   */
  matches(bytes: Buffer, batch: number, start: number, end: number): boolean {
    this.#batch = batch;
    this.#documentEnd = end;
    if (this.#lacks(bytes, start)) return false;
    const at = skipSpace(bytes, start, end);
    // Only where the answer is yes does it matter whether all of it is JSON.
    return this.#at(bytes, at, 0) && this.#end !== NOT_JSON && isJson(bytes, start, end);
  }

  /** Whether no member from `from` on can have the name of the first step. */
  #lacks(bytes: Buffer, from: number): boolean {
    const end = this.#documentEnd;
    if (this.#first === null || this.#first.find(bytes, this.#batch, from, end) >= 0) return false;
    // A name may be written with escapes: then only the walk can tell.
    return this.#backslash.find(bytes, this.#batch, from, end) < 0;
  }

  /** Whether the test says yes to what the steps from `index` on lead to; sets `#end`. */
  #at(bytes: Buffer, at: number, index: number): boolean {
    const end = this.#documentEnd;
    if (index < this.#steps.length) {
      const step = this.#steps[index] as Name | number | null;
      const opening = step !== null && typeof step === "object" ? OBJECT_START : ARRAY_START;
      if (at < end && bytes[at] === opening) {
        return step !== null && typeof step === "object"
          ? this.#inObject(bytes, at, { index, name: step })
          : this.#inArray(bytes, at, { index, wanted: step });
      }
    }
    this.#end = skipValue(bytes, at, end);
    return (
      index === this.#steps.length && this.#end !== NOT_JSON && this.#test(bytes, at, this.#end)
    );
  }

  #inObject(bytes: Buffer, start: number, { index, name }: { index: number; name: Name }): boolean {
    const end = this.#documentEnd;
    let isMatch = false;
    let at = skipSpace(bytes, start + 1, end);
    if (at < end && bytes[at] === OBJECT_END) return this.#close(at + 1, false);
    for (;;) {
      if (at >= end || bytes[at] !== QUOTE) return this.#fail();
      const quote = closingQuote(bytes, at + 1, end);
      if (quote === NOT_JSON) return this.#fail();
      const isIt = isName(bytes, at + 1, quote, name);
      at = skipSpace(bytes, quote + 1, end);
      if (at >= end || bytes[at] !== COLON) return this.#fail();
      at = skipSpace(bytes, at + 1, end);
      if (isIt) {
        isMatch = this.#at(bytes, at, index + 1);
        at = this.#end;
        // Without such a name in the rest, the answer stands; whether the rest is JSON is asked later.
        if (index === 0 && at !== NOT_JSON && this.#lacks(bytes, at))
          return this.#close(at, isMatch);
      } else at = skipValue(bytes, at, end);
      if (at === NOT_JSON) return this.#fail();
      at = skipSpace(bytes, at, end);
      if (at >= end) return this.#fail();
      if (bytes[at] === OBJECT_END) return this.#close(at + 1, isMatch);
      if (bytes[at] !== COMMA) return this.#fail();
      at = skipSpace(bytes, at + 1, end);
    }
  }

  #inArray(
    bytes: Buffer,
    start: number,
    { index, wanted }: { index: number; wanted: number | null },
  ): boolean {
    const end = this.#documentEnd;
    let isMatch = false;
    let at = skipSpace(bytes, start + 1, end);
    if (at < end && bytes[at] === ARRAY_END) return this.#close(at + 1, false);
    for (let element = 0; ; element += 1) {
      if (wanted === element || (wanted === null && !isMatch)) {
        isMatch = this.#at(bytes, at, index + 1);
        at = this.#end;
      } else at = skipValue(bytes, at, end);
      if (at === NOT_JSON) return this.#fail();
      at = skipSpace(bytes, at, end);
      if (at >= end) return this.#fail();
      if (bytes[at] === ARRAY_END) return this.#close(at + 1, isMatch);
      if (bytes[at] !== COMMA) return this.#fail();
      at = skipSpace(bytes, at + 1, end);
    }
  }

  #close(end: number, isMatch: boolean): boolean {
    this.#end = end;
    return isMatch;
  }

  #fail(): false {
    this.#end = NOT_JSON;
    return false;
  }
}

function isName(bytes: Buffer, start: number, end: number, name: Name): boolean {
  if (isSame(bytes, start, end, name.bytes)) return true;
  // Escapes only make text longer.
  if (end - start <= name.bytes.length || !hasBackslash(bytes, start, end)) return false;
  return stringAt(bytes, start, end) === name.text;
}
