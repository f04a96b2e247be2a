/** What the versions of one key amount to: the numbers in them, and a strip of their times. */
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import { isLosslessNumber } from "lossless-json";
import type { JsonPath } from "../../lib/json-tree.ts";
import { parseLossless } from "../../lib/lossless.ts";
import { fieldText } from "./fields.ts";

const FIELDS_MAX = 100;
const DEPTH_MAX = 5;
const ELEMENTS_MAX = 3;
const SAMPLES_MAX = 100;
/** A number as text, as JSON of Protobuf has 64-bit integers. */
const NUMBER_TEXT = /^-?\d{1,30}(\.\d{1,30})?$/;

export const POINTS_MAX = 600;

/** One version in a chart. */
export interface NumberPoint {
  readonly record: DecodedRecord;
  readonly at: number;
  /** For the eye; null where the version has no such number. */
  readonly value: number | null;
  /** Digit for digit as it was written, or what is there instead. */
  readonly text: string;
}

export function isDeleted({ value }: DecodedRecord): boolean {
  return value.sizeBytes === null;
}

/** Fields of JSON values that hold a number in one of the samples, as the filter writes them. */
export function numberFields(rows: readonly DecodedRecord[]): readonly string[] {
  const found = new Set<string>();
  const step = Math.max(1, Math.ceil(rows.length / SAMPLES_MAX));
  for (let at = 0; at < rows.length && found.size < FIELDS_MAX; at += step) {
    collect(jsonOf(rows[at]), [], found);
  }
  return [...found];
}

function collect(value: unknown, path: JsonPath, found: Set<string>): void {
  if (found.size >= FIELDS_MAX || path.length > DEPTH_MAX) return;
  if (isNumber(value)) found.add(fieldText(path));
  else if (Array.isArray(value)) {
    for (const [index, element] of value.slice(0, ELEMENTS_MAX).entries()) {
      collect(element, [...path, index], found);
    }
  } else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) collect(inner, [...path, key], found);
  }
}

/** The number of each version, the oldest first; of too many, those that show the shape. */
export function numberPoints(
  rows: readonly DecodedRecord[],
  path: JsonPath,
): readonly NumberPoint[] {
  const all = rows.flatMap((record): readonly RoughPoint[] =>
    record.timestamp === null ? [] : [{ record, at: record.timestamp, value: rough(record, path) }],
  );
  const shown = thinned(all.toReversed());
  return shown.map((point) => ({ ...point, text: exactText(point.record, path) }));
}

type RoughPoint = Omit<NumberPoint, "text">;

/** The first, the last, the least and the largest of each of some stretches of equal length. */
function thinned(points: readonly RoughPoint[]): readonly RoughPoint[] {
  if (points.length <= POINTS_MAX) return points;
  const stretch = Math.ceil(points.length / (POINTS_MAX / 4));
  const shown: RoughPoint[] = [];
  for (let start = 0; start < points.length; start += stretch) {
    const part = points.slice(start, start + stretch);
    const known = part.filter(({ value }) => value !== null);
    const order = known.toSorted((a, b) => (a.value ?? 0) - (b.value ?? 0));
    const kept = new Set([part[0], order[0], order.at(-1), part.at(-1)]);
    shown.push(...part.filter((point) => kept.has(point)));
  }
  return shown;
}

/** Read by the browser's own parser, which is many times as fast and good enough for a pixel. */
function rough({ value }: DecodedRecord, path: JsonPath): number | null {
  if (value.isTruncated || value.sizeBytes === null) return null;
  try {
    const found = walk(JSON.parse(value.text) as unknown, path);
    const isText = typeof found === "string" && NUMBER_TEXT.test(found);
    const number = typeof found === "number" || isText ? Number(found) : Number.NaN;
    return Number.isFinite(number) ? number : null;
  } catch {
    return null;
  }
}

function exactText(record: DecodedRecord, path: JsonPath): string {
  if (isDeleted(record)) return "deleted";
  if (record.value.isTruncated) return "the value is too long to be looked at here";
  const found = walk(jsonOf(record), path);
  if (isLosslessNumber(found)) return found.toString();
  if (isNumber(found)) return String(found);
  return "no number";
}

function isNumber(value: unknown): boolean {
  return isLosslessNumber(value) || (typeof value === "string" && NUMBER_TEXT.test(value));
}

function walk(json: unknown, path: JsonPath): unknown {
  let at = json;
  for (const step of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Readonly<Record<string | number, unknown>>)[step];
  }
  return at;
}

/** Undefined for what is no JSON, or not all of it. */
function jsonOf(record: DecodedRecord | undefined): unknown {
  if (record === undefined || record.value.isTruncated || isDeleted(record)) return undefined;
  try {
    return parseLossless(record.value.text);
  } catch {
    return undefined;
  }
}

/** A part of the strip of time; `start` and `width` are shares of its width, from 0 to 1. */
export interface StripMark {
  readonly start: number;
  readonly count: number;
  readonly deletedCount: number;
  /** Index of its newest version. */
  readonly index: number;
}

/**
 * Versions as marks on a strip, by their times; where all are of one moment, by their order. Those that
 * would lie on each other are one mark.
 */
export function stripMarks(rows: readonly DecodedRecord[], columns: number): readonly StripMark[] {
  const { first, last } = timesOf(rows);
  const marks = new Map<number, StripMark>();
  for (const [index, row] of rows.entries()) {
    const share =
      last > first
        ? ((row.timestamp ?? first) - first) / (last - first)
        : 1 - index / Math.max(1, rows.length - 1);
    const column = Math.min(columns - 1, Math.floor(share * columns));
    const known = marks.get(column);
    marks.set(column, {
      start: column / columns,
      count: (known?.count ?? 0) + 1,
      deletedCount: (known?.deletedCount ?? 0) + (isDeleted(row) ? 1 : 0),
      index: known?.index ?? index,
    });
  }
  return [...marks.values()];
}

/** The least and the largest time of versions; both 0 where none has one. */
export function timesOf(rows: readonly DecodedRecord[]): {
  readonly first: number;
  readonly last: number;
} {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { timestamp } of rows) {
    if (timestamp === null) continue;
    first = Math.min(first, timestamp);
    last = Math.max(last, timestamp);
  }
  return first > last ? { first: 0, last: 0 } : { first, last };
}
