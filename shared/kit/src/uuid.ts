/** Uuids as text: lower-case hex with dashes, so that they can key a `Map` and name a folder. */
import { DecodeError } from "./errors.ts";
import type { Random } from "./world.ts";

/** The uuid Kafka uses for "none". */
export const ZERO_UUID = "00000000-0000-0000-0000-000000000000";

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Text of the 16 bytes at `offset`. */
export function uuidFromBytes(bytes: Uint8Array, offset: number): string {
  let text = "";
  for (let i = 0; i < 16; i += 1) {
    if (i === 4 || i === 6 || i === 8 || i === 10) text += "-";
    text += HEX[bytes[offset + i] as number];
  }
  return text;
}

/** Writes the uuid `text` as 16 bytes at `offset`. Throws `DecodeError` where the text is no uuid. */
export function uuidToBytes(text: string, target: Uint8Array, offset: number): void {
  let at = 0;
  let isValid = text.length === ZERO_UUID.length;
  for (let i = 0; i < 16 && isValid; i += 1) {
    if (i === 4 || i === 6 || i === 8 || i === 10) isValid = text.charCodeAt(at++) === DASH;
    const high = hexDigit(text.charCodeAt(at));
    const low = hexDigit(text.charCodeAt(at + 1));
    isValid &&= high >= 0 && low >= 0;
    target[offset + i] = (high << 4) | low;
    at += 2;
  }
  if (!isValid) throw new DecodeError(`not a uuid: ${text.slice(0, 64)}`);
}

const DASH = 0x2d;

/** What the lower-case hex digit with this character code stands for; −1 for any other. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  return code >= 0x61 && code <= 0x66 ? code - 0x57 : -1;
}

/**
 * A random topic id (version 4). Never one of Kafka's reserved ids (0 and 1), nor one whose base64
 * text holds a "-", which tools take for a flag (KIP-516).
 */
export function randomUuid(random: Random): string {
  for (;;) {
    const bytes = random.bytes(16);
    bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
    const text = uuidFromBytes(bytes, 0);
    if (!uuidToBase64(text).includes("-")) return text;
  }
}

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** The 22 characters by which Kafka's tools show a uuid: base64url without padding. */
export function uuidToBase64(text: string): string {
  const bytes = new Uint8Array(18);
  uuidToBytes(text, bytes, 0);
  let out = "";
  for (let i = 0; i < 18; i += 3) {
    const word =
      ((bytes[i] as number) << 16) | ((bytes[i + 1] as number) << 8) | (bytes[i + 2] as number);
    for (let shift = 18; shift >= 0; shift -= 6) out += BASE64[(word >>> shift) & 63];
  }
  return out.slice(0, 22);
}
