/** Records for tests, stored and read back as a scan does. */
import { readBatchHeader } from "@runnel/protocol/records/batch.ts";
import { buildBatch, type NewBatch, type NewRecord } from "@runnel/protocol/records/build.ts";
import { recordBytesOf } from "@runnel/protocol/records/iterate.ts";
import { RecordCursor, type StoredRecord } from "./record.ts";

const encoder = new TextEncoder();

/** Puts the cursor in front of the first record of a batch with these. */
export function openBatch(
  cursor: RecordCursor,
  batch: NewBatch,
  { partition = 0 }: { partition?: number } = {},
): void {
  const bytes = buildBatch(batch);
  const header = readBatchHeader(bytes, 0);
  cursor.openBatch(partition, header, recordBytesOf(bytes, { at: 0, header, maxOutputLength: 0 }));
}

export interface SimpleRecord {
  readonly key?: string | Uint8Array | null;
  readonly value?: string | Uint8Array | null;
  readonly headers?: Readonly<Record<string, string | Uint8Array | null>>;
  readonly timestamp?: number;
  readonly partition?: number;
  readonly offset?: number;
}

/** A cursor on one record; what is left out is null or 0. */
export function cursorOn(record: SimpleRecord): RecordCursor {
  const { key = null, value = null, headers = {}, timestamp = 0, partition, offset } = record;
  const made: NewRecord = {
    key: bytesOf(key),
    value: bytesOf(value),
    timestamp,
    headers: Object.entries(headers).map(([name, content]) => {
      return { key: name, value: bytesOf(content) };
    }),
  };
  const cursor = new RecordCursor();
  openBatch(cursor, { records: [made], baseOffset: offset ?? 0 }, { partition: partition ?? 0 });
  cursor.next();
  return cursor;
}

function bytesOf(content: string | Uint8Array | null): Uint8Array | null {
  return typeof content === "string" ? encoder.encode(content) : content;
}

/** A copy that holds on to nothing of the batch. */
export function copyRecord(record: StoredRecord): StoredRecord {
  const { partition, offset, timestamp, batch, keySize, valueSize, headersSize } = record;
  return {
    partition,
    offset,
    timestamp,
    timestampType: record.timestampType,
    key: copyOf(record.key),
    value: copyOf(record.value),
    headers: record.headers.map(({ key, value }) => ({ key, value: copyOf(value) })),
    keySize,
    valueSize,
    headersSize,
    batch,
  };
}

/** Views of a `Buffer` must not become views of its pool again: `slice` of a Buffer is one. */
function copyOf(bytes: Uint8Array | null): Uint8Array | null {
  return bytes === null ? null : Uint8Array.from(bytes);
}
