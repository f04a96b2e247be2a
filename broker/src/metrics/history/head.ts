/**
 * The head of the file, and the entries of its directory.
 *
 *   head    8 bytes "RUNNELMH" · uint16 version · uint32 columns, slotMs, slotsPerBlock, blocks
 *           · uint32 checksum of all before
 *   entry   uint32 checksum of the rest · uint16 length · the series' key in UTF-8
 */
import { crc32c } from "@runnel/kit/crc32c.ts";
import { viewOf } from "./block.ts";
import { ENTRY_BYTES, type HistoryShape } from "./layout.ts";

const MAGIC = "RUNNELMH";
/** Raised when the file's layout changes; other versions are not read. */
export const FORMAT_VERSION = 1;
const HEAD_LENGTH = 30;
const CHECKSUM_BYTES = 4;
const LENGTH_BYTES = 2;

const utf8 = new TextEncoder();
const text = new TextDecoder("utf-8", { fatal: true });

export function encodeHead(shape: HistoryShape): Uint8Array {
  const bytes = new Uint8Array(HEAD_LENGTH);
  bytes.set(utf8.encode(MAGIC));
  const view = viewOf(bytes);
  view.setUint16(8, FORMAT_VERSION, true);
  view.setUint32(10, shape.columns, true);
  view.setUint32(14, shape.slotMs, true);
  view.setUint32(18, shape.slotsPerBlock, true);
  view.setUint32(22, shape.blocks, true);
  view.setUint32(26, crc32c(bytes.subarray(0, 26)), true);
  return bytes;
}

/**
 * What a file's first bytes say: `ours` for a history of this version and shape, `newer` for one of a
 * later version, `other` for an empty file and a history of another shape, `damaged` for anything else.
 */
export function judgeHead(
  bytes: Uint8Array,
  shape: HistoryShape,
): "ours" | "newer" | "other" | "damaged" {
  if (bytes.length === 0) return "other";
  if (bytes.length < HEAD_LENGTH) return "damaged";
  const head = bytes.subarray(0, HEAD_LENGTH);
  const expected = encodeHead(shape);
  if (head.every((byte, at) => byte === expected[at])) return "ours";
  // A file that was laid out and not written yet.
  if (bytes.every((byte) => byte === 0)) return "other";
  const isMagic = utf8.encode(MAGIC).every((byte, at) => byte === head[at]);
  const view = viewOf(head);
  if (!isMagic) return "damaged";
  // Of a later version nobody knows where its checksum is.
  if (view.getUint16(8, true) > FORMAT_VERSION) return "newer";
  return view.getUint32(26, true) === crc32c(head.subarray(0, 26)) ? "other" : "damaged";
}

/** The entry of a series; of none for null. */
export function encodeEntry(key: string | null): Uint8Array {
  const bytes = new Uint8Array(ENTRY_BYTES);
  if (key === null) return bytes;
  const encoded = utf8.encode(key);
  const view = viewOf(bytes);
  view.setUint16(CHECKSUM_BYTES, encoded.length, true);
  bytes.set(encoded, CHECKSUM_BYTES + LENGTH_BYTES);
  view.setUint32(0, crc32c(bytes.subarray(CHECKSUM_BYTES)), true);
  return bytes;
}

/** The key of an entry; null where there is none, or it is damaged. */
export function decodeEntry(bytes: Uint8Array): string | null {
  const view = viewOf(bytes);
  const length = view.getUint16(CHECKSUM_BYTES, true);
  if (length === 0 || length > ENTRY_BYTES - CHECKSUM_BYTES - LENGTH_BYTES) return null;
  if (view.getUint32(0, true) !== crc32c(bytes.subarray(CHECKSUM_BYTES))) return null;
  const start = CHECKSUM_BYTES + LENGTH_BYTES;
  try {
    return text.decode(bytes.subarray(start, start + length));
  } catch {
    return null;
  }
}
