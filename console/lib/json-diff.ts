/** What is different between two JSON values: one line for each place. */
import { isLosslessNumber, parse, stringify } from "lossless-json";
import type { JsonPath } from "./json-tree.ts";

export interface Difference {
  readonly path: JsonPath;
  /** As JSON; null where there is nothing. */
  readonly before: string | null;
  readonly after: string | null;
}

const DIFFERENCES_MAX = 1_000;

/** Null where one of the texts is no JSON. Numbers differ where their digits do. */
export function diffJson(before: string, after: string): readonly Difference[] | null {
  try {
    const found: Difference[] = [];
    compare(parse(before), parse(after), [], found);
    return found;
  } catch {
    return null;
  }
}

function compare(before: unknown, after: unknown, path: JsonPath, found: Difference[]): void {
  if (found.length >= DIFFERENCES_MAX) return;
  if (isContainer(before) && isContainer(after) && Array.isArray(before) === Array.isArray(after)) {
    const [left, right] = [before as Members, after as Members];
    for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
      const step = Array.isArray(before) ? Number(key) : key;
      const place = [...path, step];
      if (!Object.hasOwn(left, key))
        found.push({ path: place, before: null, after: print(right[key]) });
      else if (!Object.hasOwn(right, key))
        found.push({ path: place, before: print(left[key]), after: null });
      else compare(left[key], right[key], place, found);
    }
    return;
  }
  const [from, to] = [print(before), print(after)];
  if (from !== to) found.push({ path, before: from, after: to });
}

type Members = Readonly<Record<string, unknown>>;

function isContainer(value: unknown): boolean {
  return typeof value === "object" && value !== null && !isLosslessNumber(value);
}

const print = (value: unknown): string => stringify(value) ?? "null";
