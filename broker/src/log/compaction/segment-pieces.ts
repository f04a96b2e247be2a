/**
 * Reads a closed segment piece by piece, into the same memory, and checks every batch: header, checksum,
 * and that it follows the one before.
 */
import { IoError } from "@runnel/kit/errors.ts";
import {
  BATCH_HEADER_SIZE,
  type BatchHeader,
  checkCrc,
  MAGIC,
  readBatchHeader,
} from "@runnel/protocol/records/batch.ts";
import type { DiskFile } from "#io/ports.ts";
import { LOG_CORRUPT } from "../log-reader.ts";
import { BATCH_BYTES_MAX } from "./limits.ts";

/** A closed segment as the thread knows it. */
export interface SourceSegment {
  readonly baseOffset: number;
  /** Bytes of its file. */
  readonly size: number;
}

/** Memory that is read into, grown where a batch is larger. */
export interface ReadBuffer {
  bytes: Uint8Array;
}

/** The code of an error about a batch that compaction cannot hold in memory. */
export const BATCH_TOO_LARGE = "RUNNEL_BATCH_TOO_LARGE";

export interface Visitor {
  /** A whole batch; the bytes are only valid until the next `pieceEnd`. False stops the reading. */
  batch(header: BatchHeader, bytes: Uint8Array, at: number, position: number): boolean;
  /** All batches of a piece were visited. */
  pieceEnd(bytesRead: number): Promise<void>;
}

/**
 * Visits the batches of `segment` in order. Throws `IoError` RUNNEL_LOG_CORRUPT where they are damaged, and
 * RUNNEL_BATCH_TOO_LARGE.
 */
export async function visitBatches(
  file: DiskFile,
  segment: SourceSegment,
  buffer: ReadBuffer,
  visitor: Visitor,
): Promise<void> {
  const { size, baseOffset } = segment;
  let nextOffset = baseOffset;
  let position = 0;
  while (position < size) {
    const wanted = Math.min(buffer.bytes.length, size - position);
    const count = await file.read(buffer.bytes.subarray(0, wanted), position);
    if (count < wanted) throw corrupt(file, position + count, "the file ends early");
    let at = 0;
    let needed = 0;
    while (count - at >= BATCH_HEADER_SIZE) {
      const header = readBatchHeader(buffer.bytes, at);
      const end = at + header.sizeInBytes;
      if (!isNext(header, nextOffset) || header.sizeInBytes > size - position - at) {
        throw corrupt(file, position + at, "no batch that follows the one before");
      }
      if (end > count) {
        needed = header.sizeInBytes;
        break;
      }
      if (!checkCrc(buffer.bytes, at, header)) throw corrupt(file, position + at, "wrong checksum");
      if (!visitor.batch(header, buffer.bytes, at, position + at)) {
        await visitor.pieceEnd(end);
        return;
      }
      nextOffset = header.baseOffset + header.lastOffsetDelta + 1;
      at = end;
    }
    if (at === 0 && needed === 0) throw corrupt(file, position, "the file ends in a batch");
    await visitor.pieceEnd(at);
    position += at;
    if (at === 0) grow(buffer, needed, file, position);
  }
}

function isNext(header: BatchHeader, nextOffset: number): boolean {
  return (
    header.magic === MAGIC &&
    header.sizeInBytes >= BATCH_HEADER_SIZE &&
    header.baseOffset === nextOffset &&
    header.lastOffsetDelta >= 0
  );
}

/** Makes room for a batch whose bytes are known to be in the file. */
function grow(buffer: ReadBuffer, needed: number, file: DiskFile, position: number): void {
  if (needed > BATCH_BYTES_MAX) {
    const what = `a batch of ${needed} bytes, of at most ${BATCH_BYTES_MAX} can be compacted`;
    throw new IoError(BATCH_TOO_LARGE, `${file.path}: position ${position}: ${what}`);
  }
  buffer.bytes = new Uint8Array(needed);
}

function corrupt(file: DiskFile, position: number, what: string): IoError {
  return new IoError(LOG_CORRUPT, `${file.path}: position ${position}: ${what}`);
}
