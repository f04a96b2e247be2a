/**
 * Reads batches from segment files: what is no longer in the tail cache.
 *
 * Every batch is checked against its checksum before it leaves: a damaged record is never served.
 */
import { IoError } from "@runnel/kit/errors.ts";
import {
  BATCH_HEADER_SIZE,
  type BatchHeader,
  checkCrc,
  MAGIC,
  MAGIC_AT,
  readBatchHeader,
} from "@runnel/protocol/records/batch.ts";
import type { Disk } from "#io/ports.ts";
import type { FileHandles } from "./file-handles.ts";
import type { Segment } from "./segment.ts";

/** Bytes read at once where nothing says how much is wanted. */
export const SCAN_BYTES = 1024 * 1024;
/** Read with the first batch, so that small batches before the wanted one cost no second read. */
const LEAD_BYTES = 8 * 1024;

/** How far behind damage a whole batch is looked for. */
const RESYNC_BYTES_MAX = 64 * 1024 * 1024;

/** The code of an error about stored bytes that are not what was written. */
export const LOG_CORRUPT = "RUNNEL_LOG_CORRUPT";

export interface ReadRange {
  /** The first offset wanted; it may lie inside the first batch returned. */
  readonly offset: number;
  /** Batches end below it. */
  readonly endOffset: number;
  readonly bytesMax: number;
  /** Return the first batch whole even when it is larger than `bytesMax`. */
  readonly atLeastOne: boolean;
}

/** Where to begin: a position, and what is known of the batch there. */
export interface StartPlace {
  readonly position: number;
  /** Its last offset, where an index says so; −1 where only its first offset is known. */
  readonly lastOffset: number;
  /** Its first offset; −1 where it is not known. */
  readonly baseOffset: number;
}

/** The start of a segment. */
export function startOf(segment: Segment): StartPlace {
  return { position: 0, lastOffset: -1, baseOffset: segment.baseOffset };
}

export interface ReaderIo {
  readonly disk: Disk;
  readonly files: FileHandles;
}

/** One piece of memory with the batches of `segment` in `range`; empty where there are none. */
export async function readSegment(
  io: ReaderIo,
  segment: Segment,
  place: StartPlace,
  range: ReadRange,
): Promise<Uint8Array> {
  const order = new OffsetOrder(place);
  let position = place.position;
  let want = Math.min(range.bytesMax, segment.writtenSize) + LEAD_BYTES;
  for (;;) {
    const length = Math.min(Math.max(want, BATCH_HEADER_SIZE), segment.writtenSize - position);
    if (length <= 0) return EMPTY;
    const bytes = await readAt(io, segment, position, length);
    const slice = select(bytes, segment, position, range, order);
    if (slice.kind === "found") return slice.bytes;
    position += slice.skipped;
    want = Math.max(slice.needed, want);
    if (slice.needed === 0 && position >= segment.writtenSize) return EMPTY;
  }
}

const EMPTY = new Uint8Array(0);

type Selection =
  | { readonly kind: "found"; readonly bytes: Uint8Array }
  /** Read on behind `skipped` bytes, at least `needed` of them. */
  | { readonly kind: "more"; readonly skipped: number; readonly needed: number };

/** Picks whole batches of `range` out of bytes that begin at a batch. */
function select(
  bytes: Uint8Array,
  segment: Segment,
  position: number,
  range: ReadRange,
  order: OffsetOrder,
): Selection {
  let start = -1;
  let at = 0;
  while (bytes.length - at >= BATCH_HEADER_SIZE) {
    const header = headerAt(bytes, at, segment, position + at);
    const lastOffset = header.baseOffset + header.lastOffsetDelta;
    const isNext = order.fits(header);
    if (!isNext && start !== -1) break;
    if (!isNext) throw corrupt(segment, position + at, `offset ${header.baseOffset} out of order`);
    if (lastOffset < range.offset) {
      order.pass(header);
      if (header.sizeInBytes > bytes.length - at) {
        return { kind: "more", skipped: at + header.sizeInBytes, needed: 0 };
      }
      at += header.sizeInBytes;
      continue;
    }
    if (lastOffset >= range.endOffset) break;
    const end = at + header.sizeInBytes;
    if (start === -1 && end > bytes.length) {
      if (header.sizeInBytes > range.bytesMax && !range.atLeastOne) break;
      return { kind: "more", skipped: at, needed: header.sizeInBytes };
    }
    const isFirst = start === -1;
    if (end > bytes.length) break;
    if (end - (isFirst ? at : start) > range.bytesMax && !(isFirst && range.atLeastOne)) break;
    if (!checkCrc(bytes, at, header)) {
      if (!isFirst) break;
      throw corrupt(segment, position + at, "wrong checksum");
    }
    order.pass(header);
    if (isFirst) start = at;
    at = end;
  }
  if (start === -1) {
    const isPartial = at < bytes.length && bytes.length - at < BATCH_HEADER_SIZE;
    const atEnd = position + bytes.length >= segment.writtenSize;
    if (at > 0 && !atEnd && (isPartial || at === bytes.length)) {
      return { kind: "more", skipped: at, needed: 0 };
    }
    return { kind: "found", bytes: EMPTY };
  }
  return { kind: "found", bytes: bytes.subarray(start, at) };
}

/**
 * Visits the batches of a segment from `position` on, in order, until `visit` returns false or the end.
 * Bytes are only valid during the call. Throws `IoError` at a batch that is damaged.
 */
export async function scanSegment(
  io: ReaderIo,
  segment: Segment,
  place: StartPlace,
  visit: BatchVisitor,
): Promise<void> {
  const end = await walkBatches(io, segment, place, visit);
  if (end.reason === "damage") throw corrupt(segment, end.position, "no whole batch");
}

export type BatchVisitor = (header: BatchHeader, position: number, bytes: Uint8Array) => boolean;

export interface WalkEnd {
  /** "damage": what stands at `position` is not a whole batch with the right checksum. */
  readonly reason: "stopped" | "end" | "damage";
  readonly position: number;
}

/** Visits whole batches in order; says where and why it stopped, and throws for no content. */
export async function walkBatches(
  io: ReaderIo,
  segment: Segment,
  place: StartPlace,
  visit: BatchVisitor,
): Promise<WalkEnd> {
  const size = segment.writtenSize;
  const order = new OffsetOrder(place);
  let position = place.position;
  let want = SCAN_BYTES;
  while (position < size) {
    const bytes = io.disk.allocate(Math.min(want, size - position));
    const count = await io.files.use(segment.path(".log"), (file) => file.read(bytes, position));
    let at = 0;
    want = SCAN_BYTES;
    while (count - at >= BATCH_HEADER_SIZE) {
      const header = readBatchHeader(bytes, at);
      if (!isSane(header, segment, position + at) || !order.fits(header)) {
        return { reason: "damage", position: position + at };
      }
      const end = at + header.sizeInBytes;
      if (end > count) {
        want = Math.max(SCAN_BYTES, header.sizeInBytes);
        break;
      }
      if (!checkCrc(bytes, at, header)) return { reason: "damage", position: position + at };
      if (!visit(header, position + at, bytes.subarray(at, end))) {
        return { reason: "stopped", position: position + at };
      }
      order.pass(header);
      at = end;
    }
    if (at === 0 && want <= bytes.length) return { reason: "damage", position };
    position += at;
  }
  return { reason: "end", position };
}

/** Batches of a log follow each other without a gap; the checksum does not cover their offsets. */
class OffsetOrder {
  #next: number;
  #last: number;

  constructor(place: StartPlace) {
    this.#next = place.baseOffset;
    this.#last = place.lastOffset;
  }

  fits(header: BatchHeader): boolean {
    if (this.#next >= 0) return header.baseOffset === this.#next;
    return this.#last < 0 || header.baseOffset + header.lastOffsetDelta === this.#last;
  }

  pass(header: BatchHeader): void {
    this.#next = header.baseOffset + header.lastOffsetDelta + 1;
  }
}

/**
 * The position of the next whole batch behind damage at `from`, with offsets from `offset` on; null
 * where there is none within `RESYNC_BYTES_MAX`.
 */
export async function findNextBatch(
  io: ReaderIo,
  segment: Segment,
  from: number,
  offset: number,
): Promise<number | null> {
  const length = Math.min(segment.writtenSize - from, RESYNC_BYTES_MAX);
  if (length < BATCH_HEADER_SIZE) return null;
  const bytes = io.disk.allocate(length);
  const count = await io.files.use(segment.path(".log"), (file) => file.read(bytes, from));
  for (let at = 1; at + BATCH_HEADER_SIZE <= count; at += 1) {
    if (bytes[at + MAGIC_AT] !== MAGIC) continue;
    const header = readBatchHeader(bytes, at);
    if (header.baseOffset < offset || !isSane(header, segment, from + at)) continue;
    if (checkCrc(bytes, at, header)) return from + at;
  }
  return null;
}

/** Reads exactly `length` bytes of the segment's file; fewer there means damage. */
async function readAt(
  { disk, files }: ReaderIo,
  segment: Segment,
  position: number,
  length: number,
): Promise<Uint8Array> {
  const bytes = disk.allocate(length);
  const count = await files.use(segment.path(".log"), (file) => file.read(bytes, position));
  if (count < length) {
    throw corrupt(segment, position + count, `the file ends, ${length - count} bytes early`);
  }
  return bytes;
}

function headerAt(bytes: Uint8Array, at: number, segment: Segment, position: number): BatchHeader {
  const header = readBatchHeader(bytes, at);
  if (!isSane(header, segment, position)) throw corrupt(segment, position, "no batch header");
  return header;
}

function isSane(header: BatchHeader, segment: Segment, position: number): boolean {
  return (
    header.magic === MAGIC &&
    header.sizeInBytes >= BATCH_HEADER_SIZE &&
    header.sizeInBytes <= segment.writtenSize - position &&
    header.baseOffset >= segment.baseOffset &&
    header.lastOffsetDelta >= 0
  );
}

function corrupt(segment: Segment, position: number, what: string): IoError {
  return new IoError(LOG_CORRUPT, `${segment.path(".log")}: position ${position}: ${what}`);
}
