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
import type { Segment, StartPlace } from "./segment.ts";

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

export interface ReaderIo {
  readonly disk: Disk;
  readonly files: FileHandles;
}

/** What reading one segment came to. */
export type SegmentRead =
  /** Whole batches in one piece of memory; none where the first is too large or not yet to be read. */
  | {
      readonly kind: "found";
      readonly bytes: Uint8Array;
      readonly endOffset: number;
      /** Batches without records were passed over in front of them. */
      readonly hasPassed: boolean;
    }
  /** The segment ends before the offset asked for, or what it has from there on has no records. */
  | { readonly kind: "behind"; readonly hasPassed: boolean }
  /** At the place to begin with there is no such batch: the index that named it is wrong. */
  | { readonly kind: "misplaced" };

export interface SegmentRange extends ReadRange {
  /**
   * Pass over batches that compaction left without records, in front of one that has some: there are
   * consumers that count offsets by records and would ask for the same ones for ever (kafkajs).
   */
  readonly passesEmpty: boolean;
}

/** The batches of `segment` in `range`. Throws `IoError` where they are damaged. */
export async function readSegment(
  io: ReaderIo,
  segment: Segment,
  place: StartPlace,
  range: SegmentRange,
): Promise<SegmentRead> {
  const order = new OffsetOrder(place);
  let position = place.position;
  let want = Math.min(range.bytesMax, segment.writtenSize) + LEAD_BYTES;
  for (;;) {
    const length = Math.min(Math.max(want, BATCH_HEADER_SIZE), segment.writtenSize - position);
    if (length <= 0) return { kind: "behind", hasPassed: order.hasPassed };
    const bytes = await readAt(io, segment, position, length);
    if (position === place.position && !isPlaced(bytes, segment, place)) return MISPLACED;
    const slice = select(bytes, segment, position, range, order);
    if (slice.kind !== "more") return slice;
    position += slice.skipped;
    want = Math.max(slice.needed, want);
  }
}

const MISPLACED = { kind: "misplaced" } as const;

/** Whether the batch that an index names is at its place. */
function isPlaced(bytes: Uint8Array, segment: Segment, place: StartPlace): boolean {
  if (place.lastOffset < 0) return true;
  if (bytes.length < BATCH_HEADER_SIZE) return false;
  const header = readBatchHeader(bytes, 0);
  return isSane(header, segment, place.position) && new OffsetOrder(place).fits(header);
}

type Selection =
  | SegmentRead
  /** Read on behind `skipped` bytes, at least `needed` of them. */
  | { readonly kind: "more"; readonly skipped: number; readonly needed: number };

/** Picks whole batches of `range` out of bytes that begin at a batch. */
function select(
  bytes: Uint8Array,
  segment: Segment,
  position: number,
  range: SegmentRange,
  order: OffsetOrder,
): Selection {
  let start = -1;
  let at = 0;
  while (bytes.length - at >= BATCH_HEADER_SIZE) {
    const header = readBatchHeader(bytes, at);
    const lastOffset = header.baseOffset + header.lastOffsetDelta;
    const isNext = isSane(header, segment, position + at) && order.fits(header);
    // What was found before damage is served; the damage is told of when it is asked for.
    if (!isNext && start !== -1) break;
    if (!isNext) throw corrupt(segment, position + at, "no batch that follows the one before");
    const isEmpty = start === -1 && range.passesEmpty && isEmptyAt(bytes, at, header);
    if (isEmpty && lastOffset >= range.offset && lastOffset < range.endOffset) {
      order.hasPassed = true;
      order.pass(header);
      at += header.sizeInBytes;
      continue;
    }
    if (lastOffset < range.offset) {
      order.pass(header);
      if (header.sizeInBytes > bytes.length - at) {
        return { kind: "more", skipped: at + header.sizeInBytes, needed: 0 };
      }
      at += header.sizeInBytes;
      continue;
    }
    const end = at + header.sizeInBytes;
    if (lastOffset >= range.endOffset) {
      if (start !== -1 || header.baseOffset >= range.endOffset) break;
      // It reaches beyond what may be read, or its header says so and is wrong.
      if (end > bytes.length) return { kind: "more", skipped: at, needed: header.sizeInBytes };
      if (!checkCrc(bytes, at, header)) throw corrupt(segment, position + at, "wrong checksum");
      break;
    }
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
  const { hasPassed } = order;
  if (start !== -1) {
    return { kind: "found", bytes: bytes.subarray(start, at), endOffset: order.next, hasPassed };
  }
  if (bytes.length - at >= BATCH_HEADER_SIZE) {
    return { kind: "found", bytes: EMPTY, endOffset: range.offset, hasPassed };
  }
  if (at > 0 && position + at < segment.writtenSize)
    return { kind: "more", skipped: at, needed: 0 };
  return { kind: "behind", hasPassed };
}

/** Whether the batch at `at`, whose header is there, is whole and has no records. */
function isEmptyAt(bytes: Uint8Array, at: number, header: BatchHeader): boolean {
  const { recordCount, sizeInBytes } = header;
  return recordCount === 0 && sizeInBytes === BATCH_HEADER_SIZE && checkCrc(bytes, at, header);
}

const EMPTY = new Uint8Array(0);

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
    // Nothing passed although all the rest was read, or as much as was wanted: a torn tail.
    if (at === 0 && (count >= size - position || count < bytes.length || want <= count)) {
      return { reason: "damage", position };
    }
    position += at;
  }
  return { reason: "end", position };
}

/** Batches of a log follow each other without a gap; the checksum does not cover their offsets. */
class OffsetOrder {
  /** Batches without records were passed over that would have been read. */
  hasPassed = false;
  #next: number;
  #last: number;

  constructor(place: StartPlace) {
    this.#next = place.baseOffset;
    this.#last = place.lastOffset;
  }

  /** The offset behind the batch that passed last. */
  get next(): number {
    return this.#next;
  }

  fits(header: BatchHeader): boolean {
    if (this.#next >= 0) return header.baseOffset === this.#next;
    return this.#last < 0 || header.baseOffset + header.lastOffsetDelta === this.#last;
  }

  pass(header: BatchHeader): void {
    this.#next = header.baseOffset + header.lastOffsetDelta + 1;
  }
}

/** Visits the whole batches of a segment from `place` on, damage left out; says where that was. */
export async function walkOverDamage(
  io: ReaderIo,
  segment: Segment,
  place: StartPlace,
  visit: BatchVisitor,
): Promise<readonly number[]> {
  const damage: number[] = [];
  let reached = segment.baseOffset;
  for (let from: StartPlace | null = place; from !== null; ) {
    const end: WalkEnd = await walkBatches(io, segment, from, (header, position, bytes) => {
      reached = header.baseOffset + header.lastOffsetDelta + 1;
      return visit(header, position, bytes);
    });
    if (end.reason !== "damage") break;
    damage.push(end.position);
    const next = await findNextBatch(io, segment, end.position, reached);
    from = next === null ? null : { position: next, lastOffset: -1, baseOffset: -1 };
  }
  return damage;
}

/** The header at `position` if a batch may begin there; null where none can. Reads nothing else. */
export async function headerIn(
  io: ReaderIo,
  segment: Segment,
  position: number,
): Promise<BatchHeader | null> {
  const bytes = new Uint8Array(BATCH_HEADER_SIZE);
  const count = await io.files.use(segment.path(".log"), (file) => file.read(bytes, position));
  if (count < BATCH_HEADER_SIZE) return null;
  const header = readBatchHeader(bytes, 0);
  return isSane(header, segment, position) ? header : null;
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
