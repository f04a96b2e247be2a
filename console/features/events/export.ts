/** The whole result of a search as a file, read page after page until it ends or is too much. */
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import type { EventStreamMessage } from "@runnel/contracts/events.ts";
import type { FileRecord } from "@runnel/contracts/file-record.ts";
import { payloadOf } from "@runnel/contracts/payload.ts";
import { FILE_WRITERS, type FileFormat } from "@runnel/contracts/record-file-writers.ts";
import type { Query } from "./events-state.ts";

export const EXPORT_EVENTS_MAX = 100_000;
export const EXPORT_CHARS_MAX = 256 * 1_024 * 1_024;
const PAGE_ROWS = 5_000;
/** A field that is longer than this cannot be read in full. */
const FIELD_LENGTH = 16 * 1_024 * 1_024;
/** Records that become one part of the file. */
const PART_RECORDS = 500;

export interface ExportResult {
  readonly parts: readonly string[];
  readonly count: number;
  /** Events with fields that were too large to be read in full. */
  readonly leftOut: number;
  /** Null where the file has everything. */
  readonly cutBy: "events" | "size" | "stopped" | null;
}

export type ReadPage = (query: Query, signal: AbortSignal) => AsyncIterable<EventStreamMessage>;

interface ExportOptions {
  readonly topic: string;
  readonly query: Query;
  readonly format: FileFormat;
  readonly readPage: ReadPage;
  readonly signal: AbortSignal;
  readonly onProgress: (count: number) => void;
}

export async function exportEvents(options: ExportOptions): Promise<ExportResult> {
  const { topic, query, format, readPage, signal, onProgress } = options;
  const writer = FILE_WRITERS[format];
  const parts: string[] = [];
  let part = writer.begin;
  let chars = 0;
  let count = 0;
  let leftOut = 0;
  let cutBy: ExportResult["cutBy"] = null;
  let cursor: string | null = null;
  const add = (record: FileRecord): void => {
    const text = (count > 0 ? writer.between : "") + writer.write(record);
    part += text;
    chars += text.length;
    count += 1;
    if (count % PART_RECORDS === 0) {
      parts.push(part);
      part = "";
      onProgress(count);
    }
    if (count >= EXPORT_EVENTS_MAX) cutBy = "events";
    else if (chars >= EXPORT_CHARS_MAX) cutBy = "size";
  };
  try {
    do {
      const asked: Query = { ...query, raw: true, fieldLength: FIELD_LENGTH, limit: PAGE_ROWS };
      const page: Query = cursor === null ? asked : { ...asked, cursor };
      cursor = null;
      for await (const message of readPage(page, signal)) {
        if (message.event === "event") {
          const record = toFileRecord(topic, message.data);
          if (record === null) leftOut += 1;
          else add(record);
          if (cutBy !== null) break;
        } else if (message.event === "done") {
          cursor = message.data.reason === "end" ? null : message.data.cursor;
          if (message.data.failure !== null) throw new Error(message.data.failure);
        }
      }
    } while (cursor !== null && cutBy === null);
  } catch (error) {
    if (!signal.aborted) throw error;
    cutBy = "stopped";
  }
  parts.push(part + (count > 0 ? writer.end : writer.end.trimStart()));
  onProgress(count);
  return { parts, count, leftOut, cutBy };
}

/** Null where not all of it was sent. */
function toFileRecord(topic: string, record: DecodedRecord): FileRecord | null {
  const { partition, offset, timestamp } = record;
  const [key, value] = [payloadOf(record.key), payloadOf(record.value)];
  if (key === undefined || value === undefined) return null;
  const headers: FileRecord["headers"] = [];
  for (const { name, value: payload } of record.headers) {
    const bytes = payloadOf(payload);
    if (bytes === undefined) return null;
    headers.push({ name, value: bytes });
  }
  return { topic, partition, offset, timestamp, key, value, headers };
}
