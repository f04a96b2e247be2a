/** What all matches of a filter have in common, so that a scan need not read the rest. */
import type { Comparison, Condition } from "@runnel/contracts/filter-model.ts";
import type { FilterBounds } from "./matcher.ts";
import { equalBytes } from "./raw-tests.ts";

/** Keys, or partitions, that bounds list; beyond, any may match. */
const LISTED_MAX = 1_000;

const NONE: FilterBounds = {
  partitions: null,
  keys: null,
  offsetMin: 0,
  offsetMax: Number.POSITIVE_INFINITY,
  timestampMin: Number.NEGATIVE_INFINITY,
};

/** Bounds of every match of `condition`; null is the filter that everything matches. */
export function boundsOf(condition: Condition | null): FilterBounds {
  if (condition === null) return NONE;
  switch (condition.kind) {
    case "compare":
      return boundsOfComparison(condition);
    case "all":
      return condition.conditions.map(boundsOf).reduce(meet);
    case "any":
      return condition.conditions.map(boundsOf).reduce(join);
    default:
      return NONE;
  }
}

function boundsOfComparison({ field, operator, operand }: Comparison): FilterBounds {
  if (field.kind === "key" && field.path.length === 0 && operator === "equals") {
    return operand.kind === "null" ? NONE : { ...NONE, keys: equalBytes(operand) };
  }
  if (operand.kind !== "number") return NONE;
  const value = Number(operand.number);
  if (field.kind === "partition" && operator === "equals") return { ...NONE, partitions: [value] };
  // A double may have rounded a fraction, or what is beyond 2^53: the bound is then a little wider.
  const isExact = /^-?[0-9]+$/.test(operand.number) && Number.isSafeInteger(value);
  const slack = isExact ? 0 : 2048;
  const isFrom = operator === "equals" || operator === "greater" || operator === "greaterOrEqual";
  const isTo = operator === "equals" || operator === "less" || operator === "lessOrEqual";
  const min = value - slack + (operator === "greater" && slack === 0 ? 1 : 0);
  const max = value + slack - (operator === "less" && slack === 0 ? 1 : 0);
  if (field.kind === "offset") {
    return {
      ...NONE,
      offsetMin: isFrom ? Math.max(min, NONE.offsetMin) : NONE.offsetMin,
      offsetMax: isTo ? max : NONE.offsetMax,
    };
  }
  if (field.kind === "timestamp" && isFrom) return { ...NONE, timestampMin: min };
  return NONE;
}

/** Within both. */
function meet(a: FilterBounds, b: FilterBounds): FilterBounds {
  return {
    partitions: meetLists(a.partitions, b.partitions, (left, right) => left === right),
    keys: meetLists(a.keys, b.keys, isEqual),
    offsetMin: Math.max(a.offsetMin, b.offsetMin),
    offsetMax: Math.min(a.offsetMax, b.offsetMax),
    timestampMin: Math.max(a.timestampMin, b.timestampMin),
  };
}

/** Within either. */
function join(a: FilterBounds, b: FilterBounds): FilterBounds {
  return {
    partitions: joinLists(a.partitions, b.partitions, (left, right) => left === right),
    keys: joinLists(a.keys, b.keys, isEqual),
    offsetMin: Math.min(a.offsetMin, b.offsetMin),
    offsetMax: Math.max(a.offsetMax, b.offsetMax),
    timestampMin: Math.min(a.timestampMin, b.timestampMin),
  };
}

type List<T> = readonly T[] | null;
type Same<T> = (left: T, right: T) => boolean;

function meetLists<T>(a: List<T>, b: List<T>, same: Same<T>): List<T> {
  if (a === null || b === null) return a ?? b;
  return a.filter((left) => b.some((right) => same(left, right)));
}

function joinLists<T>(a: List<T>, b: List<T>, same: Same<T>): List<T> {
  if (a === null || b === null) return null;
  const added = b.filter((right) => !a.some((left) => same(left, right)));
  return a.length + added.length > LISTED_MAX ? null : [...a, ...added];
}

function isEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
