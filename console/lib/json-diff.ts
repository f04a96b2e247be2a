/** What is different between two JSON values: one line for each place. */
import { isLosslessNumber, stringify } from "lossless-json";
import type { JsonPath } from "./json-tree.ts";
import { parseLossless } from "./lossless.ts";

export interface Difference {
  /** An index is that of the array it is still in: after, or before where the element is gone. */
  readonly path: JsonPath;
  /** As JSON; null where there is nothing. */
  readonly before: string | null;
  readonly after: string | null;
}

/** A place that does not count, with all that is below it; null stands for every element of an array. */
export type IgnoredPath = readonly (string | number | null)[];

export const DIFFERENCES_MAX = 1_000;

/**
 * Null where one of the texts is no JSON. Numbers differ where their digits do. Elements of arrays are
 * held against each other in their order, behind as many equal ones as both begin and end with.
 */
export function diffJson(
  before: string,
  after: string,
  ignored: readonly IgnoredPath[] = [],
): readonly Difference[] | null {
  try {
    const found: Difference[] = [];
    compare(parseLossless(before), parseLossless(after), [], { found, ignored });
    return found;
  } catch {
    return null;
  }
}

interface Comparing {
  readonly found: Difference[];
  readonly ignored: readonly IgnoredPath[];
}

function compare(before: unknown, after: unknown, path: JsonPath, state: Comparing): void {
  if (state.found.length >= DIFFERENCES_MAX || isIgnored(path, state.ignored)) return;
  if (Array.isArray(before) && Array.isArray(after)) {
    compareArrays(before, after, path, state);
  } else if (isContainer(before) && isContainer(after)) {
    const [left, right] = [before as Members, after as Members];
    for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
      const place = [...path, key];
      if (!Object.hasOwn(left, key)) add(place, null, print(right[key]), state);
      else if (!Object.hasOwn(right, key)) add(place, print(left[key]), null, state);
      else compare(left[key], right[key], place, state);
    }
  } else {
    const [from, to] = [print(before), print(after)];
    if (from !== to) add(path, from, to, state);
  }
}

function compareArrays(
  before: readonly unknown[],
  after: readonly unknown[],
  path: JsonPath,
  state: Comparing,
): void {
  // Of the same length, they were rather changed than moved.
  const { start, end } =
    before.length === after.length ? { start: 0, end: 0 } : equalEnds(before, after);
  const [left, right] = [before.length - end, after.length - end];
  for (let index = start; index < Math.max(left, right); index += 1) {
    const place = [...path, index];
    if (index >= left) add(place, null, print(after[index]), state);
    else if (index >= right) add(place, print(before[index]), null, state);
    else compare(before[index], after[index], place, state);
  }
}

/** How many elements both begin and end with. */
function equalEnds(
  before: readonly unknown[],
  after: readonly unknown[],
): { readonly start: number; readonly end: number } {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && print(before[start]) === print(after[start])) start += 1;
  let end = 0;
  while (end < shorter - start && print(before.at(-1 - end)) === print(after.at(-1 - end))) {
    end += 1;
  }
  return { start, end };
}

function add(
  path: JsonPath,
  before: string | null,
  after: string | null,
  { found, ignored }: Comparing,
): void {
  if (found.length >= DIFFERENCES_MAX || isIgnored(path, ignored)) return;
  found.push({ path, before, after });
}

/** `items[0].id` */
export function placeText(path: JsonPath): string {
  return path
    .map((step, index) =>
      typeof step === "number" ? `[${step}]` : index === 0 ? step : `.${step}`,
    )
    .join("");
}

function isIgnored(path: JsonPath, ignored: readonly IgnoredPath[]): boolean {
  return ignored.some(
    (one) =>
      one.length <= path.length &&
      one.every((step, index) =>
        step === null ? typeof path[index] === "number" : step === path[index],
      ),
  );
}

type Members = Readonly<Record<string, unknown>>;

function isContainer(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !isLosslessNumber(value)
  );
}

const print = (value: unknown): string => stringify(value) ?? "null";
