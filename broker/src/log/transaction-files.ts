/** `.txnindex` files of closed segments: written once, read where somebody reads that far back. */
import { type BatchHeader, isControl, NO_PRODUCER_ID } from "@runnel/protocol/records/batch.ts";
import { readMarker } from "@runnel/protocol/records/control.ts";
import type { Disk } from "#io/ports.ts";
import { readSmallFile, replaceFile } from "./atomic-file.ts";
import { type ReaderIo, walkOverDamage } from "./log-reader.ts";
import { fileName } from "./names.ts";
import { ProducerState } from "./producer-state.ts";
import type { Segment } from "./segment.ts";
import {
  type AbortedTransaction,
  decodeTransactionIndex,
  encodeTransactionIndex,
  entriesInFile,
} from "./transaction-index.ts";

/** Aborted transactions of closed segments that are in memory, of all logs together. */
export const CACHED_ENTRIES_MAX = 100_000;

/**
 * Books a batch of the log, a marker too, in `producers`, that was appended at `nowMs`; at replay as of its
 * own time. `bytes` is the whole batch, `header` as it is stored. Returns the transaction that it aborts;
 * null for any other batch.
 */
export function bookBatch(
  producers: ProducerState,
  header: BatchHeader,
  bytes: Uint8Array,
  nowMs?: number,
): AbortedTransaction | null {
  const { producerId, producerEpoch, attributes, baseOffset: offset, maxTimestamp } = header;
  if (producerId === NO_PRODUCER_ID) return null;
  if (!isControl(attributes)) {
    producers.update(header, offset, nowMs);
    return null;
  }
  const marker = readMarker(bytes, header);
  if (marker === null) return null;
  const place = { offset, timestamp: maxTimestamp };
  return producers.endTransaction({ ...marker, producerId, producerEpoch }, place);
}

/** Writes the file of a closed segment, durable when it returns; its entries may leave memory. */
export async function saveTransactions(disk: Disk, segment: Segment): Promise<void> {
  const { folder, baseOffset, aborted } = segment;
  if (aborted === null) return;
  const name = fileName(baseOffset, ".txnindex");
  await replaceFile(disk, folder, name, encodeTransactionIndex(aborted));
  segment.forgetAborted();
}

/** Learns how many transactions a closed segment has; false where its file is missing or torn. */
export async function learnTransactions(disk: Disk, segment: Segment): Promise<boolean> {
  const stat = await disk.stat(segment.path(".txnindex"));
  const count = stat === null ? null : entriesInFile(stat.size);
  if (count === null) return false;
  segment.forgetAborted(count);
  return true;
}

/**
 * Finds the aborted transactions of the closed segments `wanted`, by reading the log from its beginning.
 * They are in memory afterwards.
 */
export async function rebuildTransactions(
  io: ReaderIo,
  segments: readonly Segment[],
  wanted: ReadonlySet<Segment>,
): Promise<void> {
  const producers = new ProducerState();
  const last = segments.findLastIndex((segment) => wanted.has(segment));
  for (const segment of segments.slice(0, last + 1)) {
    const aborted: AbortedTransaction[] = [];
    await walkOverDamage(io, segment, segment.start, (header, _position, bytes) => {
      const found = bookBatch(producers, header, bytes);
      producers.transactions.settle(header.baseOffset + 1);
      if (found !== null) aborted.push(found);
      return true;
    });
    if (wanted.has(segment)) segment.aborted = aborted;
  }
}

/** What was read of files last. */
export class TransactionCache {
  /** Least recently used first. */
  readonly #loaded = new Map<Segment, readonly AbortedTransaction[]>();
  #entries = 0;

  /** The aborted transactions of `segment` where they are in memory, or there are none. */
  get(segment: Segment): readonly AbortedTransaction[] | null {
    if (segment.aborted !== null) return segment.aborted;
    if (segment.abortedCount === 0) return NONE;
    const known = this.#loaded.get(segment);
    if (known === undefined) return null;
    this.#loaded.delete(segment);
    this.#loaded.set(segment, known);
    return known;
  }

  /** The same from the file; null where that is missing or damaged. */
  async load(disk: Disk, segment: Segment): Promise<readonly AbortedTransaction[] | null> {
    const bytes = await readSmallFile(disk, segment.path(".txnindex"));
    const entries = bytes === null ? null : decodeTransactionIndex(bytes);
    if (entries === null || this.#loaded.has(segment)) return entries;
    this.#loaded.set(segment, entries);
    this.#entries += entries.length;
    for (const [oldest, { length }] of this.#loaded) {
      if (this.#entries <= CACHED_ENTRIES_MAX || oldest === segment) break;
      this.#loaded.delete(oldest);
      this.#entries -= length;
    }
    return entries;
  }
}

const NONE: readonly AbortedTransaction[] = [];
