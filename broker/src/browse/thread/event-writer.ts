/** Writes records as the JSON of events. */
import { Buffer, isUtf8 } from "node:buffer";
import type { StoredRecord } from "../record.ts";

/** Bytes of UTF-8 that a character may take. */
const CHARACTER_BYTES_MAX = 4;

/** The JSON of `record`; keys, values and headers show at most `fieldBytesMax` bytes each. */
export function writeEvent(record: StoredRecord, fieldBytesMax: number): string {
  const { partition, offset, timestamp, timestampType, batch, headers } = record;
  return JSON.stringify({
    partition,
    offset,
    timestamp: timestamp < 0 ? null : timestamp,
    timestampType,
    key: fieldOf(record.key, fieldBytesMax),
    value: fieldOf(record.value, fieldBytesMax),
    headers: headers.map(({ key: name, value }) => ({
      name,
      value: fieldOf(value, fieldBytesMax),
    })),
    headersSize: record.headersSize,
    batch: { ...batch, producerId: batch.producerId < 0n ? null : String(batch.producerId) },
  });
}

function fieldOf(bytes: Uint8Array | null, bytesMax: number): object | null {
  if (bytes === null) return null;
  const size = bytes.length;
  const isCut = size > bytesMax;
  const shown = isCut ? cut(bytes, bytesMax) : bytes;
  const isText = isUtf8(shown);
  const data = Buffer.from(shown.buffer, shown.byteOffset, shown.length).toString(
    isText ? "utf8" : "base64",
  );
  return { encoding: isText ? "utf8" : "base64", data, size, isCut };
}

/** The first bytes, so that no character of a text is cut through. */
function cut(bytes: Uint8Array, bytesMax: number): Uint8Array {
  let end = bytesMax;
  const least = Math.max(0, end - CHARACTER_BYTES_MAX);
  while (end > least && ((bytes[end] as number) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end > least ? end : bytesMax);
}
