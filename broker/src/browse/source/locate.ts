/** Turns what people say of a range, times and offsets, into offsets of one partition. */
import { IoError } from "@runnel/kit/errors.ts";
import type { BatchHeader } from "@runnel/protocol/records/batch.ts";
import { newestOf } from "#log/segment.ts";
import type { OffsetRange } from "./partition-reader.ts";
import { SegmentSource, type SourceWorld } from "./segment-source.ts";
import { type PartitionSnapshot, segmentsOf } from "./snapshot.ts";

/**
 * The batches that a range of times touches. A record belongs to a time by where it lies: what was
 * appended late, behind the first record of `toMs` or later, is outside.
 */
export async function locateTimes(
  world: SourceWorld,
  snapshot: PartitionSnapshot,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<OffsetRange> {
  const { logStartOffset, endOffset } = snapshot;
  const first = Number.isFinite(fromMs) ? await firstSince(world, snapshot, fromMs) : null;
  const last = Number.isFinite(toMs) ? await firstSince(world, snapshot, toMs) : null;
  const isEmpty = Number.isFinite(fromMs) && first === null;
  const low = isEmpty ? endOffset : (first?.baseOffset ?? logStartOffset);
  const high = last === null ? endOffset : last.baseOffset + last.lastOffsetDelta + 1;
  return { low: Math.max(low, logStartOffset), high: Math.min(high, endOffset) };
}

/** The first batch with a timestamp from `timestamp` on; null where there is none to be seen. */
async function firstSince(
  world: SourceWorld,
  snapshot: PartitionSnapshot,
  timestamp: number,
): Promise<BatchHeader | null> {
  const { folder, logStartOffset, endOffset } = snapshot;
  for (const [index, segment] of segmentsOf(snapshot).entries()) {
    if (segment.endOffset <= logStartOffset) continue;
    const unsaved = snapshot.unsaved.find((one) => one.segment === index) ?? null;
    const source = new SegmentSource(world, { folder, segment, unsaved, onSkip: () => {} });
    try {
      const found = await firstIn(source, timestamp, logStartOffset);
      if (found === null) continue;
      return found.baseOffset < endOffset ? found : null;
    } catch (error) {
      // A segment that cannot be read has nothing to show; the scan tells of it.
      if (!(error instanceof IoError)) throw error;
    }
  }
  return null;
}

async function firstIn(
  source: SegmentSource,
  timestamp: number,
  logStartOffset: number,
): Promise<BatchHeader | null> {
  const { segment } = source;
  const isWanted = (header: BatchHeader): boolean =>
    newestOf(header) >= timestamp && header.baseOffset + header.lastOffsetDelta >= logStartOffset;
  if (segment.maxTimestamp < timestamp) {
    if (segment.isNewestKnown) return null;
    if (await isNewest(source)) return null;
    return await source.findFrom(source.start, isWanted);
  }
  return await source.findFrom(await source.placeOfTime(timestamp), isWanted);
}

/** Whether the batch that an index names as the newest is there, and none behind it is newer. */
async function isNewest(source: SegmentSource): Promise<boolean> {
  const { maxTimestamp, offsetOfMaxTimestamp } = source.segment;
  let isThere = maxTimestamp < 0;
  const place = isThere ? source.start : await source.placeOf(offsetOfMaxTimestamp);
  const newer = await source.findFrom(place, (header) => {
    const lastOffset = header.baseOffset + header.lastOffsetDelta;
    if (lastOffset === offsetOfMaxTimestamp) isThere = newestOf(header) === maxTimestamp;
    return newestOf(header) > maxTimestamp;
  });
  return isThere && newer === null;
}
