/**
 * A JSON text as rows that can be folded. Made for a worker: it holds the whole tree, and gives away
 * only the rows that are looked at. Numbers keep every digit.
 */
import { isLosslessNumber, stringify } from "lossless-json";
import { parseLossless } from "./lossless.ts";

export type JsonPath = readonly (string | number)[];

export type JsonKind = "object" | "array" | "string" | "number" | "boolean" | "null";

export interface JsonRow {
  /** Stays the same for as long as the tree lives. */
  readonly id: number;
  readonly depth: number;
  /** A name, an index, or null for the whole. */
  readonly key: string | number | null;
  readonly kind: JsonKind;
  /** A scalar as JSON, cut where it is long; a glimpse of what is in an object or array. */
  readonly text: string;
  readonly isCut: boolean;
  /** Members or elements; 0 for scalars. */
  readonly childCount: number;
  readonly isOpen: boolean;
  readonly path: JsonPath;
}

interface Node {
  readonly id: number;
  readonly key: string | number | null;
  readonly value: unknown;
  readonly parent: Node | null;
  readonly depth: number;
  isOpen: boolean;
}

const TEXT_CHARS_MAX = 400;
const GLIMPSE_CHARS_MAX = 80;
const REPEATED_MAX = 5;
const REPEATED_CHARS_MAX = 80;
/** Trees of this size are shown unfolded. */
const OPEN_ROWS_MAX = 300;
/** More rows than this are not unfolded at once. */
const UNFOLD_ROWS_MAX = 500_000;

export class JsonTree {
  #rows: Node[] = [];
  #nextId = 0;
  /** Names that some object has more than once, of which the last is in the tree; the first few. */
  readonly repeatedNames: readonly string[];

  /** Throws `SyntaxError` where the text is no JSON, `RangeError` where it is nested too deep. */
  constructor(text: string) {
    const repeated = new Set<string>();
    const value = parseLossless(text, (name) => {
      if (repeated.size < REPEATED_MAX) repeated.add(name.slice(0, REPEATED_CHARS_MAX));
    });
    this.repeatedNames = [...repeated];
    const root = this.#node(value, null, null);
    this.#rows = [root];
    if (childCount(root.value) > 0) this.#open(0);
    for (let depth = 1; ; depth += 1) {
      if (!this.#openLevel(depth)) break;
    }
  }

  get rowCount(): number {
    return this.#rows.length;
  }

  /** Rows from `start` up to `end`, as far as there are any. */
  rows(start: number, end: number): readonly JsonRow[] {
    return this.#rows.slice(start, end).map(toRow);
  }

  /** Folds or unfolds the row; false where there is nothing in it. */
  toggle(index: number): boolean {
    const node = this.#rows[index];
    if (node === undefined || childCount(node.value) === 0) return false;
    if (node.isOpen) this.#close(index);
    else this.#open(index);
    return true;
  }

  /** Unfolds everything, as far as there is room. */
  unfoldAll(): void {
    const rows: Node[] = [];
    let room = UNFOLD_ROWS_MAX - this.#rows.length;
    // The last is the next: every row is moved once, however many there are.
    const waiting = this.#rows.toReversed();
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      rows.push(node);
      const count = node.isOpen ? 0 : childCount(node.value);
      if (count === 0 || room < count) continue;
      room -= count;
      node.isOpen = true;
      const children = childrenOf(node.value);
      for (let at = children.length - 1; at >= 0; at -= 1) {
        const [key, value] = children[at] as (typeof children)[number];
        waiting.push(this.#node(value, key, node));
      }
    }
    this.#rows = rows;
  }

  /** Folds everything but the outermost level. */
  foldAll(): void {
    const root = this.#rows[0];
    if (root === undefined || !root.isOpen) return;
    this.#close(0);
    this.#open(0);
  }

  /** The part of the tree in this row, as indented JSON. */
  textOf(index: number): string {
    const node = this.#rows[index];
    return node === undefined ? "" : (stringify(node.value, undefined, 2) ?? "null");
  }

  #node(value: unknown, key: string | number | null, parent: Node | null): Node {
    const node: Node = {
      id: this.#nextId,
      key,
      value,
      parent,
      depth: parent === null ? 0 : parent.depth + 1,
      isOpen: false,
    };
    this.#nextId += 1;
    return node;
  }

  #open(index: number): void {
    const node = this.#rows[index];
    if (node === undefined) return;
    node.isOpen = true;
    const children = childrenOf(node.value).map(([key, value]) => this.#node(value, key, node));
    // Spreading hundreds of thousands of arguments would end the stack.
    this.#rows = [...this.#rows.slice(0, index + 1), ...children, ...this.#rows.slice(index + 1)];
  }

  #close(index: number): void {
    const node = this.#rows[index];
    if (node === undefined) return;
    node.isOpen = false;
    let end = index + 1;
    while ((this.#rows[end]?.depth ?? 0) > node.depth) end += 1;
    this.#rows = [...this.#rows.slice(0, index + 1), ...this.#rows.slice(end)];
  }

  /** Unfolds all of one level if the tree stays small; false where it would not, or nothing is left. */
  #openLevel(depth: number): boolean {
    const level = this.#rows.filter((row) => row.depth === depth);
    const more = level.reduce((sum, { value }) => sum + childCount(value), 0);
    if (more === 0 || this.#rows.length + more > OPEN_ROWS_MAX) return false;
    for (let index = this.#rows.length - 1; index >= 0; index -= 1) {
      const node = this.#rows[index];
      if (node?.depth === depth && childCount(node.value) > 0) this.#open(index);
    }
    return true;
  }
}

/** What to say of a text of which `JsonTree` could not be made. */
export function whyNoTree(error: unknown): string {
  // The stack was not deep enough, or the memory not large enough.
  if (error instanceof RangeError) return "It is nested too deep for a tree: look at it raw.";
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof SyntaxError
    ? `This is no JSON: ${message}.`
    : `It cannot be shown as a tree: ${message}.`;
}

function toRow(node: Node): JsonRow {
  const kind = kindOf(node.value);
  const isContainer = kind === "object" || kind === "array";
  const whole = isContainer ? glimpse(node.value) : (stringify(node.value) ?? "null");
  const max = isContainer ? GLIMPSE_CHARS_MAX : TEXT_CHARS_MAX;
  return {
    id: node.id,
    depth: node.depth,
    key: node.key,
    kind,
    text: whole.slice(0, max),
    isCut: whole.length > max,
    childCount: childCount(node.value),
    isOpen: node.isOpen,
    path: pathOf(node),
  };
}

function pathOf(node: Node): JsonPath {
  const path: (string | number)[] = [];
  for (let at: Node | null = node; at !== null && at.key !== null; at = at.parent)
    path.push(at.key);
  return path.reverse();
}

function kindOf(value: unknown): JsonKind {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (isLosslessNumber(value)) return "number";
  switch (typeof value) {
    case "string":
      return "string";
    case "boolean":
      return "boolean";
    default:
      return "object";
  }
}

function childCount(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  return kindOf(value) === "object" ? Object.keys(value as object).length : 0;
}

function childrenOf(value: unknown): readonly (readonly [string | number, unknown])[] {
  if (Array.isArray(value)) return value.map((element, index) => [index, element] as const);
  return Object.entries(value as object);
}

/** The first few members, enough for a line. */
function glimpse(value: unknown): string {
  const parts: string[] = [];
  let length = 0;
  const isArray = Array.isArray(value);
  for (const [key, inner] of isArray
    ? value.slice(0, 20).entries()
    : firstEntries(value as object)) {
    const kind = kindOf(inner);
    const text =
      kind === "object" ? "{…}" : kind === "array" ? "[…]" : (stringify(inner) ?? "").slice(0, 40);
    parts.push(isArray ? text : `${key}: ${text}`);
    length += parts.at(-1)?.length ?? 0;
    if (length > GLIMPSE_CHARS_MAX) break;
  }
  return parts.join(", ");
}

function firstEntries(value: object): readonly (readonly [string, unknown])[] {
  const entries: [string, unknown][] = [];
  for (const key of Object.keys(value).slice(0, 20)) {
    entries.push([key, (value as Readonly<Record<string, unknown>>)[key]]);
  }
  return entries;
}
