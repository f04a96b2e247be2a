/**
 * Records as files, read back as what `record-file-writers.ts` wrote, byte for byte. For imports, in a
 * browser as in the broker.
 */
import type { z } from "zod";
import type { Payload } from "./common.ts";
import { parseCsv } from "./csv.ts";
import { FileRecord } from "./file-record.ts";
import { bytesOfPayload } from "./payload.ts";
import { CSV_COLUMNS, type FileFormat } from "./record-file-writers.ts";
import type { RecordHeader } from "./records.ts";

export type ReadFile =
  | { readonly kind: "records"; readonly records: readonly FileRecord[] }
  /** What is wrong, and in which line, from 1; for JSON, in which record. */
  | { readonly kind: "error"; readonly place: number; readonly message: string };

/** Reads a whole file; nothing of it where anything in it is wrong. */
export function readFile(format: FileFormat, text: string): ReadFile {
  const found = piecesOf(format, text);
  if ("message" in found) return { kind: "error", ...found };
  const records: FileRecord[] = [];
  for (const { place, read } of found.pieces) {
    const record = parsePiece(FileRecord, read);
    if ("message" in record) return { kind: "error", place, message: record.message };
    records.push(record.value);
  }
  return { kind: "records", records };
}

/** One piece of a file that should be a record. */
export interface Piece {
  /** Its line, from 1; for JSON, which record it is. */
  readonly place: number;
  /** Throws `RangeError` where it is nothing at all. */
  read(): unknown;
}

/** The pieces of a file, unread; or the line, from 1, from which on it has no pieces, and why. */
export function piecesOf(
  format: FileFormat,
  text: string,
): { readonly pieces: readonly Piece[] } | { readonly place: number; readonly message: string } {
  switch (format) {
    case "json":
      return jsonPieces(text);
    case "ndjson":
      return {
        pieces: text
          .split("\n")
          .map((line, index) => ({ place: index + 1, line }))
          .filter(({ line }) => line.trim() !== "")
          .map(({ place, line }) => ({ place, read: () => parseJson(line) })),
      };
    case "csv":
      return csvPieces(text);
  }
}

/** What a piece holds, checked to the last byte of its base64; or what is wrong with it. */
export function parsePiece<T extends PayloadsOf>(
  schema: z.ZodType<T>,
  read: () => unknown,
): { readonly value: T } | { readonly message: string } {
  try {
    const parsed = schema.safeParse(read());
    if (!parsed.success) return { message: firstIssue(parsed.error) };
    checkPayloads(parsed.data);
    return { value: parsed.data };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { message: error.message };
  }
}

interface PayloadsOf {
  readonly key?: Payload | null | undefined;
  readonly value: Payload | null;
  readonly headers?: readonly RecordHeader[] | undefined;
}

function jsonPieces(text: string): ReturnType<typeof piecesOf> {
  let array: unknown;
  try {
    array = parseJson(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : "";
    const position = Number(/at position (\d+)/.exec(message)?.[1] ?? 0);
    return { place: text.slice(0, position).split("\n").length, message };
  }
  if (!Array.isArray(array)) return { place: 1, message: "there is no array" };
  return { pieces: array.map((item: unknown, index) => ({ place: index + 1, read: () => item })) };
}

function csvPieces(text: string): ReturnType<typeof piecesOf> {
  const parsed = parseCsv(text);
  if (parsed.kind === "error") return { place: parsed.line, message: parsed.message };
  const [head, ...rows] = parsed.rows;
  if (head?.cells.join() !== CSV_COLUMNS.join()) {
    return { place: 1, message: `the first line must be ${CSV_COLUMNS.join()}` };
  }
  return { pieces: rows.map(({ line, cells }) => ({ place: line, read: () => recordOf(cells) })) };
}

/** A time that no date can say, as milliseconds since 1970. */
const TIME_NUMBER = /^-?[0-9]{16}$/;

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

function payloadOf(encoding: string | undefined, data: string | undefined): unknown {
  return encoding === "null" ? null : { encoding, data };
}

function integerOf(text = ""): number {
  if (!/^[0-9]{1,16}$/.test(text)) throw new RangeError(`not a number: ${text.slice(0, 64)}`);
  return Number(text);
}

/** Refuses what is called base64 and is none. */
function checkPayloads({ key = null, value, headers = [] }: PayloadsOf): void {
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
  if (issue === undefined) return "not a record";
  // As the schema says it, it takes knowing what a schema is.
  const message = issue.message.endsWith("received undefined") ? "is missing" : issue.message;
  return issue.path.length === 0 ? message : `${issue.path.join(".")}: ${message}`;
}
