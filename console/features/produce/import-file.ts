/** A file of records on its way into a topic: read, judged, and cut into requests. */
import type { FileFormat } from "@runnel/contracts/record-file-writers.ts";
import {
  type ImportError,
  type ImportRecord,
  readImport,
} from "@runnel/contracts/record-import.ts";
import type { NewRecord } from "@runnel/contracts/records.ts";
import { IMPORT_EVENTS_MAX } from "./import-limits.ts";

/** Of one request: the broker takes 1 MiB, and 1,000 records. */
const REQUEST_BYTES_MAX = 900 * 1_024;
const REQUEST_RECORDS_MAX = 500;
const PREVIEW_MAX = 8;
const PREVIEW_CHARS_MAX = 400;

export interface ImportChoices {
  /** Where the file says so; else by the key. */
  readonly keepsPartition: boolean;
  /** Where the file says so; else now. */
  readonly keepsTime: boolean;
}

/** What a page is told of a file. */
export interface ImportSummary {
  readonly unit: "line" | "record";
  readonly count: number;
  readonly errors: readonly ImportError[];
  readonly errorCount: number;
  readonly preview: readonly ImportPreview[];
}

export interface ImportPreview {
  readonly place: number;
  readonly partition: number | null;
  readonly timestamp: number | null;
  /** Null for none, which is not the empty text. */
  readonly key: string | null;
  readonly value: string | null;
  readonly headerCount: number;
}

/** Some of the records, as one request. */
export interface ImportBatch {
  readonly records: readonly NewRecord[];
  /** Where each of them stands in the file. */
  readonly places: readonly number[];
  /** Index of the record behind the last one; null where that was the last of the file. */
  readonly next: number | null;
}

export class ImportSource {
  readonly summary: ImportSummary;
  readonly #records: readonly ImportRecord[];
  readonly #places: readonly number[];

  /** Reads `text`; whatever is wrong in it stands in `summary`. */
  constructor(format: FileFormat, text: string) {
    const { unit, records, places, errors, errorCount } = readImport(format, text);
    const more = limitErrors(records, places);
    this.#records = records;
    this.#places = places;
    this.summary = {
      unit,
      count: records.length,
      errors: [...errors, ...more],
      errorCount: errorCount + more.length,
      preview: records
        .slice(0, PREVIEW_MAX)
        .map((record, index) => previewOf(record, places[index] ?? 0)),
    };
  }

  /** The records from `start` on that fit into one request, at least one. */
  batch(start: number, choices: ImportChoices): ImportBatch {
    const records: NewRecord[] = [];
    let bytes = 0;
    let at = start;
    for (; at < this.#records.length && records.length < REQUEST_RECORDS_MAX; at += 1) {
      const record = toNewRecord(this.#records[at] as ImportRecord, choices);
      bytes += jsonBytes(record);
      if (bytes > REQUEST_BYTES_MAX && records.length > 0) break;
      records.push(record);
    }
    const places = this.#places.slice(start, at);
    return { records, places, next: at < this.#records.length ? at : null };
  }
}

function limitErrors(
  records: readonly ImportRecord[],
  places: readonly number[],
): readonly ImportError[] {
  if (records.length > IMPORT_EVENTS_MAX) {
    const place = places[IMPORT_EVENTS_MAX] ?? 0;
    const message = `more than ${IMPORT_EVENTS_MAX} events: split the file before this place`;
    return [{ place, message }];
  }
  const errors: ImportError[] = [];
  for (const [index, record] of records.entries()) {
    const bytes = jsonBytes(record);
    if (bytes <= REQUEST_BYTES_MAX) continue;
    const message = `${bytes} bytes as JSON, and a request takes ${REQUEST_BYTES_MAX}: produce this one with a Kafka client`;
    errors.push({ place: places[index] ?? 0, message });
  }
  return errors;
}

const encoder = new TextEncoder();

function jsonBytes(record: NewRecord | ImportRecord): number {
  return encoder.encode(JSON.stringify(record)).length;
}

function toNewRecord(
  { partition, timestamp = null, key = null, value, headers = [] }: ImportRecord,
  { keepsPartition, keepsTime }: ImportChoices,
): NewRecord {
  return {
    key,
    value,
    ...(headers.length === 0 ? {} : { headers }),
    ...(keepsPartition && partition !== undefined ? { partition } : {}),
    ...(keepsTime && timestamp !== null ? { timestamp } : {}),
  };
}

function previewOf(record: ImportRecord, place: number): ImportPreview {
  const { partition = null, timestamp = null, key = null, value, headers = [] } = record;
  return {
    place,
    partition,
    timestamp,
    key: key === null ? null : key.data.slice(0, PREVIEW_CHARS_MAX),
    value: value === null ? null : value.data.slice(0, PREVIEW_CHARS_MAX),
    headerCount: headers.length,
  };
}
