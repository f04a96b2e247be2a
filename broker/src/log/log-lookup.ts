/** Finds things in a log: batches from an offset, an offset by time, the newest record. */
import { DecodeError, IoError } from "@runnel/kit/errors.ts";
import { BATCH_HEADER_SIZE, type BatchHeader, codecOf } from "@runnel/protocol/records/batch.ts";
import { iterateRecords, type LogRecord } from "@runnel/protocol/records/iterate.ts";
import {
  headerIn,
  LOG_CORRUPT,
  type ReadRange,
  readSegment,
  type SegmentRange,
  scanSegment,
  walkOverDamage,
} from "./log-reader.ts";
import type { PartitionLog } from "./partition-log.ts";
import type { Segment, SegmentIndexes, StartPlace } from "./segment.ts";
import { confirmNewest } from "./segment-files.ts";
import type { TailRead } from "./tail-cache.ts";

/** What a compressed batch may unpack to where the broker looks inside: far above any real one. */
export const UNPACKED_BYTES_MAX = 256 * 1024 * 1024;

const nothingAt = (offset: number): TailRead => ({ parts: [], size: 0, endOffset: offset });

/** Batches of `range` from memory; null where they must be read from the disk. */
export function readCached(log: PartitionLog, range: ReadRange): TailRead | null {
  if (range.offset >= range.endOffset) return nothingAt(range.offset);
  return log.tail.read(range.offset, range.endOffset, range.bytesMax, range.atLeastOne);
}

/**
 * Batches of `range` from the disk. Throws `IoError` where they are damaged, missing or cannot be read.
 */
export async function readStored(log: PartitionLog, range: ReadRange): Promise<TailRead> {
  if (range.offset >= range.endOffset) return nothingAt(range.offset);
  const read = await readFrom(log, { ...range, passesEmpty: true });
  // Without records to the end: by the batches that have none readers learn where it is.
  if (read.size > 0 || !read.hasPassed) return read;
  return await readFrom(log, { ...range, passesEmpty: false });
}

interface StoredRead extends TailRead {
  readonly hasPassed: boolean;
}

async function readFrom(log: PartitionLog, range: SegmentRange): Promise<StoredRead> {
  let { offset } = range;
  let hasPassed = false;
  for (;;) {
    // Looked up for every segment: compaction may have joined some while the last one was read.
    const at = segmentAt(log, offset);
    const segment = log.segments[at];
    if (segment === undefined || segment.baseOffset > offset) throw nothingThere(log, range);
    const next = log.segments[at + 1];
    const indexes = await indexesOf(log, segment);
    const place = segment.placeOf(indexes, offset);
    const read = await readSegment(log.io, segment, place, { ...range, offset });
    if (read.kind === "misplaced") {
      segment.dropPlace(indexes, place);
      continue;
    }
    hasPassed ||= read.hasPassed;
    if (read.kind === "found") {
      const { bytes, endOffset } = read;
      if (bytes.length === 0) return { ...nothingAt(range.offset), hasPassed };
      return { parts: [bytes], size: bytes.length, endOffset, hasPassed };
    }
    if (!hasPassed) throw nothingThere(log, range);
    if (next === undefined) return { ...nothingAt(range.offset), hasPassed };
    offset = next.baseOffset;
  }
}

function nothingThere(log: PartitionLog, { offset }: ReadRange): IoError {
  return new IoError(LOG_CORRUPT, `${log.folder}: no batch with offset ${offset}`);
}

export interface FoundRecord {
  readonly offset: number;
  readonly timestamp: number;
}

/** The first record at or after the log's start with a timestamp ≥ `timestamp`, below `endOffset`. */
export async function findByTimestamp(
  log: PartitionLog,
  timestamp: number,
  endOffset: number,
): Promise<FoundRecord | null> {
  const start = log.logStartOffset;
  for (const segment of log.segments.slice()) {
    if (segment.baseOffset >= endOffset) return null;
    if (await isAllBefore(log, segment, timestamp)) continue;
    const place = await placeByTime(log, segment, timestamp);
    const found = await findRecord(log, segment, place, {
      batch: (header) => header.maxTimestamp >= timestamp,
      record: (record) => record.timestamp >= timestamp && record.offset >= start,
      endOffset,
    });
    if (found !== null) return found;
  }
  return null;
}

/** The record with the largest timestamp, the first of equals; null where none has one. */
export async function findNewest(
  log: PartitionLog,
  endOffset: number,
): Promise<FoundRecord | null> {
  const segments = log.segments.filter((segment) => segment.baseOffset < endOffset);
  for (const segment of segments) await confirm(log, segment);
  const newest = Math.max(-1, ...segments.map((segment) => segment.maxTimestamp));
  if (newest < 0) return null;
  return (
    (await findByTimestamp(log, newest, endOffset)) ?? (await findNewestVisible(log, endOffset))
  );
}

/** As `findNewest`, by reading everything: the largest timestamp of all is not there to be seen. */
async function findNewestVisible(
  log: PartitionLog,
  endOffset: number,
): Promise<FoundRecord | null> {
  const start = log.logStartOffset;
  let newest: FoundRecord | null = null;
  for (const segment of log.segments.slice()) {
    if (segment.baseOffset >= endOffset) break;
    for (;;) {
      const least: number = newest?.timestamp ?? -1;
      const from: number = Math.max(newest === null ? start : newest.offset + 1, start);
      const place = await placeByOffset(log, segment, from);
      const found = await findRecord(log, segment, place, {
        batch: (header) => header.maxTimestamp > least,
        record: (record) => record.timestamp > least && record.offset >= from,
        endOffset,
      });
      if (found === null) break;
      newest = found;
    }
  }
  return newest;
}

/** Whether no record of a closed segment is as late as `timestamp`. */
async function isAllBefore(
  log: PartitionLog,
  segment: Segment,
  timestamp: number,
): Promise<boolean> {
  if (segment.maxTimestamp >= timestamp) return false;
  await confirm(log, segment);
  return segment.maxTimestamp < timestamp;
}

async function confirm(log: PartitionLog, segment: Segment): Promise<void> {
  if (!segment.isNewestKnown) await confirmNewest(log.io, segment, await indexesOf(log, segment));
}

/** Where to begin looking for the first record of `timestamp` or later. */
async function placeByTime(
  log: PartitionLog,
  segment: Segment,
  timestamp: number,
): Promise<StartPlace> {
  const { offsets, times } = await indexesOf(log, segment);
  for (let entry = times.findBefore(timestamp); entry >= 0; entry = times.findBefore(timestamp)) {
    const offset = segment.baseOffset + times.relativeOffsetAt(entry);
    const place = await placeByOffset(log, segment, Math.max(offset, log.logStartOffset));
    if (offset < log.logStartOffset) return place;
    let isThere = false;
    await walkOverDamage(log.io, segment, place, (header) => {
      const lastOffset = header.baseOffset + header.lastOffsetDelta;
      if (lastOffset < offset) return true;
      isThere = lastOffset === offset && header.maxTimestamp === times.timestampAt(entry);
      return false;
    });
    if (isThere) return place;
    times.remove(entry);
    segment.savedTimeEntries = Math.min(segment.savedTimeEntries, entry);
  }
  return await placeByOffset(log, segment, log.logStartOffset, { offsets, times });
}

/** Where the index says to read for `offset`, held against the batch there. */
async function placeByOffset(
  log: PartitionLog,
  segment: Segment,
  offset: number,
  known: SegmentIndexes | null = null,
): Promise<StartPlace> {
  const indexes = known ?? (await indexesOf(log, segment));
  for (;;) {
    const place = segment.placeOf(indexes, offset);
    if (place.lastOffset < 0) return place;
    const header = await headerIn(log.io, segment, place.position);
    if (header !== null && header.baseOffset + header.lastOffsetDelta === place.lastOffset) {
      return place;
    }
    segment.dropPlace(indexes, place);
  }
}

interface Wanted {
  batch(header: BatchHeader): boolean;
  record(record: LogRecord): boolean;
  readonly endOffset: number;
}

async function findRecord(
  log: PartitionLog,
  segment: Segment,
  from: StartPlace,
  wanted: Wanted,
): Promise<FoundRecord | null> {
  let place: StartPlace | null = from;
  while (place !== null) {
    const hit: { header: BatchHeader; position: number; bytes: Uint8Array }[] = [];
    await scanSegment(log.io, segment, place, (header, position, bytes) => {
      if (header.baseOffset + header.lastOffsetDelta >= wanted.endOffset) return false;
      if (!wanted.batch(header)) return true;
      hit.push({ header, position, bytes: bytes.slice() });
      return false;
    });
    const batch = hit[0];
    if (batch === undefined) return null;
    const found = await findInBatch(log, batch, wanted);
    if (found !== null) return found;
    place = {
      position: batch.position + batch.header.sizeInBytes,
      lastOffset: -1,
      baseOffset: batch.header.baseOffset + batch.header.lastOffsetDelta + 1,
    };
  }
  return null;
}

/** The record wanted in a batch. One that cannot be unpacked counts as a whole, by its header. */
async function findInBatch(
  log: PartitionLog,
  { header, bytes }: { readonly header: BatchHeader; readonly bytes: Uint8Array },
  wanted: Wanted,
): Promise<FoundRecord | null> {
  try {
    for (const record of await decodeRecords(log, header, bytes)) {
      if (wanted.record(record)) return { offset: record.offset, timestamp: record.timestamp };
    }
    return null;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { offset: header.baseOffset, timestamp: header.maxTimestamp };
  }
}

/** The records of a batch; unpacked in a worker where it is compressed. */
export async function decodeRecords(
  log: PartitionLog,
  header: BatchHeader,
  batch: Uint8Array,
): Promise<Iterable<LogRecord>> {
  const packed = batch.subarray(BATCH_HEADER_SIZE);
  const codec = codecOf(header.attributes);
  if (codec === 0) return iterateRecords(header, packed);
  const { workers } = log.environment;
  return iterateRecords(header, await workers.decompress(codec, packed, UNPACKED_BYTES_MAX));
}

function indexesOf(log: PartitionLog, segment: Segment): Promise<SegmentIndexes> {
  const { indexCache } = log.environment;
  return indexCache.indexesOf(log.io, segment, log.config.indexIntervalBytes);
}

function segmentAt(log: PartitionLog, offset: number): number {
  return Math.max(
    0,
    log.segments.findLastIndex((segment) => segment.baseOffset <= offset),
  );
}
