/** What filters mean, written plainly over `JSON.parse`: what the quick code is tested against. */
import type { FilterPath } from "@runnel/contracts/filter-model.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A number as it was written. */
export class WrittenNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Node =
  | null
  | boolean
  | string
  | WrittenNumber
  | Node[]
  | { readonly [name: string]: Node };

/** JSON with its numbers as they are written. Throws where it is none. */
export function parseExact(text: string): Node {
  type Reviver = (
    this: unknown,
    key: string,
    value: unknown,
    context: { source: string },
  ) => unknown;
  const reviver: Reviver = (_key, value, { source }) =>
    typeof value === "number" ? new WrittenNumber(source) : value;
  return JSON.parse(text, reviver as (key: string, value: unknown) => unknown) as Node;
}

/** The tree of `bytes`; undefined where they are no JSON. */
export function treeOf(bytes: Uint8Array): Node | undefined {
  try {
    return parseExact(utf8.decode(bytes));
  } catch {
    return undefined;
  }
}

export function isJsonForParse(bytes: Uint8Array): boolean {
  return treeOf(bytes) !== undefined;
}

/** All that `path` leads to in the JSON of `bytes`. */
export function nodesAt(bytes: Uint8Array, path: FilterPath): Node[] {
  const root = treeOf(bytes);
  let nodes = root === undefined ? [] : [root];
  for (const step of path) {
    nodes = nodes.flatMap((node) => {
      if (node === null || typeof node !== "object" || node instanceof WrittenNumber) return [];
      if (typeof step !== "string") {
        if (!Array.isArray(node)) return [];
        return step === null ? node : node.slice(step, step + 1);
      }
      const members = node as { readonly [name: string]: Node };
      return Array.isArray(node) || !Object.hasOwn(members, step) ? [] : [members[step] as Node];
    });
  }
  return nodes;
}

/** −1, 0 or 1: two numbers as JSON writes them, with exponents of at most a few hundred. */
export function compareDecimals(left: string, right: string): number {
  const [a, b] = [decimalOf(left), decimalOf(right)];
  const exponent = Math.min(a.exponent, b.exponent);
  const difference =
    a.digits * 10n ** BigInt(a.exponent - exponent) -
    b.digits * 10n ** BigInt(b.exponent - exponent);
  return difference === 0n ? 0 : difference < 0n ? -1 : 1;
}

function decimalOf(text: string): { readonly digits: bigint; readonly exponent: number } {
  const [mantissa = "", exponent = "0"] = text.split(/[eE]/);
  const [whole = "", fraction = ""] = mantissa.split(".");
  const magnitude = BigInt(whole.replace("-", "") + fraction);
  const digits = whole.startsWith("-") ? -magnitude : magnitude;
  return { digits, exponent: Number(exponent) - fraction.length };
}
