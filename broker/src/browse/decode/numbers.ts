/** Integers, floats and uuids of a fixed number of bytes, big-endian as Kafka's serializers write them. */
import type { Buffer } from "node:buffer";
import { uuidFromBytes } from "@runnel/kit/uuid.ts";

/** What a fixed size may mean. */
export type FixedDecoder = "int32" | "int64" | "float64" | "uuid";

export const FIXED_SIZES: Readonly<Record<FixedDecoder, number>> = {
  int32: 4,
  int64: 8,
  float64: 8,
  uuid: 16,
};

/** Bytes of the right size as text. */
export function showFixed(decoder: FixedDecoder, bytes: Buffer): string {
  switch (decoder) {
    case "int32":
      return String(bytes.readInt32BE(0));
    case "int64":
      return String(bytes.readBigInt64BE(0));
    case "float64":
      return showFloat(bytes.readDoubleBE(0));
    case "uuid":
      return uuidFromBytes(bytes, 0);
  }
}

function showFloat(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

/** Digits beyond which a float64 is more likely an int64 that happens to read as one. */
const FLOAT_DIGITS_MAX = 12;

/**
 * Whether eight bytes are rather a float64: one that people would write, where the int64 would be
 * beyond a million times a million.
 */
export function looksLikeFloat64(bytes: Buffer): boolean {
  const integer = bytes.readBigInt64BE(0);
  if (integer < 2n ** 53n && integer > -(2n ** 53n)) return false;
  const value = bytes.readDoubleBE(0);
  const magnitude = Math.abs(value);
  if (!(magnitude >= 1e-6 && magnitude <= 1e12)) return false;
  return String(value).replace(/e.*$/, "").replaceAll(/[-.]/g, "").length <= FLOAT_DIGITS_MAX;
}

/** Whether 16 bytes have the version and variant of a uuid. Source: RFC 9562 §4. */
export function looksLikeUuid(bytes: Buffer): boolean {
  const version = (bytes[6] as number) >> 4;
  return version >= 1 && version <= 8 && (bytes[8] as number) >> 6 === 2;
}

/** Whether a text is a uuid. */
export function isUuidText(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text);
}
