/** Bytes of records as text: exact in JSON, harmless on a terminal. */
import { Buffer, isUtf8 } from "node:buffer";
import { UsageError } from "./failure.ts";

/** Keys and values in JSON, wherever Runnel writes or reads them. */
export interface EncodedBytes {
  readonly encoding: "utf8" | "base64";
  readonly data: string;
}

/** Text where the bytes are valid UTF-8, base64 otherwise; null stays null. Loses nothing. */
export function encodeBytes(bytes: Uint8Array | null): EncodedBytes | null {
  if (bytes === null) return null;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return isUtf8(buffer)
    ? { encoding: "utf8", data: buffer.toString("utf8") }
    : { encoding: "base64", data: buffer.toString("base64") };
}

/** The inverse of `encodeBytes`; a bare string counts as UTF-8. Throws `UsageError` naming `field`. */
export function decodeBytes(value: unknown, field: string): Buffer | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return Buffer.from(value, "utf8");
  if (typeof value === "object" && "encoding" in value && "data" in value) {
    const { encoding, data } = value;
    if (typeof data === "string" && encoding === "utf8") return Buffer.from(data, "utf8");
    if (typeof data === "string" && encoding === "base64" && isBase64(data)) {
      return Buffer.from(data, "base64");
    }
  }
  throw new UsageError(
    `${field}: expected null, a string, or {"encoding": "utf8" or "base64", "data": "…"}`,
  );
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

/**
 * Characters that move a cursor, change colours, or reorder what is read: C0, DEL, C1, line and
 * paragraph separators, and the marks of bidirectional text.
 */
const UNSAFE = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\ufeff]/gu;
const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** `text` on one line, in which no character acts on the terminal. */
export function escapeControls(text: string): string {
  return text.replaceAll(UNSAFE, (character) => {
    const code = character.charCodeAt(0);
    const hex = code.toString(16);
    return (
      NAMED[character] ?? (code < 256 ? `\\x${hex.padStart(2, "0")}` : `\\u${hex.padStart(4, "0")}`)
    );
  });
}

/** Bytes of a binary value that are shown before it is cut. */
const BINARY_BYTES_SHOWN = 24;

/** A key or value for people: text on one line, or the size and first bytes of what is no text. */
export function showBytes(bytes: Uint8Array | null): string {
  if (bytes === null) return "(null)";
  const encoded = encodeBytes(bytes);
  if (encoded?.encoding === "utf8") return escapeControls(encoded.data);
  const start = Buffer.from(bytes.subarray(0, BINARY_BYTES_SHOWN)).toString("hex");
  const more = bytes.byteLength > BINARY_BYTES_SHOWN ? "…" : "";
  return `(${bytes.byteLength} bytes: ${start}${more})`;
}
