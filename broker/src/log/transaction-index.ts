/**
 * The aborted transactions whose markers are in one segment, in the order of their markers: what
 * `read_committed` consumers are told to leave out.
 *
 * In the `.txnindex` file Kafka's entries: int16 version 0, int64 producer id, int64 first offset, int64
 * offset of the marker, int64 last stable offset behind it. Behind them stands the CRC-32C of all of
 * them, bits turned over, too short for an entry, so that Kafka's readers end before it: without it a damaged file would let
 * aborted records through. The file of a closed segment is always there, if only with a checksum.
 */
import { ByteReader } from "@runnel/kit/byte-reader.ts";
import { ByteWriter } from "@runnel/kit/byte-writer.ts";
import { crc32c } from "@runnel/kit/crc32c.ts";

const VERSION = 0;
/** Bytes of an entry. */
export const ABORTED_SIZE = 34;
const CRC_SIZE = 4;

export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
  /** Of its marker. */
  readonly lastOffset: number;
  /** The last stable offset once it was aborted: all that begin below are decided by then. */
  readonly lastStableOffset: number;
}

/** How many entries a file of `size` bytes has; null where it cannot be whole. */
export function entriesInFile(size: number): number | null {
  const count = (size - CRC_SIZE) / ABORTED_SIZE;
  return count >= 0 && Number.isInteger(count) ? count : null;
}

export function encodeTransactionIndex(entries: readonly AbortedTransaction[]): Uint8Array {
  const writer = new ByteWriter(entries.length * ABORTED_SIZE + CRC_SIZE);
  writeEntries(writer, entries);
  const content = writer.finish();
  const file = new ByteWriter(content.length + CRC_SIZE);
  file.raw(content);
  file.int32(~crc32c(content));
  return file.finish();
}

/** The entries of a whole file; null where it is damaged. */
export function decodeTransactionIndex(bytes: Uint8Array): readonly AbortedTransaction[] | null {
  const count = entriesInFile(bytes.length);
  if (count === null) return null;
  const content = bytes.subarray(0, bytes.length - CRC_SIZE);
  const turned = new ByteReader(bytes.subarray(content.length)).int32();
  if (~crc32c(content) !== turned) return null;
  return readEntries(new ByteReader(content), count);
}

export function writeEntries(writer: ByteWriter, entries: readonly AbortedTransaction[]): void {
  for (const { producerId, firstOffset, lastOffset, lastStableOffset } of entries) {
    writer.int16(VERSION);
    writer.bigInt64(producerId);
    writer.int64(firstOffset);
    writer.int64(lastOffset);
    writer.int64(lastStableOffset);
  }
}

/** Reads `count` entries, which the caller knows to be there. */
export function readEntries(reader: ByteReader, count: number): AbortedTransaction[] {
  return Array.from({ length: count }, () => {
    reader.skip(2);
    return {
      producerId: reader.bigInt64(),
      firstOffset: reader.int64(),
      lastOffset: reader.int64(),
      lastStableOffset: reader.int64(),
    };
  });
}
