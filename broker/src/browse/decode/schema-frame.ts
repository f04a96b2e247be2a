/**
 * Data behind the id of a schema, as the serializers of schema registries write it:
 *
 *   0 int8 · schema id int32 · for Protobuf: count and message indexes, zigzag varints · data
 *
 * Source: Confluent's wire format. A count of 0 stands for the one index 0.
 */
import type { Buffer } from "node:buffer";

export const FRAME_SIZE = 5;
/** Ids beyond this are taken for something else, unless the decoder was chosen. */
const LIKELY_ID_MAX = 10_000_000;
const INDEXES_MAX = 8;

/** The schema's id; null where bytes are not framed. */
export function schemaIdOf(bytes: Buffer): number | null {
  return bytes.length >= FRAME_SIZE && bytes[0] === 0 ? bytes.readInt32BE(1) : null;
}

/** Whether bytes are framed by an id that registries give. */
export function looksFramed(bytes: Buffer): boolean {
  const id = schemaIdOf(bytes);
  return id !== null && id >= 1 && id <= LIKELY_ID_MAX && bytes.length > FRAME_SIZE;
}

/** The message indexes that would follow the id if the data were Protobuf; null where none can. */
export function messageIndexesOf(bytes: Buffer): readonly number[] | null {
  let at = FRAME_SIZE;
  const next = (): number | null => {
    let raw = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = bytes[at];
      if (byte === undefined) return null;
      at += 1;
      raw |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (raw >>> 1) ^ -(raw & 1);
    }
    return null;
  };
  const count = next();
  if (count === 0) return [0];
  if (count === null || count < 0 || count > INDEXES_MAX) return null;
  const indexes: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const index = next();
    if (index === null || index < 0) return null;
    indexes.push(index);
  }
  return indexes;
}
