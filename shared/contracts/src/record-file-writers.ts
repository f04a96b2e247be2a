/**
 * Writing records as files: JSON, NDJSON and CSV. `record-files.ts` reads them back. Without schemas, because
 * what a browser exports needs none.
 */
import type { Payload } from "./common.ts";
import { csvLine } from "./csv.ts";
import type { FileRecord } from "./file-record.ts";
import { bytesOfPayload, toBase64 } from "./payload.ts";

export const FILE_FORMATS = ["json", "ndjson", "csv"] as const;
export type FileFormat = (typeof FILE_FORMATS)[number];

/** How to write a file: `begin`, records with `between` between them, `end`. */
export interface FileWriter {
  readonly mediaType: string;
  readonly begin: string;
  readonly between: string;
  readonly end: string;
  write(record: FileRecord): string;
}

export const CSV_COLUMNS = [
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

/** Encoding and data; the encoding `null` tells null from no bytes. */
function payloadCells(payload: Payload | null): readonly [string, string] {
  if (payload === null) return ["null", ""];
  // RFC 4180 has no control characters in its text but those that end lines.
  const isText = payload.encoding === "base64" || !/(?![\t\r\n])\p{Cc}/u.test(payload.data);
  return isText ? [payload.encoding, payload.data] : ["base64", toBase64(bytesOfPayload(payload))];
}

/** As a date; as a number where it is beyond all dates, for records hold any 64 bits. */
function printTime(timestamp: number): string {
  const date = new Date(timestamp);
  return Number.isNaN(date.getTime()) ? String(timestamp) : date.toISOString();
}
