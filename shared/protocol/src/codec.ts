/**
 * Composes, at first use, the decoder and encoder of a schema in one version from plain closures.
 *
 * A struct is its fields in order; flexible versions end every struct with its tagged fields (KIP-482):
 * a count, then tag, size and content of each, by ascending tag; those equal to their default are left
 * out, unknown ones are skipped. Fields that a version lacks decode as their default.
 */
import { assert } from "@runnel/kit/assert.ts";
import type { ByteReader } from "@runnel/kit/byte-reader.ts";
import { ByteWriter } from "@runnel/kit/byte-writer.ts";
import { DecodeError } from "@runnel/kit/errors.ts";
import { ZERO_UUID } from "@runnel/kit/uuid.ts";
import {
  arrayCodec,
  bytesCodec,
  type Codec,
  FIXED,
  fillingCodec,
  nullableCodec,
  recordsCodec,
  stringCodec,
} from "./codec-primitives.ts";
import { type Decoded, type Field, hasVersion, type Input, type Schema } from "./schema.ts";

/** Tagged fields one struct may carry; clients send none or a few (CVE-2026-111115). */
export const TAGGED_FIELDS_MAX = 64;

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
  const plain: Member[] = [];
  const tagged: TaggedMember[] = [];
  const fills: { readonly name: string; readonly decode: Codec["decode"] }[] = [];
  for (const [name, field] of Object.entries(schema)) {
    const zero = freeze(defaultOf(field));
    let decode: Codec["decode"] = () => zero;
    if (hasVersion(field.options.versions ?? field.options.tagged, version, true)) {
      const codec = fieldCodec(field, version, isFlexible);
      if (field.options.tag !== undefined && hasVersion(field.options.tagged, version, true)) {
        assert(isFlexible, `tagged field ${name} in inflexible version ${version}`);
        tagged.push({ name, codec, zero, tag: field.options.tag });
      } else {
        plain.push({ name, codec, zero });
        decode = codec.decode;
      }
    }
    fills.push({ name, decode });
  }
  tagged.sort((a, b) => a.tag - b.tag);
  const sizeMin = plain.reduce((sum, { codec }) => sum + codec.sizeMin, isFlexible ? 1 : 0);
  return {
    sizeMin: Math.max(1, sizeMin),
    // All fields are set, in the schema's order, so that every version yields the same hidden class;
    // adding to an empty object was measured three times as fast as overwriting a copied template.
    decode(reader) {
      const out: Plain = {};
      for (let i = 0; i < fills.length; i += 1) {
        const fill = fills[i] as (typeof fills)[number];
        out[fill.name] = fill.decode(reader);
      }
      if (isFlexible) decodeTagged(reader, tagged, out);
      return out;
    },
    encode(writer, value) {
      for (let i = 0; i < plain.length; i += 1) {
        const { name, codec, zero } = plain[i] as Member;
        const given = value[name];
        codec.encode(writer, given === undefined ? zero : given);
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
  let count = 0;
  for (const { name, zero } of members) if (!isDefault(value[name], zero)) count += 1;
  writer.uvarint(count);
  if (count === 0) return;
  for (const { name, codec, tag, zero } of members) {
    const given = value[name];
    if (isDefault(given, zero)) continue;
    const content = new ByteWriter(64);
    codec.encode(content, given);
    const encoded = content.finish();
    writer.uvarint(tag);
    writer.uvarint(encoded.length);
    writer.raw(encoded);
  }
}

/** Whether a tagged field with this value is left out; missing parts of a struct are their default. */
function isDefault(value: unknown, zero: unknown): boolean {
  if (value === undefined || value === zero) return true;
  if (Array.isArray(value)) return Array.isArray(zero) && value.length === 0;
  if (value instanceof Uint8Array) return zero instanceof Uint8Array && value.length === 0;
  if (typeof value !== "object" || value === null || typeof zero !== "object" || zero === null) {
    return false;
  }
  for (const name in zero) {
    if (!isDefault((value as Plain)[name], (zero as Plain)[name])) return false;
  }
  return true;
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

/** Defaults are shared by all messages, so nobody may change one. */
function freeze(zero: unknown): unknown {
  if (typeof zero !== "object" || zero === null || zero instanceof Uint8Array) return zero;
  for (const part of Object.values(zero)) freeze(part);
  return Object.freeze(zero);
}

function fieldCodec(field: Field, version: number, isFlexible: boolean): Codec {
  const isNullable = hasVersion(field.options.nullable, version, false);
  const isCompact = isFlexible && field.options.flexible !== "none";
  switch (field.kind) {
    case "string":
      return stringCodec(isNullable, isCompact);
    case "bytes":
      return bytesCodec(isNullable, isCompact);
    case "records":
      return recordsCodec(isNullable, isCompact);
    case "array": {
      const element = fieldCodec(field.element as Field, version, isFlexible);
      return arrayCodec(element, isNullable, isCompact);
    }
    case "struct": {
      const codec = structCodec(field.fields as Schema, version, isFlexible) as Codec;
      return isNullable ? nullableCodec(codec) : fillingCodec(codec, zeroOf(field));
    }
    default:
      return FIXED[field.kind];
  }
}
