/**
 * Records as files, read back as what `record-file-writers.ts` wrote, byte for byte. For imports, in a
 * browser as in the broker.
 */
import type { z } from "zod";
import { parseCsv } from "./csv.ts";
import { FileRecord } from "./file-record.ts";
import { bytesOfPayload } from "./payload.ts";
import { CSV_COLUMNS, type FileFormat } from "./record-file-writers.ts";

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
  const time = Date.parse(timestamp);
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
