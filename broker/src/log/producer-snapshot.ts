/**
 * The `.snapshot` file of a producer state, version 1 of Kafka's format: int16 version, uint32 CRC-32C
 * of the rest, int32 count, then per producer int64 id, int16 epoch, int32 last sequence, int64 last
 * offset, int32 offset delta, int64 timestamp, int32 coordinator epoch, int64 first offset of the open
 * transaction.
 *
 * Kafka keeps one batch per producer; behind its array, where its readers stop, stands the rest. The
 * windows: int32 count, then per batch int64 id, int32 base and last sequence, int64 base and last offset,
 * int64 timestamp; so a producer that resends five batches after a restart is still recognised. The
 * transactions of the active segment that were aborted so far, as in a `.txnindex`: int32 count, entries.
 * Last the int64 offset that the snapshot was taken at, as in its name.
 */
import { ByteReader } from "@runnel/kit/byte-reader.ts";
import { ByteWriter, setInt32 } from "@runnel/kit/byte-writer.ts";
import { crc32c } from "@runnel/kit/crc32c.ts";
import { DecodeError } from "@runnel/kit/errors.ts";
import { type BatchMark, type ProducerEntry, ProducerState } from "./producer-state.ts";
import {
  ABORTED_SIZE,
  type AbortedTransaction,
  readEntries,
  writeEntries,
} from "./transaction-index.ts";

const VERSION = 1;
const CRC_AT = 2;
const CRC_END = 6;
const ENTRY_SIZE = 46;
const MARK_SIZE = 40;
/** Three counts and the offset. */
const REST_SIZE = 20;
const NO_BATCH = -1;
const NO_TRANSACTION = -1;

/** What a snapshot file holds. */
export interface ProducerSnapshot {
  readonly producers: ProducerState;
  /** In the segment that was active, up to the snapshot's offset. */
  readonly aborted: readonly AbortedTransaction[];
}

/** What goes into a snapshot file, as it was at one moment. */
export interface SnapshotContent {
  /** Least recently active first. */
  readonly producers: readonly ProducerEntry[];
  /** As in `ProducerSnapshot`. */
  readonly aborted: readonly AbortedTransaction[];
}

/** Producers that are encoded in one turn. */
const PRODUCERS_PER_TURN = 5_000;

/** Makes the file's bytes, in which all below `offset` is booked; yields where others may have a turn. */
export function* encodeSnapshot(
  { producers, aborted }: SnapshotContent,
  offset: number,
): Generator<undefined, Uint8Array> {
  const marks = producers.reduce((sum, { batches }) => sum + batches.length, 0);
  const size = producers.length * ENTRY_SIZE + marks * MARK_SIZE + aborted.length * ABORTED_SIZE;
  const body = new ByteWriter(CRC_END + size + REST_SIZE);
  body.int16(VERSION);
  body.int32(0);
  body.int32(producers.length);
  for (const [index, entry] of producers.entries()) {
    if (index > 0 && index % PRODUCERS_PER_TURN === 0) yield;
    encodeEntry(body, entry);
  }
  body.int32(marks);
  for (const [index, entry] of producers.entries()) {
    if (index % PRODUCERS_PER_TURN === 0) yield;
    encodeWindow(body, entry);
  }
  body.int32(aborted.length);
  writeEntries(body, aborted);
  body.int64(offset);
  yield;
  const file = body.finish();
  setInt32(file, CRC_AT, crc32c(file.subarray(CRC_END)));
  return file;
}

/**
 * What is in the bytes of the file for `offset`. Throws `DecodeError` where they are damaged, not of
 * this format or of another offset. Kafka's own files are read, too.
 */
export function decodeSnapshot(bytes: Uint8Array, offset: number): ProducerSnapshot {
  const reader = new ByteReader(bytes);
  const version = reader.int16();
  if (version !== VERSION) throw new DecodeError(`producer snapshot of version ${version}`);
  const crc = reader.uint32();
  const content = bytes.subarray(CRC_END);
  if (crc32c(content) !== crc) throw new DecodeError("producer snapshot with a wrong checksum");
  const count = countOf(reader, ENTRY_SIZE);
  const epochs = new Map<bigint, ProducerEntry>();
  for (let i = 0; i < count; i += 1) {
    const entry = decodeEntry(reader);
    epochs.set(entry.producerId, entry);
  }
  let aborted: readonly AbortedTransaction[] = [];
  if (reader.remaining > 0) {
    decodeWindows(reader, epochs);
    aborted = readEntries(reader, countOf(reader, ABORTED_SIZE));
    const takenAt = reader.int64();
    if (takenAt !== offset) throw new DecodeError(`producer snapshot of offset ${takenAt}`);
  }
  return { producers: new ProducerState([...epochs.values()]), aborted };
}

/** A count of entries that are there; the bound of arrays in a request is no bound of a snapshot. */
function countOf(reader: ByteReader, size: number): number {
  const count = reader.int32();
  if (count >= 0 && count * size <= reader.remaining) return count;
  throw new DecodeError(`producer snapshot with ${count} entries in ${reader.remaining} bytes`);
}

function encodeEntry(body: ByteWriter, entry: ProducerEntry): void {
  const last = entry.batches.at(-1);
  body.bigInt64(entry.producerId);
  body.int16(entry.epoch);
  body.int32(last?.lastSequence ?? NO_BATCH);
  body.int64(last?.lastOffset ?? NO_BATCH);
  body.int32(last === undefined ? 0 : last.lastOffset - last.baseOffset);
  body.int64(entry.lastTimestamp);
  body.int32(entry.coordinatorEpoch);
  body.int64(entry.transactionStart ?? NO_TRANSACTION);
}

function encodeWindow(body: ByteWriter, { producerId, batches }: ProducerEntry): void {
  const high = Number(BigInt.asIntN(32, producerId >> 32n));
  const low = Number(BigInt.asIntN(32, producerId));
  for (const mark of batches) {
    body.int32(high);
    body.int32(low);
    body.int32(mark.baseSequence);
    body.int32(mark.lastSequence);
    body.int64(mark.baseOffset);
    body.int64(mark.lastOffset);
    body.int64(mark.timestamp);
  }
}

function decodeEntry(reader: ByteReader): ProducerEntry {
  const producerId = reader.bigInt64();
  const epoch = reader.int16();
  const lastSequence = reader.int32();
  const lastOffset = reader.int64();
  const delta = reader.int32();
  const lastTimestamp = reader.int64();
  const coordinatorEpoch = reader.int32();
  const firstOffset = reader.int64();
  const transactionStart = firstOffset === NO_TRANSACTION ? null : firstOffset;
  const known = { producerId, epoch, coordinatorEpoch, transactionStart, lastTimestamp };
  if (lastOffset < 0) return { ...known, batches: [] };
  const baseSequence =
    lastSequence >= delta ? lastSequence - delta : lastSequence - delta + 2 ** 31;
  const baseOffset = lastOffset - delta;
  const mark = { baseSequence, lastSequence, baseOffset, lastOffset, timestamp: lastTimestamp };
  return { ...known, batches: [mark] };
}

function decodeWindows(reader: ByteReader, entries: Map<bigint, ProducerEntry>): void {
  const count = countOf(reader, MARK_SIZE);
  const windows = new Map<bigint, BatchMark[]>();
  let [high, low] = [Number.NaN, Number.NaN];
  let window: BatchMark[] = [];
  for (let i = 0; i < count; i += 1) {
    const [nextHigh, nextLow] = [reader.int32(), reader.int32()];
    // Those of one producer stand together: its id is made once for all of them.
    if (nextHigh !== high || nextLow !== low) {
      [high, low] = [nextHigh, nextLow];
      const producerId = (BigInt(high) << 32n) | BigInt(low >>> 0);
      window = windows.get(producerId) ?? [];
      windows.set(producerId, window);
    }
    window.push({
      baseSequence: reader.int32(),
      lastSequence: reader.int32(),
      baseOffset: reader.int64(),
      lastOffset: reader.int64(),
      timestamp: reader.int64(),
    });
  }
  for (const [producerId, batches] of windows) {
    const entry = entries.get(producerId);
    if (entry !== undefined) entries.set(producerId, { ...entry, batches });
  }
}
