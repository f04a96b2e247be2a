/**
 * Bytes of the keys and values of internal topics: an int16 (a key's type, a value's version), then the
 * fields of that type or in that version.
 */
import { ByteReader } from "@runnel/kit/byte-reader.ts";
import { ByteWriter } from "@runnel/kit/byte-writer.ts";
import { DecodeError } from "@runnel/kit/errors.ts";
import type { Message } from "../api.ts";
import type { Decoded, Input, Schema } from "../schema.ts";

/** `prefix`, then `value` in `version`. */
export function encodePrefixed<S extends Schema>(
  message: Message<S>,
  { prefix, version }: { readonly prefix: number; readonly version: number },
  value: Input<S>,
): Uint8Array {
  const writer = new ByteWriter(128);
  writer.int16(prefix);
  message.write(writer, version, value);
  return writer.finish();
}

/** Reads a value. Throws `DecodeError`, also for a version that is not known: to pass over it loses state. */
export function decodeVersioned<S extends Schema>(
  message: Message<S>,
  value: Uint8Array,
): Decoded<S> {
  const reader = new ByteReader(value);
  const version = reader.int16();
  const [min, max] = message.versions;
  if (version < min || version > max) {
    throw new DecodeError(`${message.name}: version ${version}, known are ${min} to ${max}`);
  }
  return message.decode(value.subarray(reader.offset), version);
}
