/** Names of fields, from events that were seen. */

import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import type { FilterOperand } from "@runnel/contracts/filter-model.ts";
import { printField } from "@runnel/contracts/filter-printer.ts";
import { isRawNumber, parseExact } from "../../lib/exact-json.ts";
import type { JsonPath } from "../../lib/json-tree.ts";

const FIELDS_MAX = 300;
const DEPTH_MAX = 5;
const SAMPLE_CHARS_MAX = 20_000;

/** Paths into JSON values of the samples, as the filter writes them; the order is that of the events. */
export function fieldsOf(samples: readonly string[]): readonly string[] {
  const found = new Set<string>();
  for (const text of samples) {
    if (text.length > SAMPLE_CHARS_MAX || found.size >= FIELDS_MAX) continue;
    try {
      collect(JSON.parse(text) as unknown, [], found);
    } catch {
      // What is no JSON has no fields.
    }
  }
  return [...found].slice(0, FIELDS_MAX);
}

function collect(
  value: unknown,
  path: readonly (string | number | null)[],
  found: Set<string>,
): void {
  if (found.size >= FIELDS_MAX || path.length > DEPTH_MAX) return;
  if (Array.isArray(value)) {
    for (const element of value.slice(0, 3)) collect(element, [...path, null], found);
    return;
  }
  if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) collect(inner, [...path, key], found);
    return;
  }
  if (path.length > 0) found.add(fieldText(path));
}

export function fieldText(path: readonly (string | number | null)[]): string {
  return printField({ kind: "value", path: [...path] });
}

/** Parsed once for all columns of a row, and for its facets. */
const parsedValues = new WeakMap<DecodedRecord, { readonly json: unknown }>();

/** The value, every digit of its numbers kept; null where it is no JSON, or only the begin of it. */
export function jsonOf(record: DecodedRecord): unknown {
  const known = parsedValues.get(record);
  if (known !== undefined) return known.json;
  let json: unknown = null;
  try {
    json = parseExact(record.value.text);
  } catch {
    // Then it has no fields.
  }
  parsedValues.set(record, { json });
  return json;
}

/** The value at the path, as text for a cell; null where there is none. */
export function valueAt(json: unknown, path: JsonPath): string | null {
  let at: unknown = json;
  for (const step of path) {
    if (typeof at !== "object" || at === null || isRawNumber(at)) return null;
    if (!Object.hasOwn(at, step)) return null;
    at = (at as Readonly<Record<string | number, unknown>>)[step];
  }
  if (at === undefined) return null;
  return typeof at === "string" ? at : JSON.stringify(at);
}

/** A scalar of a JSON text as an operand of a filter: `12.50` keeps its digits. */
export function operandOf(json: string): FilterOperand {
  if (json === "null") return { kind: "null" };
  if (json === "true" || json === "false") return { kind: "boolean", boolean: json === "true" };
  if (/^-?\d/.test(json)) return { kind: "number", number: json };
  try {
    return { kind: "text", text: String(JSON.parse(json)) };
  } catch {
    return { kind: "text", text: json };
  }
}
