/**
 * Codecs of everything but structs: numbers, uuids, strings, bytes and arrays.
 *
 *   classic   string int16 length, bytes and array int32 length, −1 for null
 *   compact   uvarint length + 1, 0 for null (KIP-482)
 *
 * Where a value is null but its version has no null, an empty one goes out.
 */
import type { ByteReader } from "@runnel/kit/byte-reader.ts";
import type { ByteWriter } from "@runnel/kit/byte-writer.ts";
import { DecodeError } from "@runnel/kit/errors.ts";

/** Both directions of one value, in one version. */
export interface Codec<D = unknown, I = unknown> {
  readonly decode: (reader: ByteReader) => D;
  readonly encode: (writer: ByteWriter, value: I) => void;
  /** The fewest bytes a value takes: bounds how many array elements the rest can hold. */
  readonly sizeMin: number;
}

function fixed<T>(
  sizeMin: number,
  decode: (reader: ByteReader) => T,
  encode: (writer: ByteWriter, value: T) => void,
): Codec {
  return { sizeMin, decode, encode: encode as Codec["encode"] };
}

/** The kinds whose codec is the same in all versions. */
export const FIXED = {
  bool: fixed<boolean>(
    1,
    (r) => r.bool(),
    (w, v) => w.bool(v),
  ),
  int8: fixed<number>(
    1,
    (r) => r.int8(),
    (w, v) => w.int8(v),
  ),
  int16: fixed<number>(
    2,
    (r) => r.int16(),
    (w, v) => w.int16(v),
  ),
  uint16: fixed<number>(
    2,
    (r) => r.uint16(),
    (w, v) => w.int16(v),
  ),
  int32: fixed<number>(
    4,
    (r) => r.int32(),
    (w, v) => w.int32(v),
  ),
  uint32: fixed<number>(
    4,
    (r) => r.uint32(),
    (w, v) => w.int32(v | 0),
  ),
  int64: fixed<number>(
    8,
    (r) => r.int64(),
    (w, v) => w.int64(v),
  ),
  bigint64: fixed<bigint>(
    8,
    (r) => r.bigInt64(),
    (w, v) => w.bigInt64(v),
  ),
  float64: fixed<number>(
    8,
    (r) => r.float64(),
    (w, v) => w.float64(v),
  ),
  uuid: fixed<string>(
    16,
    (r) => r.uuid(),
    (w, v) => w.uuid(v),
  ),
} as const;

/** What a negative length means: null, where `length` is −1 and null is allowed; else `DecodeError`. */
function nullOf(length: number, isNullable: boolean, reader: ByteReader): null {
  if (length < -1) throw new DecodeError(`length ${length} before ${reader.offset}`);
  if (!isNullable) throw new DecodeError(`null before ${reader.offset}`);
  return null;
}

/** Longest string on the wire: what an int16 length holds, for compact strings, too, as in Kafka. */
const STRING_BYTES_MAX = 0x7fff;

export function stringCodec(isNullable: boolean, isCompact: boolean): Codec {
  return {
    sizeMin: isCompact ? 1 : 2,
    decode(reader) {
      const length = isCompact ? reader.uvarint() - 1 : reader.int16();
      if (length > STRING_BYTES_MAX) {
        throw new DecodeError(`string of ${length} bytes before ${reader.offset}`);
      }
      return length >= 0 ? reader.text(length) : nullOf(length, isNullable, reader);
    },
    encode(writer, value) {
      if (value !== null) writer.string(value as string, isCompact);
      else if (!isNullable) writer.string("", isCompact);
      else if (isCompact) writer.uvarint(0);
      else writer.int16(-1);
    },
  };
}

function writeLength(writer: ByteWriter, length: number, isCompact: boolean): void {
  if (isCompact) writer.uvarint(length + 1);
  else writer.int32(length);
}

/** Bytes as a view of the input; written as a copy. */
export function bytesCodec(isNullable: boolean, isCompact: boolean): Codec {
  return {
    sizeMin: isCompact ? 1 : 4,
    decode(reader) {
      const length = isCompact ? reader.uvarint() - 1 : reader.int32();
      return length >= 0 ? reader.slice(length) : nullOf(length, isNullable, reader);
    },
    encode(writer, value) {
      if (value === null) writeLength(writer, isNullable ? -1 : 0, isCompact);
      else {
        const content = value as Uint8Array;
        writeLength(writer, content.length, isCompact);
        writer.raw(content);
      }
    },
  };
}

/** Like bytes, but written by reference, from one piece or several. */
export function recordsCodec(isNullable: boolean, isCompact: boolean): Codec {
  return {
    ...bytesCodec(isNullable, isCompact),
    encode(writer, value) {
      if (value === null) writeLength(writer, isNullable ? -1 : 0, isCompact);
      else if (value instanceof Uint8Array) {
        writeLength(writer, value.length, isCompact);
        writer.reference(value);
      } else {
        const parts = value as readonly Uint8Array[];
        let length = 0;
        for (const part of parts) length += part.length;
        writeLength(writer, length, isCompact);
        for (const part of parts) writer.reference(part);
      }
    },
  };
}

export function arrayCodec(element: Codec, isNullable: boolean, isCompact: boolean): Codec {
  const { decode, encode, sizeMin } = element;
  return {
    sizeMin: isCompact ? 1 : 4,
    decode(reader) {
      const count = isCompact ? reader.uvarint() - 1 : reader.int32();
      if (count < 0) return nullOf(count, isNullable, reader);
      reader.reserve(count, sizeMin);
      const out: unknown[] = [];
      for (let i = 0; i < count; i += 1) out.push(decode(reader));
      return out;
    },
    encode(writer, value) {
      if (value === null) writeLength(writer, isNullable ? -1 : 0, isCompact);
      else {
        const items = value as readonly unknown[];
        writeLength(writer, items.length, isCompact);
        for (let i = 0; i < items.length; i += 1) encode(writer, items[i]);
      }
    },
  };
}

/** A struct that may be null: int8 −1, or 1 and the struct. */
export function nullableCodec(codec: Codec): Codec {
  return {
    sizeMin: 1,
    decode(reader) {
      const mark = reader.int8();
      if (mark === -1) return null;
      if (mark !== 1) throw new DecodeError(`struct mark ${mark} before ${reader.offset}`);
      return codec.decode(reader);
    },
    encode(writer, value) {
      writer.int8(value === null ? -1 : 1);
      if (value !== null) codec.encode(writer, value);
    },
  };
}

/** A struct that may not be null in this version: `zero` goes out instead. */
export function fillingCodec(codec: Codec, zero: unknown): Codec {
  return { ...codec, encode: (writer, value) => codec.encode(writer, value ?? zero) };
}
