/** A piece of a segment in memory, and where the batches in it begin. */
import { int32At } from "@runnel/kit/byte-reader.ts";
import {
  BATCH_HEADER_SIZE,
  baseOffsetAt,
  batchSizeAt,
  checkCrc,
  LAST_OFFSET_DELTA_AT,
  lastOffsetAt,
  MAGIC,
  magicAt,
  readBatchHeader,
} from "@runnel/protocol/records/batch.ts";

const STARTS_MIN = 64;

/** What a header is held against before its batch is believed to be one. */
export interface Surroundings {
  /** First offset of the segment. */
  readonly baseOffset: number;
  /** Bytes from the batch's first to the end of what may be read. */
  readonly bytesLeft: number;
  /** Its first offset; −1 where it is not known. No checksum covers it. */
  readonly nextOffset: number;
}

/** Whether a batch may begin at `at`, where a header is entirely in `bytes`. Its checksum is not looked at. */
export function isSane(bytes: Uint8Array, at: number, around: Surroundings): boolean {
  const size = batchSizeAt(bytes, at);
  const baseOffset = baseOffsetAt(bytes, at);
  return (
    magicAt(bytes, at) === MAGIC &&
    size >= BATCH_HEADER_SIZE &&
    size <= around.bytesLeft &&
    baseOffset >= around.baseOffset &&
    (around.nextOffset < 0 || baseOffset === around.nextOffset) &&
    int32At(bytes, at + LAST_OFFSET_DELTA_AT) >= 0
  );
}

export class Chunk {
  /** Its first `length` bytes are the piece; empty while they are not in memory. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Where it lies in the segment's file. */
  position = 0;
  length = 0;
  /** Batches, oldest first. */
  count = 0;
  #starts = new Int32Array(STARTS_MIN);

  /** Where in `bytes` batch `index` begins. */
  startAt(index: number): number {
    return this.#starts[index] as number;
  }

  /** Begins anew, at another position. */
  clear(position: number): void {
    this.position = position;
    this.length = 0;
    this.count = 0;
  }

  add(start: number): void {
    if (this.count === this.#starts.length) {
      const grown = new Int32Array(2 * this.count);
      grown.set(this.#starts);
      this.#starts = grown;
    }
    this.#starts[this.count] = start;
    this.count += 1;
  }

  /** Makes room for `length` bytes; what was there is lost. */
  reserve(length: number, allocate: (length: number) => Uint8Array): void {
    // Not kept where it is much too large: one large batch must not hold its memory for ever.
    const isFitting = this.bytes.length >= length && this.bytes.length <= 4 * length;
    if (!isFitting) this.bytes = allocate(length);
  }
}

/** Where a listing of batches ended, and why. */
export interface Listing {
  readonly kind: /** At the end of the bytes, or in front of a batch that is not entirely there. */
    | "end"
    /** In front of what is no batch. */
    | "damage";
  /** Where in the bytes. */
  readonly at: number;
  /** The offset that the next batch must begin with; −1 where no batch was seen and it is not known. */
  readonly nextOffset: number;
}

/**
 * Adds the whole batches from `from` on, one behind the other, to `chunk`.
 *
 * Checksums are for who looks into a batch. But what follows a batch is judged by its header, so the
 * checksum of the last one is checked here, and of one that does not fit to what follows.
 */
export function listBatches(
  chunk: Chunk,
  options: {
    readonly from: number;
    readonly nextOffset: number;
    readonly baseOffset: number;
    /** Bytes that may be read of the segment. */
    readonly size: number;
  },
): Listing {
  const { bytes, length, position } = chunk;
  const { baseOffset, size } = options;
  const first = chunk.count;
  let { from: at, nextOffset } = options;
  let kind: Listing["kind"] = "end";
  while (length - at >= BATCH_HEADER_SIZE) {
    const around = { baseOffset, bytesLeft: size - position - at, nextOffset };
    if (!isSane(bytes, at, around)) {
      kind = "damage";
      break;
    }
    const end = at + batchSizeAt(bytes, at);
    if (end > length) break;
    chunk.add(at);
    nextOffset = lastOffsetAt(bytes, at) + 1;
    at = end;
  }
  if (chunk.count === first) return { kind, at, nextOffset };
  const start = chunk.startAt(chunk.count - 1);
  if (checkCrc(bytes, start, readBatchHeader(bytes, start))) return { kind, at, nextOffset };
  chunk.count -= 1;
  return { kind: "damage", at: start, nextOffset: baseOffsetAt(bytes, start) };
}
