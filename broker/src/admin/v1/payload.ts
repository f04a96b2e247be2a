/** Bytes as JSON: text where it is UTF-8, else base64. */
import type { Payload } from "@runnel/contracts/common.ts";

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The bytes, or what is wrong with the text. */
export function decodePayload(
  payload: Payload | null,
): { readonly bytes: Uint8Array | null } | { readonly problem: string } {
  if (payload === null) return { bytes: null };
  const { encoding, data } = payload;
  if (encoding === "utf8") {
    if (data.isWellFormed()) return { bytes: new TextEncoder().encode(data) };
    return { problem: "has half of a surrogate pair: send bytes that are no text as base64" };
  }
  if (BASE64.test(data)) return { bytes: Buffer.from(data, "base64") };
  return { problem: "is no base64 with padding (RFC 4648, section 4)" };
}
