/**
 * Where the parts of one record lie. All numbers are zigzag varints; −1 is null.
 *
 *   length · attributes int8 · timestampDelta varlong · offsetDelta ·
 *   keyLength key · valueLength value · headerCount (keyLength key valueLength value)*
 *
 * Source: KIP-82 (headers), KIP-98 (format).
 */
import type { ByteReader } from "@runnel/kit/byte-reader.ts";
import { DecodeError } from "@runnel/kit/errors.ts";

/** The smallest `length`: six parts of a byte each. */
export const RECORD_LENGTH_MIN = 6;
/** Bytes of the smallest record with its length. */
export const RECORD_SIZE_MIN = 1 + RECORD_LENGTH_MIN;
/** Bytes of the smallest header: an empty key and null. */
const HEADER_SIZE_MIN = 2;

/**
 * Positions in the reader's bytes. One object serves a whole batch: nothing is allocated per
 * record.
 */
export interface RecordLayout {
  attributes: number;
  /** Ms after the batch's baseTimestamp; saturates at ±2^53. */
  timestampDelta: number;
  offsetDelta: number;
  keyAt: number;
  /** −1: null. */
  keyLength: number;
  valueAt: number;
  /** −1: null. */
  valueLength: number;
  headerCount: number;
  /** Where the first header begins. */
  headersAt: number;
}

export function createRecordLayout(): RecordLayout {
  return {
    attributes: 0,
    timestampDelta: 0,
    offsetDelta: 0,
    keyAt: 0,
    keyLength: -1,
    valueAt: 0,
    valueLength: -1,
    headerCount: 0,
    headersAt: 0,
  };
}

/**
 * Fills `layout` from the record at the reader and moves behind it. Throws `DecodeError` unless the
 * parts fill the record's length exactly. Whether the values make sense is for the caller.
 */
export function readRecordLayout(reader: ByteReader, layout: RecordLayout): void {
  const start = reader.offset;
  const length = reader.varint();
  if (length < RECORD_LENGTH_MIN || length > reader.remaining) {
    throw new DecodeError(`record of ${length} bytes at ${start}, ${reader.remaining} left`);
  }
  const end = reader.offset + length;
  layout.attributes = reader.int8();
  layout.timestampDelta = reader.varlong();
  layout.offsetDelta = reader.varint();
  layout.keyLength = readLength(reader, end, "key");
  layout.keyAt = reader.skip(Math.max(layout.keyLength, 0));
  layout.valueLength = readLength(reader, end, "value");
  layout.valueAt = reader.skip(Math.max(layout.valueLength, 0));
  layout.headerCount = readHeaderCount(reader, end);
  layout.headersAt = reader.offset;
  for (let i = 0; i < layout.headerCount; i += 1) skipHeader(reader, end);
  if (reader.offset !== end) {
    throw new DecodeError(`record at ${start} ends at ${reader.offset}, its length says ${end}`);
  }
}

/** A length of −1 (null) or one that fits before `end`. */
export function readLength(reader: ByteReader, end: number, part: string): number {
  const length = reader.varint();
  if (length < -1 || length > end - reader.offset) {
    throw new DecodeError(`${part} of ${length} bytes at ${reader.offset}, record ends at ${end}`);
  }
  return length;
}

function readHeaderCount(reader: ByteReader, end: number): number {
  const count = reader.varint();
  if (count < 0 || count * HEADER_SIZE_MIN > end - reader.offset) {
    throw new DecodeError(`${count} headers at ${reader.offset}, record ends at ${end}`);
  }
  return count;
}

function skipHeader(reader: ByteReader, end: number): void {
  const keyLength = readLength(reader, end, "header key");
  if (keyLength === -1) throw new DecodeError(`header key at ${reader.offset} is null`);
  reader.skip(keyLength);
  reader.skip(Math.max(readLength(reader, end, "header value"), 0));
}
