/**
 * The file in which a segment's keys are looked up: `<base>.keyindex`, our own format, big-endian.
 *
 *   file = run*                        each over a stretch of the log, in its order
 *   run  = header · fences · page*
 *   header (64 bytes)
 *      0 magic "RKIX"                 24 startOffset int64          48 lastCrc uint32
 *      4 version int16, 2 unused      32 endOffset int64            52 pageCount int32
 *      8 startPosition int32          40 entryCount int32           56 unused
 *     12 endPosition int32            44 lastPosition int32         60 CRC-32C of the 60 bytes
 *     16 unused
 *   fences = pageCount × uint32, the first hash of each page · CRC-32C
 *   page (4096 bytes) = 510 × (hash uint32 · position int32) · count int32 · unused · CRC-32C
 *
 * Entries are sorted by hash, then position; a key of a batch has one, however often it occurs there. Only
 * what is read is checked, so a look-up costs a few reads whatever the size. `lastPosition` and `lastCrc` are
 * those of the last batch covered: a log that was cut and written anew has another one there, and then the
 * run is not believed. Nothing here need survive: what is missing is made again from the log.
 */
import { int32At, int64At } from "@runnel/kit/byte-reader.ts";
import { setInt32, setInt64 } from "@runnel/kit/byte-writer.ts";
import { crc32c } from "@runnel/kit/crc32c.ts";

const MAGIC = 0x524b4958;
const VERSION = 1;
export const HEADER_SIZE = 64;
export const PAGE_SIZE = 4096;
export const ENTRY_SIZE = 8;
export const PAGE_ENTRIES = 510;
const COUNT_AT = PAGE_ENTRIES * ENTRY_SIZE;
const HEADER_CRC_AT = 60;
const PAGE_CRC_AT = PAGE_SIZE - 4;

export interface RunHeader {
  /** Bytes of the log that it covers: from the first batch's to behind the last one's. */
  readonly startPosition: number;
  readonly endPosition: number;
  readonly startOffset: number;
  readonly endOffset: number;
  readonly entryCount: number;
  /** Of the last batch covered. */
  readonly lastPosition: number;
  readonly lastCrc: number;
}

export function pageCountOf(entryCount: number): number {
  return Math.ceil(entryCount / PAGE_ENTRIES);
}

/** Bytes of the fences of `pageCount` pages. */
export function fencesSize(pageCount: number): number {
  return 4 * pageCount + 4;
}

/** Bytes of a run of so many entries. */
export function runSize(entryCount: number): number {
  const pageCount = pageCountOf(entryCount);
  return HEADER_SIZE + fencesSize(pageCount) + pageCount * PAGE_SIZE;
}

export function encodeHeader(header: RunHeader): Uint8Array {
  const bytes = new Uint8Array(HEADER_SIZE);
  setInt32(bytes, 0, MAGIC);
  setInt32(bytes, 4, VERSION << 16);
  setInt32(bytes, 8, header.startPosition);
  setInt32(bytes, 12, header.endPosition);
  setInt64(bytes, 24, header.startOffset);
  setInt64(bytes, 32, header.endOffset);
  setInt32(bytes, 40, header.entryCount);
  setInt32(bytes, 44, header.lastPosition);
  setInt32(bytes, 48, header.lastCrc | 0);
  setInt32(bytes, 52, pageCountOf(header.entryCount));
  setInt32(bytes, HEADER_CRC_AT, crc32c(bytes.subarray(0, HEADER_CRC_AT)) | 0);
  return bytes;
}

/** The header in the first bytes; null where they are none that this version reads. */
export function decodeHeader(bytes: Uint8Array): RunHeader | null {
  if (bytes.length < HEADER_SIZE || int32At(bytes, 0) !== MAGIC) return null;
  if (int32At(bytes, 4) >>> 16 !== VERSION) return null;
  if (int32At(bytes, HEADER_CRC_AT) >>> 0 !== crc32c(bytes.subarray(0, HEADER_CRC_AT))) return null;
  const header: RunHeader = {
    startPosition: int32At(bytes, 8),
    endPosition: int32At(bytes, 12),
    startOffset: int64At(bytes, 24),
    endOffset: int64At(bytes, 32),
    entryCount: int32At(bytes, 40),
    lastPosition: int32At(bytes, 44),
    lastCrc: int32At(bytes, 48) >>> 0,
  };
  const { startPosition, endPosition, lastPosition, entryCount } = header;
  const isOrdered =
    startPosition >= 0 && startPosition <= lastPosition && lastPosition < endPosition;
  return isOrdered && entryCount >= 0 ? header : null;
}

/** The fences with their checksum. */
export function encodeFences(fences: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(fencesSize(fences.length));
  for (const [index, fence] of fences.entries()) setInt32(bytes, 4 * index, fence | 0);
  setInt32(bytes, 4 * fences.length, crc32c(bytes.subarray(0, 4 * fences.length)) | 0);
  return bytes;
}

/** The fences in `bytes`; null where the checksum does not fit. */
export function decodeFences(bytes: Uint8Array): Uint32Array | null {
  const length = bytes.length - 4;
  if (length < 0 || int32At(bytes, length) >>> 0 !== crc32c(bytes.subarray(0, length))) return null;
  const fences = new Uint32Array(length / 4);
  for (let index = 0; index < fences.length; index += 1) fences[index] = int32At(bytes, 4 * index);
  return fences;
}

/** Sets entry `index` of the page at `at`. */
export function setEntry(
  bytes: Uint8Array,
  { at, index }: { readonly at: number; readonly index: number },
  { hash, position }: { readonly hash: number; readonly position: number },
): void {
  setInt32(bytes, at + index * ENTRY_SIZE, hash | 0);
  setInt32(bytes, at + index * ENTRY_SIZE + 4, position);
}

export function hashAt(bytes: Uint8Array, index: number): number {
  return int32At(bytes, index * ENTRY_SIZE) >>> 0;
}

export function positionAt(bytes: Uint8Array, index: number): number {
  return int32At(bytes, index * ENTRY_SIZE + 4);
}

/** Completes the page at `at`, whose first `count` entries are set. */
export function finishPage(bytes: Uint8Array, at: number, count: number): void {
  setInt32(bytes, at + COUNT_AT, count);
  const crc = crc32c(bytes.subarray(at, at + PAGE_CRC_AT));
  setInt32(bytes, at + PAGE_CRC_AT, crc | 0);
}

/** How many entries the page has; −1 where it is not what was written. */
export function countOfPage(page: Uint8Array): number {
  if (page.length < PAGE_SIZE) return -1;
  if (int32At(page, PAGE_CRC_AT) >>> 0 !== crc32c(page.subarray(0, PAGE_CRC_AT))) return -1;
  const count = int32At(page, COUNT_AT);
  return count > 0 && count <= PAGE_ENTRIES ? count : -1;
}
