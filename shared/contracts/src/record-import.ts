/** Files of records that are to be produced: what `record-files.ts` writes, and less where less is said. */
import { z } from "zod";
import { Offset, PartitionIndex, Payload, Timestamp } from "./common.ts";
import type { FileFormat } from "./record-file-writers.ts";
import { parsePiece, piecesOf } from "./record-files.ts";
import { HEADERS_MAX, RecordHeader } from "./records.ts";

/** As a file has it; but for the value, what is left out is as for a new record. */
export const ImportRecord = z.strictObject({
  topic: z.string().optional(),
  partition: PartitionIndex.optional(),
  offset: Offset.optional(),
  timestamp: Timestamp.min(0).nullable().optional(),
  key: Payload.nullable().optional(),
  value: Payload.nullable(),
  headers: z.array(RecordHeader).max(HEADERS_MAX).optional(),
});
export type ImportRecord = z.infer<typeof ImportRecord>;

/** Errors that are told; the others are counted. */
const ERRORS_MAX = 20;

export interface ImportError {
  /** From 1. */
  readonly place: number;
  readonly message: string;
}

export interface ImportFile {
  /** What a place counts: lines of the file, or records of its array. */
  readonly unit: "line" | "record";
  readonly records: readonly ImportRecord[];
  /** Of each record. */
  readonly places: readonly number[];
  /** The first of them. */
  readonly errors: readonly ImportError[];
  readonly errorCount: number;
}

/** Reads a whole file, and says of every piece that is no record what is wrong with it. */
export function readImport(format: FileFormat, text: string): ImportFile {
  const found = piecesOf(format, text.startsWith("\ufeff") ? text.slice(1) : text);
  if ("message" in found) {
    return { unit: "line", records: [], places: [], errors: [found], errorCount: 1 };
  }
  const records: ImportRecord[] = [];
  const places: number[] = [];
  const errors: ImportError[] = [];
  let errorCount = 0;
  for (const { place, read } of found.pieces) {
    const parsed = parsePiece(ImportRecord, read);
    if ("value" in parsed) {
      records.push(parsed.value);
      places.push(place);
    } else {
      errorCount += 1;
      if (errors.length < ERRORS_MAX) errors.push({ place, message: parsed.message });
    }
  }
  return { unit: format === "json" ? "record" : "line", records, places, errors, errorCount };
}
