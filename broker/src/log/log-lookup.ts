/** Finds things in a log: batches from an offset, an offset by time, the newest record. */
import { BATCH_HEADER_SIZE, type BatchHeader, codecOf } from "@runnel/protocol/records/batch.ts";
import { iterateRecords, type LogRecord } from "@runnel/protocol/records/iterate.ts";
import {
  type ReadRange,
  readSegment,
  type StartPlace,
  scanSegment,
  startOf,
} from "./log-reader.ts";
import type { PartitionLog } from "./partition-log.ts";
import type { Segment, SegmentIndexes } from "./segment.ts";
import type { TailRead } from "./tail-cache.ts";

/** What a compressed batch may unpack to where the broker looks inside: far above any real one. */
export const UNPACKED_BYTES_MAX = 256 * 1024 * 1024;

const NOTHING: TailRead = { parts: [], size: 0 };

/** Batches of `range` from memory; null where they must be read from the disk. */
export function readCached(log: PartitionLog, range: ReadRange): TailRead | null {
  if (range.offset >= range.endOffset) return NOTHING;
  return log.tail.read(range.offset, range.endOffset, range.bytesMax, range.atLeastOne);
}

/** Batches of `range` from the disk. Throws `IoError` where they are damaged or cannot be read. */
export async function readStored(log: PartitionLog, range: ReadRange): Promise<TailRead> {
  let at = segmentAt(log, range.offset);
  for (;;) {
    const segment = log.segments[at];
    if (segment === undefined || segment.baseOffset >= range.endOffset) return NOTHING;
    const indexes = await indexesOf(log, segment);
    const place = placeOf(segment, indexes, range.offset);
    const bytes = await readSegment(log.io, segment, place, range);
    if (bytes.length > 0) return { parts: [bytes], size: bytes.length };
    const next = log.segments[at + 1];
    if (next === undefined || next.baseOffset > range.offset) return NOTHING;
    at += 1;
  }
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
    if (segment.maxTimestamp >= 0 && segment.maxTimestamp < timestamp) continue;
    const { offsets, times } = await indexesOf(log, segment);
    const entry = times.findBefore(timestamp);
    const from =
      entry < 0 ? segment.baseOffset : segment.baseOffset + times.relativeOffsetAt(entry);
    const place = placeOf(segment, { offsets, times }, Math.max(from, start));
    const found = await findRecord(log, segment, place, {
      batch: (header) => header.maxTimestamp >= timestamp,
      record: (record) => record.timestamp >= timestamp && record.offset >= start,
      endOffset,
    });
    if (found !== null) return found;
  }
  return null;
}

/** The record with the largest timestamp, the first of equals; null in an empty log. */
export async function findNewest(
  log: PartitionLog,
  endOffset: number,
): Promise<FoundRecord | null> {
  const segments = log.segments.filter((segment) => segment.baseOffset < endOffset);
  const newest = Math.max(-1, ...segments.map((segment) => segment.maxTimestamp));
  if (newest < 0) return null;
  return await findByTimestamp(log, newest, endOffset);
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
    for (const record of await decodeRecords(log, batch.header, batch.bytes)) {
      if (wanted.record(record)) return { offset: record.offset, timestamp: record.timestamp };
    }
    place = {
      position: batch.position + batch.header.sizeInBytes,
      lastOffset: -1,
      baseOffset: batch.header.baseOffset + batch.header.lastOffsetDelta + 1,
    };
  }
  return null;
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

/** Where to begin reading for `offset`: the last indexed batch that ends at or before it. */
function placeOf(segment: Segment, indexes: SegmentIndexes, offset: number): StartPlace {
  const entry = indexes.offsets.find(offset - segment.baseOffset);
  if (entry < 0) return startOf(segment);
  return {
    position: indexes.offsets.positionAt(entry),
    lastOffset: segment.baseOffset + indexes.offsets.relativeOffsetAt(entry),
    baseOffset: -1,
  };
}

function segmentAt(log: PartitionLog, offset: number): number {
  return Math.max(
    0,
    log.segments.findLastIndex((segment) => segment.baseOffset <= offset),
  );
}
