/** What is in the fields of the rows: which there are, how often, and their most frequent values. */
import type { DecodedPayload, DecodedRecord } from "@runnel/contracts/decoded.ts";
import type { Condition, FilterField, FilterOperand } from "@runnel/contracts/filter-model.ts";
import { printCondition, printField } from "@runnel/contracts/filter-printer.ts";
import { isRawNumber } from "../../lib/exact-json.ts";
import { jsonOf, operandOf } from "./fields.ts";

/** Rows that are looked at, the first ones. */
export const SAMPLE_ROWS = 500;
const FACETS_MAX = 60;
const DEPTH_MAX = 5;
const ELEMENTS_MAX = 5;
/** Different values of a field that are counted; fields with more have too many to choose from. */
const VALUES_MAX = 200;
export const VALUES_SHOWN = 8;
const TEXT_LENGTH_MAX = 120;

export interface FacetValue {
  readonly operand: FilterOperand;
  readonly text: string;
  readonly count: number;
}

export interface Facet {
  readonly field: FilterField;
  /** As the filter writes it. */
  readonly name: string;
  /** Rows that have the field. */
  readonly rowCount: number;
  /** The most frequent first. */
  readonly values: readonly FacetValue[];
  /** Different values beside those; null where nobody counted further. */
  readonly moreCount: number | null;
}

interface Tally {
  readonly field: FilterField;
  rowCount: number;
  lastRow: number;
  isFull: boolean;
  /** By the value as JSON. */
  readonly counts: Map<string, number>;
}

/** Keys first, then headers, then fields of JSON values, each in the order in which they were met. */
export function facetsOf(rows: readonly DecodedRecord[]): readonly Facet[] {
  const tallies = new Map<string, Tally>();
  const add = (field: FilterField, row: number, json: string): void => {
    const name = printField(field);
    let tally = tallies.get(name);
    if (tally === undefined) {
      if (tallies.size >= FACETS_MAX) return;
      tally = { field, rowCount: 0, lastRow: -1, isFull: false, counts: new Map() };
      tallies.set(name, tally);
    }
    if (tally.lastRow !== row) tally.rowCount += 1;
    tally.lastRow = row;
    const count = tally.counts.get(json);
    if (count === undefined && tally.counts.size >= VALUES_MAX) tally.isFull = true;
    else tally.counts.set(json, (count ?? 0) + 1);
  };
  for (const [row, record] of rows.slice(0, SAMPLE_ROWS).entries()) {
    addText({ kind: "key", path: [] }, record.key, row, add);
    for (const { name, value } of record.headers)
      addText({ kind: "header", name }, value, row, add);
    addJson(jsonOf(record), [], row, add);
  }
  const rank = ({ field }: Facet): number => ["key", "header", "value"].indexOf(field.kind);
  return [...tallies.values()].map(toFacet).toSorted((a, b) => rank(a) - rank(b));
}

type Add = (field: FilterField, row: number, json: string) => void;

function addText(field: FilterField, payload: DecodedPayload, row: number, add: Add): void {
  const { sizeBytes, isTruncated, isExact, text } = payload;
  // What is not its own text would be looked for in vain.
  if (sizeBytes === null || isTruncated || !isExact || text.length > TEXT_LENGTH_MAX) return;
  add(field, row, JSON.stringify(text));
}

function addJson(value: unknown, path: readonly (string | null)[], row: number, add: Add): void {
  if (path.length > DEPTH_MAX) return;
  if (Array.isArray(value)) {
    for (const element of value.slice(0, ELEMENTS_MAX)) addJson(element, [...path, null], row, add);
    return;
  }
  if (typeof value === "object" && value !== null && !isRawNumber(value)) {
    for (const [key, inner] of Object.entries(value)) addJson(inner, [...path, key], row, add);
    return;
  }
  if (path.length === 0) return;
  const json = JSON.stringify(value);
  if (json.length <= TEXT_LENGTH_MAX) add({ kind: "value", path }, row, json);
}

function toFacet({ field, rowCount, isFull, counts }: Tally): Facet {
  const sorted = [...counts].toSorted(([, a], [, b]) => b - a);
  const values = sorted.slice(0, VALUES_SHOWN).map(([json, count]) => {
    const operand = operandOf(json);
    return { operand, text: operand.kind === "text" ? operand.text : json, count };
  });
  const moreCount = isFull ? null : sorted.length - values.length;
  return { field, name: printField(field), rowCount, values, moreCount };
}

/** The condition that a value of a facet stands for. */
export function conditionFor(
  { field }: Facet,
  { operand }: FacetValue,
  operator: "equals" | "notEquals",
): Condition {
  return { kind: "compare", field, operator, operand };
}

/** The filter with one more condition. */
export function withCondition(filter: string, condition: Condition): string {
  return `${filter.trim()} ${printCondition(condition)}`.trim();
}
