/** Compares stretches of bytes as text: exactly, in order, in any case. */
import { Buffer } from "node:buffer";
import { textAt } from "./json-scan.ts";

/** In place of what UTF-8 cannot be read as. */
const REPLACEMENT = "\ufffd";

/** Finds a text in any case: both sides in lower case, by Unicode's rules for no language. */
export class CaselessText {
  readonly #text: string;
  readonly #hasSigma: boolean;
  /** Bytes that are no UTF-8 read as U+FFFD; who looks for that very character looks for its bytes. */
  readonly #exact: Uint8Array | null;

  constructor(text: string) {
    this.#hasSigma = /[Σσς]/.test(text);
    this.#text = fold(text, this.#hasSigma);
    this.#exact = text.includes(REPLACEMENT) ? Buffer.from(text) : null;
  }

  /** Whether the text is somewhere from `start` to `end`. */
  isIn(bytes: Buffer, start: number, end: number): boolean {
    if (this.#exact !== null) return includes(bytes, start, end, this.#exact);
    return this.isInText(textAt(bytes, start, end));
  }

  isInText(text: string): boolean {
    return fold(text, this.#hasSigma).includes(this.#text);
  }
}

/** Σ in lower case depends on what follows it; two texts meet only if that is undone. */
function fold(text: string, hasSigma: boolean): string {
  const lower = text.toLowerCase();
  return hasSigma ? lower.replaceAll("ς", "σ") : lower;
}

/** Whether `part` is somewhere from `start` to `end`. */
export function includes(bytes: Buffer, start: number, end: number, part: Uint8Array): boolean {
  return bytes.subarray(start, end).includes(part);
}

/** Whether `part` is what `bytes` begin with from `start` on, in front of `end`. */
export function startsWith(bytes: Buffer, start: number, end: number, part: Uint8Array): boolean {
  if (end - start < part.length) return false;
  for (let i = 0; i < part.length; i += 1) if (bytes[start + i] !== part[i]) return false;
  return true;
}

/** Negative, 0 or positive, byte by byte: for UTF-8 the order of code points. */
export function compareBytes(bytes: Buffer, start: number, end: number, other: Uint8Array): number {
  const length = Math.min(end - start, other.length);
  for (let i = 0; i < length; i += 1) {
    const difference = (bytes[start + i] as number) - (other[i] as number);
    if (difference !== 0) return difference;
  }
  return end - start - other.length;
}
