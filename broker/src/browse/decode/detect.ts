/** Chooses how to read bytes that nobody said how to read, and says why. */
import { type Buffer, isUtf8 } from "node:buffer";
import type { Decoder } from "@runnel/contracts/decoded.ts";
import { DecodeError } from "@runnel/kit/errors.ts";
import { isJson } from "../filter/json-valid.ts";
import { CHECKED_BYTES_MAX, SAMPLE_BYTES_MAX } from "./limits.ts";
import { unpack } from "./message-pack.ts";
import { isUuidText, looksLikeFloat64, looksLikeUuid } from "./numbers.ts";
import { looksFramed } from "./schema-frame.ts";
import { hasControl, textShare } from "./text.ts";

export interface Choice {
  readonly decoder: Decoder;
  readonly reason: string;
}

/** The share of text from which UTF-8 is shown as text although it has control characters. */
const CONTROLLED_TEXT_SHARE_MIN = 0.5;
/** The share of text from which bytes are shown as text although some are no UTF-8. */
const FOREIGN_TEXT_SHARE_MIN = 0.9;
/** Of fewer bytes nobody can tell. */
const FOREIGN_TEXT_BYTES_MIN = 4;
const UUID_TEXT_LENGTH = 36;

/**
 * The first of these that fits: JSON (objects and arrays), printable text, a number or uuid by its size,
 * a schema's frame, MessagePack, other text, hex.
 */
export function detect(bytes: Buffer): Choice {
  const isText = isUtf8(bytes);
  const isPrintable = isText && !hasControl(bytes);
  if (isText) {
    const json = detectJson(bytes);
    if (json !== null) return json;
  }
  if (isPrintable) return detectText(bytes);
  return detectFixed(bytes, isText) ?? detectBinary(bytes) ?? detectOtherText(bytes, isText);
}

function detectJson(bytes: Buffer): Choice | null {
  const [first, last] = [firstSign(bytes), lastSign(bytes)];
  const isObject = first === 0x7b && last === 0x7d;
  if (!isObject && !(first === 0x5b && last === 0x5d)) return null;
  const what = isObject ? "object" : "array";
  if (bytes.length > CHECKED_BYTES_MAX) {
    return { decoder: "json", reason: `looks like a JSON ${what}; too large to be checked` };
  }
  return isJson(bytes, 0, bytes.length)
    ? { decoder: "json", reason: `a valid JSON ${what}` }
    : null;
}

function detectText(bytes: Buffer): Choice {
  if (bytes.length === UUID_TEXT_LENGTH && isUuidText(bytes.toString("latin1"))) {
    return { decoder: "uuid", reason: "the text of a uuid" };
  }
  return { decoder: "text", reason: "UTF-8 text" };
}

/** By size. What begins with a character of text is text, even with control characters in it. */
function detectFixed(bytes: Buffer, isText: boolean): Choice | null {
  if (isText && bytes[0] !== 0) return null;
  switch (bytes.length) {
    case 4:
      return { decoder: "int32", reason: "4 bytes that are no text: a big-endian int32" };
    case 8:
      return looksLikeFloat64(bytes)
        ? { decoder: "float64", reason: "8 bytes that read as a short float64, and a huge int64" }
        : { decoder: "int64", reason: "8 bytes that are no text: a big-endian int64" };
    case 16:
      return looksLikeUuid(bytes)
        ? { decoder: "uuid", reason: "16 bytes with the version and variant of a uuid" }
        : null;
    default:
      return null;
  }
}

function detectBinary(bytes: Buffer): Choice | null {
  if (looksFramed(bytes)) {
    return { decoder: "schema", reason: "a zero byte and the id of a registered schema in front" };
  }
  return isPackedContainer(bytes)
    ? { decoder: "messagepack", reason: "all of it is one MessagePack map or array" }
    : null;
}

/** Whether bytes are one map or array of MessagePack; single values would be found everywhere. */
function isPackedContainer(bytes: Buffer): boolean {
  const head = bytes[0] as number;
  const isContainer = (head >= 0x80 && head < 0xa0) || (head >= 0xdc && head <= 0xdf);
  if (!isContainer || bytes.length < 2 || bytes.length > CHECKED_BYTES_MAX) return false;
  try {
    unpack(bytes, 0);
    return true;
  } catch (error) {
    if (error instanceof DecodeError) return false;
    throw error;
  }
}

function detectOtherText(bytes: Buffer, isUtf8Text: boolean): Choice {
  const share = textShare(bytes.subarray(0, SAMPLE_BYTES_MAX));
  if (isUtf8Text && share >= CONTROLLED_TEXT_SHARE_MIN) {
    return { decoder: "text", reason: "UTF-8 with control characters" };
  }
  return share >= FOREIGN_TEXT_SHARE_MIN && bytes.length > FOREIGN_TEXT_BYTES_MIN
    ? { decoder: "text", reason: "mostly text, but not all of it is UTF-8" }
    : { decoder: "hex", reason: "neither text nor a format that is known" };
}

function firstSign(bytes: Buffer): number {
  for (let at = 0; at < bytes.length; at += 1) {
    if (!isSpace(bytes[at] as number)) return bytes[at] as number;
  }
  return 0;
}

function lastSign(bytes: Buffer): number {
  for (let at = bytes.length - 1; at >= 0; at -= 1) {
    if (!isSpace(bytes[at] as number)) return bytes[at] as number;
  }
  return 0;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
