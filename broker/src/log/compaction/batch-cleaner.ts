/**
 * Says what compaction leaves of each batch, in the order of the log.
 *
 *   records    the newest of each key; those without a key go
 *   tombstones stay until the delete horizon of their batch, set by the first pass that meets them (KIP-534)
 *   aborted    goes at once
 *   markers    stay as long as a batch of their transaction was seen, and then until their own horizon
 *   producers  the last batch that a log knows of one stays, without records if need be
 *
 * What lies behind the last offset that the map of keys has seen stays byte by byte.
 */
import { int32At } from "@runnel/kit/byte-reader.ts";
import { DecodeError } from "@runnel/kit/errors.ts";
import { decompress } from "@runnel/protocol/compression/codecs.ts";
import {
  BATCH_HEADER_SIZE,
  type BatchHeader,
  codecNameOf,
  hasDeleteHorizon,
  isCompressed,
  isControl,
  isTransactional,
  NO_PRODUCER_ID,
} from "@runnel/protocol/records/batch.ts";
import type { KeyMap } from "./key-map.ts";
import { UNPACKED_BYTES_MAX } from "./limits.ts";
import type { ActiveProducer } from "./ports.ts";
import { RecordTable } from "./record-table.ts";
import { emptyBatch, rewriteBatch } from "./rewrite.ts";
import type { MarkerKind, TransactionTracker } from "./transaction-tracker.ts";

export interface CleanRules {
  readonly keys: KeyMap;
  /** The map knows of every record up to here. */
  readonly lastOffset: number;
  readonly nowMs: number;
  /** `delete.retention.ms` of the topic. */
  readonly deleteRetentionMs: number;
  readonly producers: ReadonlyMap<bigint, ActiveProducer>;
}

/** What is left of a batch. */
export type Cleaned =
  | { readonly kind: "same" }
  | { readonly kind: "gone" }
  | { readonly kind: "changed"; readonly batch: Uint8Array };

/** Counts of one pass. */
export interface CleanCounts {
  recordsRead: number;
  recordsRemoved: number;
  /** Of those removed, how many had no key. */
  recordsWithoutKey: number;
  /** Batches that were kept because their records could not be read. */
  batchesUnread: number;
}

export function noCounts(): CleanCounts {
  return { recordsRead: 0, recordsRemoved: 0, recordsWithoutKey: 0, batchesUnread: 0 };
}

const SAME: Cleaned = { kind: "same" };
const GONE: Cleaned = { kind: "gone" };
const KEPT_MIN = 256;

export class BatchCleaner {
  readonly counts = noCounts();
  readonly #rules: CleanRules;
  readonly #tracker: TransactionTracker;
  readonly #table = new RecordTable();
  #isKept = new Uint8Array(KEPT_MIN);

  constructor(rules: CleanRules, tracker: TransactionTracker) {
    this.#rules = rules;
    this.#tracker = tracker;
  }

  /** What is left of the batch at `at`, which is whole and has the right checksum. */
  clean(bytes: Uint8Array, at: number, header: BatchHeader): Cleaned {
    const { baseOffset, attributes, recordCount } = header;
    if (baseOffset > this.#rules.lastOffset) return SAME;
    if (isControl(attributes)) return this.#cleanMarker(bytes, at, header);
    // One without records counts as well: at a restart it begins a transaction that needs its marker.
    const isAborted =
      isTransactional(attributes) &&
      this.#tracker.onData(header.producerId, baseOffset + header.lastOffsetDelta);
    if (recordCount === 0) return this.#isLastOfProducer(header) ? SAME : GONE;
    if (!isAborted) return this.#cleanRecords(bytes, at, header);
    this.counts.recordsRead += recordCount;
    this.counts.recordsRemoved += recordCount;
    return this.#emptied(bytes, at, header);
  }

  #cleanMarker(bytes: Uint8Array, at: number, header: BatchHeader): Cleaned {
    const { attributes, baseTimestamp, baseOffset, lastOffsetDelta, recordCount } = header;
    const kind = markerKindOf(bytes, at, header);
    const isSpent = this.#tracker.onMarker(header.producerId, baseOffset + lastOffsetDelta, kind);
    if (recordCount === 0) return this.#isLastOfProducer(header) ? SAME : GONE;
    if (!isSpent) return SAME;
    const { nowMs } = this.#rules;
    if (hasDeleteHorizon(attributes)) {
      return baseTimestamp <= nowMs ? this.#emptied(bytes, at, header) : SAME;
    }
    if (!this.#readTable(bytes, at, header)) return SAME;
    this.#keepAll();
    return this.#rewritten(bytes, at, header, { count: recordCount, setsHorizon: true });
  }

  #cleanRecords(bytes: Uint8Array, at: number, header: BatchHeader): Cleaned {
    if (!this.#readTable(bytes, at, header)) {
      this.counts.batchesUnread += 1;
      return SAME;
    }
    const { keys, lastOffset, nowMs } = this.#rules;
    const { baseOffset, attributes, baseTimestamp } = header;
    const table = this.#table;
    const hasHorizon = hasDeleteHorizon(attributes);
    const areTombstonesDue = hasHorizon && baseTimestamp <= nowMs;
    let count = 0;
    let hasTombstone = false;
    for (let row = 0; row < table.count; row += 1) {
      const offset = baseOffset + (table.offsetDeltas[row] as number);
      const keyLength = table.keyLengths[row] as number;
      const isTombstone = table.valueLengths[row] === -1;
      let isKept = offset > lastOffset;
      if (!isKept && keyLength >= 0) {
        const start = table.keyStarts[row] as number;
        const isNewest = keys.get(table.bytes, start, start + keyLength) <= offset;
        isKept = isNewest && !(isTombstone && areTombstonesDue);
        hasTombstone ||= isKept && isTombstone;
      } else if (!isKept) this.counts.recordsWithoutKey += 1;
      this.#isKept[row] = isKept ? 1 : 0;
      if (isKept) count += 1;
    }
    this.counts.recordsRead += table.count;
    this.counts.recordsRemoved += table.count - count;
    if (count === 0) return this.#emptied(bytes, at, header);
    const setsHorizon = hasTombstone && !hasHorizon;
    if (count === table.count && !setsHorizon) return SAME;
    return this.#rewritten(bytes, at, header, { count, setsHorizon });
  }

  #rewritten(
    bytes: Uint8Array,
    at: number,
    header: BatchHeader,
    { count, setsHorizon }: { readonly count: number; readonly setsHorizon: boolean },
  ): Cleaned {
    const { nowMs, deleteRetentionMs } = this.#rules;
    const deleteHorizonMs = setsHorizon ? nowMs + deleteRetentionMs : null;
    const kept = { table: this.#table, isKept: this.#isKept, count, deleteHorizonMs };
    return { kind: "changed", batch: rewriteBatch(bytes, at, header, kept) };
  }

  #emptied(bytes: Uint8Array, at: number, header: BatchHeader): Cleaned {
    if (!this.#isLastOfProducer(header)) return GONE;
    return { kind: "changed", batch: emptyBatch(bytes, at) };
  }

  #isLastOfProducer(header: BatchHeader): boolean {
    if (header.producerId === NO_PRODUCER_ID) return false;
    const known = this.#rules.producers.get(header.producerId);
    if (known === undefined) return false;
    if (known.lastDataOffset < 0) {
      return isControl(header.attributes) && header.producerEpoch === known.epoch;
    }
    return header.baseOffset + header.lastOffsetDelta === known.lastDataOffset;
  }

  #keepAll(): void {
    this.#isKept.fill(1, 0, this.#table.count);
  }

  /** Reads the records into the table; false where they cannot be read. */
  #readTable(bytes: Uint8Array, at: number, header: BatchHeader): boolean {
    if (!readRecords(this.#table, bytes, at, header)) return false;
    if (this.#table.count > this.#isKept.length) {
      this.#isKept = new Uint8Array(this.#table.keyStarts.length);
    }
    return true;
  }
}

/** Reads the records of the batch at `at` into `table`, unpacked; false where they cannot be read. */
export function readRecords(
  table: RecordTable,
  bytes: Uint8Array,
  at: number,
  header: BatchHeader,
): boolean {
  const [start, end] = [at + BATCH_HEADER_SIZE, at + header.sizeInBytes];
  try {
    if (!isCompressed(header.attributes)) {
      table.read(header, bytes, start, end);
      return true;
    }
    const codec = codecNameOf(header.attributes);
    if (codec === undefined) return false;
    const packed = bytes.subarray(start, end);
    const records = decompress(codec, packed, { maxOutputLength: UNPACKED_BYTES_MAX });
    table.read(header, records, 0, records.length);
    return true;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return false;
  }
}

const markers = new RecordTable();

/** What the control batch at `at` says. */
export function markerKindOf(bytes: Uint8Array, at: number, header: BatchHeader): MarkerKind {
  if (header.recordCount === 0) return "none";
  if (!readRecords(markers, bytes, at, header) || (markers.keyLengths[0] as number) < 4) {
    return "other";
  }
  // int16 version, int16 kind: 0 aborts, 1 commits.
  const kind = int32At(markers.bytes, markers.keyStarts[0] as number) & 0xffff;
  return kind === 0 ? "abort" : kind === 1 ? "commit" : "other";
}
