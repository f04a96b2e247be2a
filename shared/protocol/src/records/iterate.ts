/** Reads the records of a batch, compressed or not. */
import { ByteReader } from "@runnel/kit/byte-reader.ts";
import { DecodeError } from "@runnel/kit/errors.ts";
import { type DecompressOptions, decompress } from "../compression/codecs.ts";
import {
  BATCH_HEADER_SIZE,
  type BatchHeader,
  codecNameOf,
  codecOf,
  MAGIC,
  timestampType,
} from "./batch.ts";
import {
  createRecordLayout,
  type RecordLayout,
  readLength,
  readRecordLayout,
} from "./record-layout.ts";

/** A record as consumers see it. Bytes are views of the batch, or of what it decompressed to. */
export interface LogRecord {
  readonly offset: number;
  /** Ms since 1970; −1 for none. With LogAppendTime it is the batch's for every record. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RecordHeader[];
}

/** Keys may repeat; their order counts. */
export interface RecordHeader {
  readonly key: string;
  readonly value: Uint8Array | null;
}

const NO_HEADERS: readonly RecordHeader[] = [];
/** Header keys that are not UTF-8 read with U+FFFD, as in Java: they are names, not data. */
const headerKeys = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * The records of the batch at `at`, whose checksum the caller has checked. Throws `DecodeError`, at
 * the latest when the bad record's turn comes; `maxOutputLength` bounds what is decompressed.
 */
export function recordsOf(
  bytes: Uint8Array,
  { at, header, maxOutputLength }: { at: number; header: BatchHeader } & DecompressOptions,
): Generator<LogRecord, void> {
  return iterateRecords(header, recordBytesOf(bytes, { at, header, maxOutputLength }));
}

/**
 * The bytes behind the header of the batch at `at`, decompressed: a view where it was not packed.
 */
export function recordBytesOf(
  bytes: Uint8Array,
  { at, header, maxOutputLength }: { at: number; header: BatchHeader } & DecompressOptions,
): Uint8Array {
  const { sizeInBytes, magic, attributes } = header;
  if (magic !== MAGIC) throw new DecodeError(`record format ${magic}`);
  if (sizeInBytes < BATCH_HEADER_SIZE || sizeInBytes > bytes.length - at) {
    throw new DecodeError(`batch of ${sizeInBytes} bytes at ${at}, ${bytes.length - at} are there`);
  }
  const codec = codecNameOf(attributes);
  if (codec === undefined) throw new DecodeError(`there is no codec ${codecOf(attributes)}`);
  const packed = bytes.subarray(at + BATCH_HEADER_SIZE, at + sizeInBytes);
  return codec === "none" ? packed : decompress(codec, packed, { maxOutputLength });
}

/**
 * The records in `bytes` (decompressed), as many as `header` says. Throws `DecodeError` where one
 * is malformed, where offsets do not grow within the batch's range, and where bytes are left over.
 */
export function* iterateRecords(
  header: BatchHeader,
  bytes: Uint8Array,
): Generator<LogRecord, void> {
  const { baseOffset, lastOffsetDelta, recordCount } = header;
  const { attributes, baseTimestamp, maxTimestamp } = header;
  const isAppendTime = timestampType(attributes) === "logAppendTime";
  const reader = new ByteReader(bytes);
  const layout = createRecordLayout();
  let lastDelta = -1;
  for (let index = 0; index < recordCount; index += 1) {
    readRecordLayout(reader, layout);
    const { offsetDelta } = layout;
    if (offsetDelta <= lastDelta || offsetDelta > lastOffsetDelta) {
      throw new DecodeError(
        `offset delta ${offsetDelta} after ${lastDelta}, to ${lastOffsetDelta}`,
      );
    }
    lastDelta = offsetDelta;
    yield {
      offset: baseOffset + offsetDelta,
      timestamp: isAppendTime ? maxTimestamp : baseTimestamp + layout.timestampDelta,
      key: sliceOf(bytes, layout.keyAt, layout.keyLength),
      value: sliceOf(bytes, layout.valueAt, layout.valueLength),
      headers: layout.headerCount === 0 ? NO_HEADERS : headersOf(bytes, layout, reader.offset),
    };
  }
  if (recordCount < 0) throw new DecodeError(`batch of ${recordCount} records`);
  if (reader.remaining > 0) {
    throw new DecodeError(`${reader.remaining} bytes after the last of ${recordCount} records`);
  }
}

function sliceOf(bytes: Uint8Array, at: number, length: number): Uint8Array | null {
  return length === -1 ? null : bytes.subarray(at, at + length);
}

/** The headers of a record that is known to be well formed and to end at `end`. */
function headersOf(bytes: Uint8Array, layout: RecordLayout, end: number): RecordHeader[] {
  const reader = new ByteReader(bytes, layout.headersAt, end);
  const headers: RecordHeader[] = [];
  for (let i = 0; i < layout.headerCount; i += 1) {
    const key = headerKeys.decode(reader.slice(readLength(reader, end, "header key")));
    const valueLength = readLength(reader, end, "header value");
    headers.push({ key, value: valueLength === -1 ? null : reader.slice(valueLength) });
  }
  return headers;
}
