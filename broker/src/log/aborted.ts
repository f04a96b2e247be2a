/** Which aborted transactions a reader of committed data must be told of. */
import { IoError, messageOf } from "@runnel/kit/errors.ts";
import type { PartitionLog } from "./partition-log.ts";
import type { Segment } from "./segment.ts";
import { rebuildTransactions } from "./transaction-files.ts";
import type { AbortedTransaction } from "./transaction-index.ts";

/** The code of an error about a segment that went while it was read. */
const LOG_CHANGED = "RUNNEL_LOG_CHANGED";

/**
 * Those with records from `fromOffset` up to `endOffset`, which is at most the last stable offset, as far
 * as records say so: markers from `fromOffset` on, first offsets below `endOffset`. A promise where files
 * have to be read.
 */
export function abortedBetween(
  log: PartitionLog,
  fromOffset: number,
  endOffset: number,
): readonly AbortedTransaction[] | Promise<readonly AbortedTransaction[]> {
  const found: AbortedTransaction[] = [];
  const segments = log.segments.slice(segmentOf(log.segments, fromOffset));
  for (const [index, segment] of segments.entries()) {
    const entries = log.environment.transactions.get(segment);
    if (entries === null)
      return fromFiles(log, segments.slice(index), { fromOffset, endOffset, found });
    if (collect(entries, { fromOffset, endOffset, found })) break;
  }
  return found;
}

interface Search {
  readonly fromOffset: number;
  readonly endOffset: number;
  readonly found: AbortedTransaction[];
}

async function fromFiles(
  log: PartitionLog,
  segments: readonly Segment[],
  search: Search,
): Promise<readonly AbortedTransaction[]> {
  const { transactions, disk } = log.environment;
  for (const segment of segments) {
    const entries = transactions.get(segment) ?? (await transactions.load(disk, segment));
    if (entries === null && !log.segments.includes(segment)) {
      // It has left the log, and its file with it: what came in its place says the same.
      return abortedBetween(log, search.fromOffset, search.endOffset);
    }
    if (collect(entries ?? (await madeAnew(log, segment)), search)) break;
  }
  return search.found;
}

/**
 * What the index of `segment` should say. It stays in memory until a restart: a file would have to be
 * kept apart from that of a segment that compaction puts here meanwhile.
 */
async function madeAnew(
  log: PartitionLog,
  segment: Segment,
): Promise<readonly AbortedTransaction[]> {
  const { logger } = log.environment;
  const path = segment.path(".txnindex");
  logger.warn({ path }, "index of aborted transactions is missing or damaged, made anew");
  await rebuildTransactions(log.io, log.segments, new Set([segment])).catch((error) => {
    logger.error({ path, error: messageOf(error) }, "it cannot be made anew");
    throw error;
  });
  const { aborted } = segment;
  if (aborted === null) throw new IoError(LOG_CHANGED, `${path}: the segment has left the log`);
  return aborted;
}

/** Takes what is wanted of `entries`; returns whether later ones cannot be. */
function collect(
  entries: readonly AbortedTransaction[],
  { fromOffset, endOffset, found }: Search,
): boolean {
  for (const entry of entries) {
    if (entry.lastOffset >= fromOffset && entry.firstOffset < endOffset) found.push(entry);
    if (entry.lastStableOffset >= endOffset) return true;
  }
  return false;
}

function segmentOf(segments: readonly Segment[], offset: number): number {
  return Math.max(
    0,
    segments.findLastIndex(({ baseOffset }) => baseOffset <= offset),
  );
}
