/** The whole result of a search as a file, read page after page until it ends or is too much. */
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import type { EventStreamMessage } from "@runnel/contracts/events.ts";
import type { FileRecord } from "@runnel/contracts/file-record.ts";
import { payloadOf } from "@runnel/contracts/payload.ts";
import { FILE_WRITERS, type FileFormat } from "@runnel/contracts/record-file-writers.ts";
import { formatCount } from "../../lib/format.ts";
import type { Query } from "./events-state.ts";
import type { Done } from "./search.ts";

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
  /** What ended it before the end of the result; null where nothing did. */
  readonly cutBy: "events" | "size" | "stopped" | "deleted" | "partitions" | null;
  readonly unread: Unread;
}

/** What the broker could not look at: there may be results in it. */
export interface Unread {
  readonly partitions: readonly number[];
  /** Offsets that are damaged, or were deleted meanwhile. */
  readonly offsets: number;
  /** Events on which the filter failed. */
  readonly filterErrors: number;
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
  const unread = new UnreadSum();
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
      let done: Done | null = null;
      for await (const message of readPage(page, signal)) {
        if (message.event === "event") {
          const record = toFileRecord(topic, message.data);
          if (record === null) leftOut += 1;
          else add(record);
          if (cutBy !== null) break;
        } else if (message.event === "done") done = message.data;
      }
      if (cutBy !== null) break;
      if (done === null) throw new Error("The broker ended its answer before it was done");
      if (done.failure !== null) throw new Error(done.failure);
      unread.add(done);
      if (done.reason === "deleted") cutBy = "deleted";
      else if (done.isCursorTooLong) cutBy = "partitions";
      cursor = done.reason === "end" ? null : done.cursor;
    } while (cursor !== null && cutBy === null);
  } catch (error) {
    if (!signal.aborted) throw error;
    cutBy = "stopped";
  }
  parts.push(part + (count > 0 ? writer.end : writer.end.trimStart()));
  onProgress(count);
  return { parts, count, leftOut, cutBy, unread: unread.sum };
}

/** Over all pages. */
class UnreadSum {
  readonly #partitions = new Set<number>();
  #offsets = 0;
  #filterErrors = 0;

  add({ coverage, skips, filterErrors }: Done): void {
    for (const { partition } of coverage?.missing ?? []) this.#partitions.add(partition);
    this.#offsets += skips.offsets;
    this.#filterErrors += filterErrors;
  }

  get sum(): Unread {
    const partitions = [...this.#partitions].toSorted((a, b) => a - b);
    return { partitions, offsets: this.#offsets, filterErrors: this.#filterErrors };
  }
}

const CUTS: Readonly<Record<NonNullable<ExportResult["cutBy"]>, string>> = {
  events: `It ends there: more than ${formatCount(EXPORT_EVENTS_MAX)} are not put into one file.`,
  size: "It ends there, because the file is as large as it may be.",
  stopped: "It ends there, because you stopped it.",
  deleted: "It ends there, because the topic was deleted.",
  partitions: "It ends there: it cannot go on over so many partitions. Choose fewer.",
};
const PARTITIONS_NAMED = 10;

/** What is in the file, and all that is not, in words. */
export function exportSummary({ count, leftOut, cutBy, unread }: ExportResult): string {
  const { partitions, offsets, filterErrors } = unread;
  const named = partitions.slice(0, PARTITIONS_NAMED).join(", ");
  const more = partitions.length > PARTITIONS_NAMED ? " …" : "";
  const missing = [
    leftOut > 0 ? `${formatCount(leftOut)} were too large and are left out.` : null,
    partitions.length > 0 ? `Partitions could not be read: ${named}${more}.` : null,
    offsets > 0 ? `${formatCount(offsets)} offsets could not be read.` : null,
    filterErrors > 0
      ? `The filter failed on ${formatCount(filterErrors)}, left out as well.`
      : null,
  ].filter((line) => line !== null);
  const end =
    cutBy !== null ? CUTS[cutBy] : missing.length === 0 ? "That is the whole result." : "";
  return [`${formatCount(count)} events are in the file.`, end, ...missing]
    .filter((line) => line !== "")
    .join(" ");
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
