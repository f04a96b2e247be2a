/**
 * Composes, at first use, the decoder and encoder of a schema in one version from plain closures.
 *
 * Nullable strings, bytes, arrays: length −1, or 0 of a compact length + 1. Nullable structs: an int8
 * −1 or 1 before them. Flexible versions end every struct with its tagged fields (KIP-482); unknown
 * tags are skipped. Where a value is null but its version has no null, the type's zero goes out.
 */
import { assert } from "@runnel/kit/assert.ts";
import type { ByteReader } from "@runnel/kit/byte-reader.ts";
import { ByteWriter } from "@runnel/kit/byte-writer.ts";
import { DecodeError } from "@runnel/kit/errors.ts";
import { ZERO_UUID } from "@runnel/kit/uuid.ts";
import { type Decoded, type Field, hasVersion, type Input, type Schema } from "./schema.ts";

/** Tagged fields one struct may carry; clients send none or a few (CVE-2026-111115). */
export const TAGGED_FIELDS_MAX = 64;

type Decode<T> = (reader: ByteReader) => T;
type Encode<T> = (writer: ByteWriter, value: T) => void;

interface Codec<D = unknown, I = unknown> {
  readonly decode: Decode<D>;
  readonly encode: Encode<I>;
  /** The fewest bytes a value takes: bounds how many array elements the rest can hold. */
  readonly sizeMin: number;
}

/** Both directions of one struct in one version. */
export interface StructCodec<S extends Schema> {
  decode(reader: ByteReader): Decoded<S>;
  encode(writer: ByteWriter, value: Input<S>): void;
}

/** The codec of `schema` in `version`; compact and tagged when `isFlexible`. */
export function compile<const S extends Schema>(
  schema: S,
  version: number,
  isFlexible: boolean,
): StructCodec<S> {
  return structCodec(schema, version, isFlexible) as unknown as StructCodec<S>;
}

type Plain = Record<string, unknown>;

interface Member {
  readonly name: string;
  readonly codec: Codec;
  readonly zero: unknown;
}

interface TaggedMember extends Member {
  readonly tag: number;
}

function structCodec(schema: Schema, version: number, isFlexible: boolean): Codec<Plain, Plain> {
  const template: Plain = {};
  const plain: Member[] = [];
  const tagged: TaggedMember[] = [];
  for (const [name, field] of Object.entries(schema)) {
    const zero = defaultOf(field);
    template[name] = zero;
    if (!hasVersion(field.options.versions ?? field.options.tagged, version, true)) continue;
    const codec = fieldCodec(field, version, isFlexible);
    if (field.options.tag !== undefined && hasVersion(field.options.tagged, version, true)) {
      assert(isFlexible, `tagged field ${name} in inflexible version ${version}`);
      tagged.push({ name, codec, zero, tag: field.options.tag });
    } else plain.push({ name, codec, zero });
  }
  tagged.sort((a, b) => a.tag - b.tag);
  const sizeMin = plain.reduce((sum, one) => sum + one.codec.sizeMin, isFlexible ? 1 : 0);
  return {
    sizeMin: Math.max(1, sizeMin),
    decode(reader) {
      const out = { ...template };
      for (const member of plain) out[member.name] = member.codec.decode(reader);
      if (isFlexible) decodeTagged(reader, tagged, out);
      return out;
    },
    encode(writer, value) {
      for (const member of plain) {
        const given = value[member.name];
        member.codec.encode(writer, given === undefined ? member.zero : given);
      }
      if (isFlexible) encodeTagged(writer, tagged, value);
    },
  };
}

function decodeTagged(reader: ByteReader, members: readonly TaggedMember[], out: Plain): void {
  const count = reader.uvarint();
  if (count === 0) return;
  if (count > TAGGED_FIELDS_MAX || count * 2 > reader.remaining) {
    throw new DecodeError(`${count} tagged fields at ${reader.offset}`);
  }
  let previous = -1;
  for (let i = 0; i < count; i += 1) {
    const tag = reader.uvarint();
    if (tag <= previous) throw new DecodeError(`tag ${tag} after tag ${previous}`);
    previous = tag;
    const size = reader.uvarint();
    if (size > reader.remaining) throw new DecodeError(`tag ${tag} of ${size} bytes, too long`);
    const end = reader.offset + size;
    const member = members.find((one) => one.tag === tag);
    if (member === undefined) reader.skip(size);
    else out[member.name] = member.codec.decode(reader);
    if (reader.offset !== end) throw new DecodeError(`tag ${tag} says ${size} bytes and lies`);
  }
}

function encodeTagged(writer: ByteWriter, members: readonly TaggedMember[], value: Plain): void {
  const given = members.filter(({ name, zero }) => !isDefault(value[name], zero));
  writer.uvarint(given.length);
  for (const { name, codec, tag } of given) {
    const content = new ByteWriter(64);
    codec.encode(content, value[name]);
    const encoded = content.finish();
    writer.uvarint(tag);
    writer.uvarint(encoded.length);
    writer.raw(encoded);
  }
}

/** Fields equal to their default are left out when tagged. */
function isDefault(value: unknown, zero: unknown): boolean {
  if (value === undefined || value === zero) return true;
  if (Array.isArray(value)) return Array.isArray(zero) && value.length === 0;
  if (value instanceof Uint8Array) return zero instanceof Uint8Array && value.length === 0;
  if (typeof value !== "object" || value === null || typeof zero !== "object" || zero === null) {
    return false;
  }
  return Object.entries(zero).every(([name, part]) => isDefault((value as Plain)[name], part));
}

const NO_BYTES = new Uint8Array(0);

/** What a field is where nothing says otherwise. */
export function defaultOf(field: Field): unknown {
  const given = field.options.default;
  if (given === undefined) return zeroOf(field);
  if (field.kind === "bigint64") return BigInt(given ?? 0);
  if (field.kind === "int64") return Math.min(Number(given), 2 ** 53);
  return given;
}

function zeroOf(field: Field): unknown {
  switch (field.kind) {
    case "bool":
      return false;
    case "string":
      return "";
    case "uuid":
      return ZERO_UUID;
    case "bytes":
    case "records":
      return NO_BYTES;
    case "bigint64":
      return 0n;
    case "array":
      return [];
    case "struct":
      return Object.fromEntries(
        Object.entries(field.fields ?? {}).map(([name, inner]) => [name, defaultOf(inner)]),
      );
    default:
      return 0;
  }
}

function fieldCodec(field: Field, version: number, isFlexible: boolean): Codec {
  const isNullable = hasVersion(field.options.nullable, version, false);
  const isCompact = isFlexible && field.options.flexible !== "none";
  switch (field.kind) {
    case "string":
      return stringCodec(isNullable, isCompact);
    case "bytes":
    case "records":
      return bytesCodec(isNullable, isCompact, field.kind === "records");
    case "array":
      return arrayCodec(
        fieldCodec(field.element as Field, version, isFlexible),
        isNullable,
        isCompact,
      );
    case "struct": {
      const codec = structCodec(field.fields as Schema, version, isFlexible) as Codec;
      return isNullable ? nullableStructCodec(codec) : nonNullStruct(codec, zeroOf(field));
    }
    default:
      return FIXED[field.kind];
  }
}

function fixed<T>(sizeMin: number, decode: Decode<T>, encode: Encode<T>): Codec {
  return { sizeMin, decode, encode: encode as Encode<unknown> };
}

const FIXED = {
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

/** Reads a length, −1 for null; throws where null is not allowed. */
function lengthOf(reader: ByteReader, isNullable: boolean, isCompact: boolean, wide: boolean) {
  const length = isCompact ? reader.uvarint() - 1 : wide ? reader.int32() : reader.int16();
  if (length < -1) throw new DecodeError(`length ${length} before ${reader.offset}`);
  if (length === -1 && !isNullable) throw new DecodeError(`null before ${reader.offset}`);
  return length;
}

function stringCodec(isNullable: boolean, isCompact: boolean): Codec {
  return {
    sizeMin: isCompact ? 1 : 2,
    decode(reader) {
      const length = lengthOf(reader, isNullable, isCompact, false);
      return length === -1 ? null : reader.text(length);
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

function bytesCodec(isNullable: boolean, isCompact: boolean, byReference: boolean): Codec {
  return {
    sizeMin: isCompact ? 1 : 4,
    decode(reader) {
      const length = lengthOf(reader, isNullable, isCompact, true);
      return length === -1 ? null : reader.slice(length);
    },
    encode(writer, value) {
      if (value === null) {
        writeLength(writer, isNullable ? -1 : 0, isCompact);
        return;
      }
      const parts = Array.isArray(value) ? (value as Uint8Array[]) : [value as Uint8Array];
      writeLength(
        writer,
        parts.reduce((sum, part) => sum + part.length, 0),
        isCompact,
      );
      for (const part of parts) {
        if (byReference) writer.reference(part);
        else writer.raw(part);
      }
    },
  };
}

function arrayCodec(element: Codec, isNullable: boolean, isCompact: boolean): Codec {
  return {
    sizeMin: isCompact ? 1 : 4,
    decode(reader) {
      const count = lengthOf(reader, isNullable, isCompact, true);
      if (count === -1) return null;
      reader.reserve(count, element.sizeMin);
      const out: unknown[] = [];
      for (let i = 0; i < count; i += 1) out.push(element.decode(reader));
      return out;
    },
    encode(writer, value) {
      if (value === null) {
        writeLength(writer, isNullable ? -1 : 0, isCompact);
        return;
      }
      const items = value as readonly unknown[];
      writeLength(writer, items.length, isCompact);
      for (const item of items) element.encode(writer, item);
    },
  };
}

function nullableStructCodec(codec: Codec): Codec {
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

function nonNullStruct(codec: Codec, zero: unknown): Codec {
  return {
    sizeMin: codec.sizeMin,
    decode: codec.decode,
    encode: (writer, value) => codec.encode(writer, value ?? zero),
  };
}
