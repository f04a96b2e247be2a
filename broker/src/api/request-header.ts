/** The header of a request, read by hand: the schema's codec makes a fifth of a small request's cost. */
import type { ByteReader } from "@runnel/kit/byte-reader.ts";
import { DecodeError } from "@runnel/kit/errors.ts";
import { TAGGED_FIELDS_MAX } from "@runnel/protocol/codec.ts";

/** Reads the client id behind the fixed part; empty for null. */
export function readClientId(reader: ByteReader): string {
  const length = reader.int16();
  if (length < -1) throw new DecodeError(`client id of ${length} bytes`);
  return length <= 0 ? "" : reader.text(length);
}

/** Moves past the tagged fields of a flexible header; none of them means anything to a broker. */
export function skipTaggedFields(reader: ByteReader): void {
  const count = reader.uvarint();
  if (count === 0) return;
  if (count > TAGGED_FIELDS_MAX || count * 2 > reader.remaining) {
    throw new DecodeError(`${count} tagged fields in a request header`);
  }
  let previous = -1;
  for (let index = 0; index < count; index += 1) {
    const tag = reader.uvarint();
    if (tag <= previous) throw new DecodeError(`tag ${tag} after tag ${previous}`);
    previous = tag;
    reader.skip(reader.uvarint());
  }
}
