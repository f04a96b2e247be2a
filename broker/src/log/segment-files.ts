/** A segment's files: what they say when it is loaded, and how its indexes get into them. */
import type { FileStat } from "#io/ports.ts";
import { readSmallFile } from "./atomic-file.ts";
import { type ReaderIo, startOf, walkBatches } from "./log-reader.ts";
import type { Segment, SegmentIndexes } from "./segment.ts";
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
    return rebuildIndexes(io, segment, indexIntervalBytes);
  }
  segment.savedOffsetEntries = offsets.count;
  segment.savedTimeEntries = times.count;
  return { offsets, times };
}

/** Makes both indexes again from the batches of the segment and writes them to their files. */
export async function rebuildIndexes(
  io: ReaderIo,
  segment: Segment,
  indexIntervalBytes: number,
): Promise<SegmentIndexes> {
  const indexes = { offsets: new OffsetIndex(), times: new TimeIndex() };
  const size = segment.writtenSize;
  restart(segment, indexes);
  await walkBatches(io, segment, startOf(segment), (header, position) => {
    segment.book(
      {
        lastOffset: header.baseOffset + header.lastOffsetDelta,
        position,
        size: header.sizeInBytes,
        maxTimestamp: header.maxTimestamp,
      },
      indexIntervalBytes,
    );
    return true;
  });
  segment.finishTimes();
  segment.size = size;
  segment.savedOffsetEntries = 0;
  segment.savedTimeEntries = 0;
  await saveIndexes(io, segment);
  return indexes;
}

/** Sets a segment back to "nothing booked". */
export function restart(segment: Segment, indexes: SegmentIndexes): void {
  segment.indexes = indexes;
  segment.size = 0;
  segment.maxTimestamp = -1;
  segment.offsetOfMaxTimestamp = -1;
  segment.firstTimestamp = -1;
}

/** Brings the index files to what is in memory. Nothing needs them to survive a power cut. */
export async function saveIndexes({ files }: ReaderIo, segment: Segment): Promise<void> {
  const indexes = segment.indexes;
  if (indexes === null) return;
  const { offsets, times } = indexes;
  const fromOffset = Math.min(segment.savedOffsetEntries, offsets.count);
  const fromTime = Math.min(segment.savedTimeEntries, times.count);
  const offsetBytes = offsets.encode(fromOffset);
  const timeBytes = times.encode(fromTime);
  segment.savedOffsetEntries = offsets.count;
  segment.savedTimeEntries = times.count;
  await files.use(segment.path(".index"), async (file) => {
    await file.write([offsetBytes], fromOffset * OFFSET_ENTRY_SIZE);
    await file.truncate(fromOffset * OFFSET_ENTRY_SIZE + offsetBytes.length);
  });
  await files.use(segment.path(".timeindex"), async (file) => {
    await file.write([timeBytes], fromTime * TIME_ENTRY_SIZE);
    await file.truncate(fromTime * TIME_ENTRY_SIZE + timeBytes.length);
  });
  await files.release(segment.path(".index"));
  await files.release(segment.path(".timeindex"));
}

/**
 * Learns from the end of its time index what a closed segment's newest record is, without reading the
 * rest. Returns false where the index files are missing or torn.
 */
export async function learnNewest(io: ReaderIo, segment: Segment): Promise<boolean> {
  const index = await io.disk.stat(segment.path(".index"));
  const times = await io.disk.stat(segment.path(".timeindex"));
  if (!isWhole(index, OFFSET_ENTRY_SIZE) || !isWhole(times, TIME_ENTRY_SIZE)) return false;
  if (times === null || times.size === 0) return segment.writtenSize === 0;
  const entry = new Uint8Array(TIME_ENTRY_SIZE);
  await io.files.use(segment.path(".timeindex"), (file) =>
    file.read(entry, times.size - TIME_ENTRY_SIZE),
  );
  await io.files.release(segment.path(".timeindex"));
  const last = TimeIndex.decode(entry);
  if (last === null) return false;
  segment.maxTimestamp = last.timestampAt(0);
  segment.offsetOfMaxTimestamp = segment.baseOffset + last.relativeOffsetAt(0);
  return true;
}

function isWhole(stat: FileStat | null, entrySize: number): boolean {
  return stat !== null && stat.size % entrySize === 0;
}
