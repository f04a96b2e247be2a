/** Arbitrary values of any schema in any version, for property tests. */
import { uuidFromBytes, ZERO_UUID } from "@runnel/kit/uuid.ts";
import fc from "fast-check";
import { defaultOf } from "./codec.ts";
import { type Field, hasVersion, type Schema } from "./schema.ts";

type Value = Record<string, unknown>;

/**
 * Values as the decoder gives them: all fields set, those that `version` lacks to their default. Every
 * one survives a round trip; numbers lie within ±(2^53 − 1).
 */
export function arbitraryOf(schema: Schema, version: number): fc.Arbitrary<Value> {
  return fc.record(
    Object.fromEntries(
      Object.entries(schema).map(([name, field]) => [name, arbitraryField(field, version)]),
    ),
    { noNullPrototype: true },
  ) as fc.Arbitrary<Value>;
}

function arbitraryField(field: Field, version: number): fc.Arbitrary<unknown> {
  const { versions, tagged, nullable } = field.options;
  const fallback = fc.constant(defaultOf(field));
  if (!hasVersion(versions ?? tagged, version, true)) return fallback;
  const value = arbitraryValue(field, version);
  const some = tagged === undefined ? value : fc.oneof(value, fallback);
  return hasVersion(nullable, version, false) ? fc.oneof(some, fc.constant(null)) : some;
}

function arbitraryValue(field: Field, version: number): fc.Arbitrary<unknown> {
  switch (field.kind) {
    case "bool":
      return fc.boolean();
    case "int8":
      return fc.integer({ min: -0x80, max: 0x7f });
    case "int16":
      return fc.integer({ min: -0x8000, max: 0x7fff });
    case "uint16":
      return fc.integer({ min: 0, max: 0xffff });
    case "int32":
      return fc.integer();
    case "uint32":
      return fc.integer({ min: 0, max: 0xffff_ffff });
    case "int64":
      return fc.maxSafeInteger();
    case "bigint64":
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    case "float64":
      return fc.double();
    case "uuid":
      return fc.oneof(
        fc.constant(ZERO_UUID),
        fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => uuidFromBytes(bytes, 0)),
      );
    case "string":
      return fc.string({ unit: "binary", maxLength: 12 });
    case "bytes":
    case "records":
      return fc.uint8Array({ maxLength: 24 });
    case "array":
      return fc.array(arbitraryField(field.element as Field, version), { maxLength: 2 });
    case "struct":
      return arbitraryOf(field.fields as Schema, version);
  }
}
