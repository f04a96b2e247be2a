/** Bytes as JSON carries them, and back; in a browser as in Node. */
import type { Payload } from "./common.ts";
import type { DecodedPayload } from "./decoded.ts";

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
/** Bytes that become characters in one call: far below what a call may take as arguments. */
const CHUNK = 8_192;

/** UTF-8 where the bytes are that, else base64; null stays null. */
export function payloadOfBytes(bytes: Uint8Array | null): Payload | null {
  if (bytes === null) return null;
  try {
    return { encoding: "utf8", data: strictUtf8.decode(bytes) };
  } catch {
    return { encoding: "base64", data: toBase64(bytes) };
  }
}

/** The bytes of a payload that was decoded; null where they are null, undefined where they were not all sent. */
export function payloadOf(decoded: DecodedPayload): Payload | null | undefined {
  if (decoded.sizeBytes === null) return null;
  if (decoded.isExact) return { encoding: "utf8", data: decoded.text };
  return decoded.raw ?? undefined;
}

/** The bytes that `payload` stands for; throws `RangeError` where it is no base64. */
export function bytesOfPayload(payload: Payload): Uint8Array;
export function bytesOfPayload(payload: Payload | null): Uint8Array | null;
export function bytesOfPayload(payload: Payload | null): Uint8Array | null {
  if (payload === null) return null;
  return payload.encoding === "utf8" ? encoder.encode(payload.data) : fromBase64(payload.data);
}

/** Base64 with padding (RFC 4648). */
export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return btoa(binary);
}

const NO_BASE64 = /[^A-Za-z0-9+/]/;

/** The bytes of base64 with padding; throws `RangeError` for anything else. */
export function fromBase64(text: string): Uint8Array {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  // One expression for all of it would keep a place to go back to for every four characters.
  if (text.length % 4 !== 0 || NO_BASE64.test(text.slice(0, text.length - padding))) {
    throw new RangeError(`not base64: ${text.slice(0, 64)}`);
  }
  return fromChecked(text);
}

/** The platform's own, where it has one, holds up a page a third as long. */
const fromChecked: (text: string) => Uint8Array =
  "fromBase64" in Uint8Array ? (text) => Uint8Array.fromBase64(text) : charByChar;

function charByChar(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at);
  return bytes;
}
