/** A segment's index files: what they say when it is loaded, and how its indexes get into them. */
import type { Disk, FileStat } from "#io/ports.ts";
import { readSmallFile } from "./atomic-file.ts";
import { type ReaderIo, walkOverDamage } from "./log-reader.ts";
import { newestOf, Segment, type SegmentIndexes } from "./segment.ts";
import { OFFSET_ENTRY_SIZE, OffsetIndex, TIME_ENTRY_SIZE, TimeIndex } from "./sparse-index.ts";

/** The indexes of a closed segment, read from their files; made again where those make no sense. */
export async function loadIndexes(
  io: ReaderIo,
  segment: Segment,
  indexIntervalBytes: number,
): Promise<SegmentIndexes> {
  const offsetBytes = await readSmallFile(io.disk, segment.path(".index"));
  const timeBytes = await readSmallFile(io.disk, segment.path(".timeindex"));
  const offsets =
    offsetBytes === null ? null : OffsetIndex.decode(offsetBytes, segment.writtenSize);
  const times = timeBytes === null ? null : TimeIndex.decode(timeBytes);
  const isEmptyByMistake = offsets?.count === 0 && segment.writtenSize > 64 * indexIntervalBytes;
  if (offsets === null || times === null || isEmptyByMistake) {
    return await rebuildIndexes(io, segment, indexIntervalBytes);
  }
  segment.savedOffsetEntries = offsets.count;
  segment.savedTimeEntries = times.count;
  return { offsets, times };
}

/** Makes both indexes again from the batches of the segment and, if it can, writes them to files. */
export async function rebuildIndexes(
  io: ReaderIo,
  segment: Segment,
  indexIntervalBytes: number,
): Promise<SegmentIndexes> {
  const fresh = new Segment(segment.folder, segment.baseOffset, segment.createdAt);
  fresh.suffix = segment.suffix;
  fresh.writtenSize = segment.writtenSize;
  await walkOverDamage(io, fresh, fresh.start, (header, position) => {
    fresh.book(
      {
        lastOffset: header.baseOffset + header.lastOffsetDelta,
        position,
        size: header.sizeInBytes,
        maxTimestamp: newestOf(header),
      },
      indexIntervalBytes,
    );
    return true;
  });
  fresh.finishTimes();
  // Reading must go on where the disk is full; what is not in the files is made again.
  await saveIndexes(io.disk, fresh, { isClosed: false, isMissing: true }).catch(() => {});
  segment.maxTimestamp = fresh.maxTimestamp;
  segment.offsetOfMaxTimestamp = fresh.offsetOfMaxTimestamp;
  segment.firstTimestamp = fresh.firstTimestamp;
  segment.isNewestKnown = true;
  segment.savedOffsetEntries = fresh.savedOffsetEntries;
  segment.savedTimeEntries = fresh.savedTimeEntries;
  return fresh.indexes as SegmentIndexes;
}

/** Sets a segment back to "nothing booked". */
export function restart(segment: Segment, indexes: SegmentIndexes): void {
  segment.indexes = indexes;
  segment.size = 0;
  segment.maxTimestamp = -1;
  segment.offsetOfMaxTimestamp = -1;
  segment.firstTimestamp = -1;
  segment.isNewestKnown = true;
}

/**
 * Brings the index files to what is in memory. Those of a closed segment are durable when it returns:
 * a recovery point behind it is trusted to say that they are right. Where the files are missing, both
 * are made although there is nothing to put into them.
 */
export async function saveIndexes(
  disk: Disk,
  segment: Segment,
  { isClosed, isMissing = false }: { readonly isClosed: boolean; readonly isMissing?: boolean },
): Promise<void> {
  if (segment.indexes === null) return;
  const { offsets, times } = segment.indexes;
  const savedOffsets = segment.savedOffsetEntries;
  const offsetCount = offsets.count;
  const savedTimes = segment.savedTimeEntries;
  const timeCount = times.count;
  // Both or none: Kafka's tools open the one beside the other.
  const isUpToDate = savedOffsets === offsetCount && savedTimes === timeCount;
  if (isUpToDate && !isClosed && !isMissing) return;
  const fromOffset = Math.min(savedOffsets, offsetCount);
  const fromTime = Math.min(savedTimes, timeCount);
  const offsetEnd = { bytes: offsets.encode(fromOffset), position: fromOffset * OFFSET_ENTRY_SIZE };
  const timeEnd = { bytes: times.encode(fromTime), position: fromTime * TIME_ENTRY_SIZE };
  await replaceEnd(disk, segment.path(".index"), { ...offsetEnd, isSynced: isClosed });
  if (segment.savedOffsetEntries === savedOffsets) segment.savedOffsetEntries = offsetCount;
  await replaceEnd(disk, segment.path(".timeindex"), { ...timeEnd, isSynced: isClosed });
  if (segment.savedTimeEntries === savedTimes) segment.savedTimeEntries = timeCount;
}

interface FileEnd {
  readonly bytes: Uint8Array;
  readonly position: number;
  readonly isSynced: boolean;
}

/** Makes `bytes` what the file holds from `position` on. */
async function replaceEnd(disk: Disk, path: string, end: FileEnd): Promise<void> {
  const { bytes, position, isSynced } = end;
  const file = await disk.open(path, { create: true });
  try {
    if (bytes.length > 0) await file.write([bytes], position);
    await file.truncate(position + bytes.length);
    if (isSynced) await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Learns from the end of its time index what a closed segment's newest record is, without reading the
 * rest. Returns false where the index files are missing or torn. A time index without entries is that of
 * records without timestamps, until somebody asks (`confirmNewest`).
 */
export async function learnNewest(io: ReaderIo, segment: Segment): Promise<boolean> {
  const index = await io.disk.stat(segment.path(".index"));
  const times = await io.disk.stat(segment.path(".timeindex"));
  if (!isWhole(index, OFFSET_ENTRY_SIZE) || !isWhole(times, TIME_ENTRY_SIZE)) return false;
  segment.isNewestKnown = segment.writtenSize === 0;
  if (times === null || times.size === 0) return true;
  const entry = new Uint8Array(TIME_ENTRY_SIZE);
  const file = await io.disk.open(segment.path(".timeindex"), { create: false });
  try {
    await file.read(entry, times.size - TIME_ENTRY_SIZE);
  } finally {
    await file.close();
  }
  const last = TimeIndex.decode(entry);
  if (last === null) return false;
  segment.maxTimestamp = last.timestampAt(0);
  segment.offsetOfMaxTimestamp = segment.baseOffset + last.relativeOffsetAt(0);
  return true;
}

function isWhole(stat: FileStat | null, entrySize: number): boolean {
  return stat !== null && stat.size % entrySize === 0;
}

/**
 * Holds what an index file said of a segment's newest record against its batches, before anything is
 * deleted or passed over because of it. Reads little where timestamps grow with offsets.
 */
export async function confirmNewest(
  io: ReaderIo,
  segment: Segment,
  indexes: SegmentIndexes,
): Promise<void> {
  if (segment.isNewestKnown) return;
  const { maxTimestamp, offsetOfMaxTimestamp } = segment;
  let isThere = maxTimestamp < 0;
  let isLargest = true;
  const place = segment.placeOf(indexes, offsetOfMaxTimestamp);
  await walkOverDamage(io, segment, place, (header) => {
    const lastOffset = header.baseOffset + header.lastOffsetDelta;
    const newest = newestOf(header);
    if (lastOffset === offsetOfMaxTimestamp) isThere = newest === maxTimestamp;
    else if (lastOffset > offsetOfMaxTimestamp) isLargest &&= newest <= maxTimestamp;
    return isLargest;
  });
  if (!isThere || !isLargest) await findNewestAnew(io, segment);
  segment.isNewestKnown = true;
}

async function findNewestAnew(io: ReaderIo, segment: Segment): Promise<void> {
  let newest = -1;
  let newestOffset = -1;
  await walkOverDamage(io, segment, segment.start, (header) => {
    if (newestOf(header) > newest) {
      newest = newestOf(header);
      newestOffset = header.baseOffset + header.lastOffsetDelta;
    }
    return true;
  });
  segment.maxTimestamp = newest;
  segment.offsetOfMaxTimestamp = newestOffset;
}
