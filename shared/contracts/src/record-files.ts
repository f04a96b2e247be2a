/**
 * Records as files: JSON, NDJSON and CSV, written one record after the other and read back as the same,
 * byte for byte. For exports and imports, in a browser as in the broker.
 */
import { z } from "zod";
import { Offset, PartitionIndex, Payload, Timestamp } from "./common.ts";
import { csvLine, parseCsv } from "./csv.ts";
import { bytesOfPayload, toBase64 } from "./payload.ts";
import { RecordHeader } from "./records.ts";

export const FILE_FORMATS = ["json", "ndjson", "csv"] as const;
export type FileFormat = (typeof FILE_FORMATS)[number];

/** A record in a file. With a topic and a place it tells where it came from; producing needs neither. */
export const FileRecord = z
  .strictObject({
    topic: z.string(),
    partition: PartitionIndex,
    offset: Offset,
    timestamp: Timestamp.nullable().meta({ description: "Null where the record has none." }),
    key: Payload.nullable(),
    value: Payload.nullable().meta({ description: "Null is a tombstone." }),
    headers: z.array(RecordHeader),
  })
  .meta({ id: "FileRecord" });
export type FileRecord = z.infer<typeof FileRecord>;

/** How to write a file: `begin`, records with `between` between them, `end`. */
export interface FileWriter {
  readonly mediaType: string;
  readonly begin: string;
  readonly between: string;
  readonly end: string;
  write(record: FileRecord): string;
}

const CSV_COLUMNS = [
  "topic",
  "partition",
  "offset",
  "timestamp",
  "keyEncoding",
  "key",
  "valueEncoding",
  "value",
  "headers",
] as const;

export const FILE_WRITERS: Readonly<Record<FileFormat, FileWriter>> = {
  json: {
    mediaType: "application/json",
    begin: "[\n",
    between: ",\n",
    end: "\n]\n",
    write: (record) => JSON.stringify(record),
  },
  ndjson: {
    mediaType: "application/x-ndjson",
    begin: "",
    between: "\n",
    end: "\n",
    write: (record) => JSON.stringify(record),
  },
  csv: {
    mediaType: "text/csv; charset=utf-8; header=present",
    begin: csvLine(CSV_COLUMNS),
    between: "",
    end: "",
    write: (record) =>
      csvLine([
        record.topic,
        String(record.partition),
        String(record.offset),
        record.timestamp === null ? "" : printTime(record.timestamp),
        ...payloadCells(record.key),
        ...payloadCells(record.value),
        record.headers.length === 0 ? "" : JSON.stringify(record.headers),
      ]),
  },
};

export type ReadFile =
  | { readonly kind: "records"; readonly records: readonly FileRecord[] }
  /** What is wrong, and in which line, from 1; for JSON, in which record. */
  | { readonly kind: "error"; readonly place: number; readonly message: string };

/** Reads a whole file; nothing of it where anything in it is wrong. */
export function readFile(format: FileFormat, text: string): ReadFile {
  switch (format) {
    case "json":
      return readJson(text);
    case "ndjson":
      return readAll(
        text
          .split("\n")
          .map((line, index) => ({ place: index + 1, line }))
          .filter(({ line }) => line.trim() !== "")
          .map(({ place, line }) => ({ place, read: () => parseJson(line) })),
      );
    case "csv":
      return readCsv(text);
  }
}

/** One piece of a file that should be a record. */
interface Piece {
  readonly place: number;
  read(): unknown;
}

function readAll(pieces: readonly Piece[]): ReadFile {
  const records: FileRecord[] = [];
  for (const { place, read } of pieces) {
    try {
      const parsed = FileRecord.safeParse(read());
      if (!parsed.success) return { kind: "error", place, message: firstIssue(parsed.error) };
      checkPayloads(parsed.data);
      records.push(parsed.data);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return { kind: "error", place, message: error.message };
    }
  }
  return { kind: "records", records };
}

function readJson(text: string): ReadFile {
  try {
    const array = parseJson(text);
    if (!Array.isArray(array)) return { kind: "error", place: 1, message: "there is no array" };
    return readAll(array.map((item: unknown, index) => ({ place: index + 1, read: () => item })));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { kind: "error", place: 1, message: error.message };
  }
}

function readCsv(text: string): ReadFile {
  const parsed = parseCsv(text);
  if (parsed.kind === "error")
    return { kind: "error", place: parsed.line, message: parsed.message };
  const [head, ...rows] = parsed.rows;
  if (head?.cells.join() !== CSV_COLUMNS.join()) {
    return { kind: "error", place: 1, message: `the first line must be ${CSV_COLUMNS.join()}` };
  }
  return readAll(rows.map(({ line, cells }) => ({ place: line, read: () => recordOf(cells) })));
}

function recordOf(cells: readonly string[]): unknown {
  if (cells.length !== CSV_COLUMNS.length) {
    throw new RangeError(`${cells.length} cells in place of ${CSV_COLUMNS.length}`);
  }
  const [
    topic,
    partition,
    offset,
    timestamp = "",
    keyEncoding,
    key,
    valueEncoding,
    value,
    headers,
  ] = cells;
  const time = TIME_NUMBER.test(timestamp) ? Number(timestamp) : Date.parse(timestamp);
  if (timestamp !== "" && Number.isNaN(time)) throw new RangeError(`not a time: ${timestamp}`);
  return {
    topic,
    partition: integerOf(partition),
    offset: integerOf(offset),
    timestamp: timestamp === "" ? null : time,
    key: payloadOf(keyEncoding, key),
    value: payloadOf(valueEncoding, value),
    headers: headers === "" || headers === undefined ? [] : parseJson(headers),
  };
}

/** A time that no date can say, as milliseconds since 1970. */
const TIME_NUMBER = /^-?[0-9]{16}$/;

/** As a date; as a number where it is beyond all dates, for records hold any 64 bits. */
function printTime(timestamp: number): string {
  const date = new Date(timestamp);
  return Number.isNaN(date.getTime()) ? String(timestamp) : date.toISOString();
}

/** Encoding and data; the encoding `null` tells null from no bytes. */
function payloadCells(payload: Payload | null): readonly [string, string] {
  if (payload === null) return ["null", ""];
  // RFC 4180 has no control characters in its text but those that end lines.
  const isText = payload.encoding === "base64" || !/(?![\t\r\n])\p{Cc}/u.test(payload.data);
  return isText ? [payload.encoding, payload.data] : ["base64", toBase64(bytesOfPayload(payload))];
}

function payloadOf(encoding: string | undefined, data: string | undefined): unknown {
  return encoding === "null" ? null : { encoding, data };
}

function integerOf(text = ""): number {
  if (!/^[0-9]{1,16}$/.test(text)) throw new RangeError(`not a number: ${text.slice(0, 64)}`);
  return Number(text);
}

/** Refuses what is called base64 and is none. */
function checkPayloads({ key, value, headers }: FileRecord): void {
  bytesOfPayload(key);
  bytesOfPayload(value);
  for (const header of headers) bytesOfPayload(header.value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RangeError(`not JSON: ${error instanceof Error ? error.message : ""}`);
  }
}

function firstIssue({ issues }: z.ZodError): string {
  const [issue] = issues;
  return issue === undefined ? "not a record" : `${issue.path.join(".")}: ${issue.message}`;
}
