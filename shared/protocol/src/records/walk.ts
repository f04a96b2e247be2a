/**
 * Walks the records of a batch and checks their framing, without an allocation per record.
 *
 * Two speeds: `runPlain` takes records whose numbers are short and whose values are in order, in
 * one loop over local variables; it stops at the first record that is anything else, and
 * `takeCarefully` accepts or refuses that one, byte by byte. So each rule and each message stands
 * in one place.
 */
import { ByteReader } from "@runnel/kit/byte-reader.ts";
import { DecodeError, messageOf } from "@runnel/kit/errors.ts";
import { NO_TIMESTAMP } from "./batch.ts";
import { createRecordLayout, type RecordLayout, readRecordLayout } from "./record-layout.ts";

/** Errors listed for one batch; it is refused whatever their number. */
export const RECORD_ERRORS_MAX = 100;

/** Beyond any timestamp delta of four bytes (37 hours). Small whole numbers keep the loop quick. */
const PLAIN_DELTA_MAX = 2 ** 29;

/** What is wrong with one record (KIP-467). */
export interface RecordError {
  readonly batchIndex: number;
  readonly message: string;
}

export interface RecordRules {
  /** True for a compacted topic: a record without a key is refused. */
  readonly requiresKeys: boolean;
  /** Inclusive range of timestamps, ms since 1970; null where the broker's clock replaces them. */
  readonly timestamps: { readonly oldestMs: number; readonly newestMs: number } | null;
}

export interface WalkedBatch {
  readonly recordCount: number;
  readonly baseTimestamp: number;
}

export interface RecordsWalk {
  /** Why the records are not what the header says; null where they are. */
  readonly fault: string | null;
  /**
   * Records that break a rule, or the one where the framing breaks; at most `RECORD_ERRORS_MAX`.
   */
  readonly recordErrors: readonly RecordError[];
  /** True if a record of `recordErrors` broke the rule on timestamps. */
  readonly hasInvalidTimestamp: boolean;
  /**
   * The largest timestamp of all records, −1 where none has one; to be used only without errors.
   */
  readonly maxTimestamp: number;
}

/**
 * Checks that `bytes` from `start` to `end` are exactly `batch.recordCount` well-formed records,
 * that the n-th has offset delta n and attributes 0, and that each keeps `rules`.
 *
 * Kafka does not check offset deltas of uncompressed batches; a wrong one would give consumers
 * offsets that do not exist, so it is refused here.
 */
export function walkRecords(
  bytes: Uint8Array,
  {
    start,
    end,
    batch,
    rules,
  }: { start: number; end: number; batch: WalkedBatch; rules: RecordRules },
): RecordsWalk {
  const walk = new Walk(bytes, { start, end, batch, rules });
  try {
    while (walk.index < walk.count && walk.recordErrors.length < RECORD_ERRORS_MAX) {
      runPlain(walk);
      if (walk.index < walk.count) takeCarefully(walk);
    }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    walk.recordErrors.push({ batchIndex: walk.index, message: messageOf(error) });
    return walk.result(`record ${walk.index} is malformed: ${messageOf(error)}`);
  }
  if (walk.recordErrors.length === 0 && walk.at !== end) {
    return walk.result(`${end - walk.at} bytes after the last of ${walk.count} records`);
  }
  return walk.result(null);
}

/** Where a walk stands. */
class Walk {
  readonly bytes: Uint8Array;
  readonly end: number;
  readonly count: number;
  readonly baseTimestamp: number;
  readonly rules: RecordRules;
  /** Range of timestamp deltas that the rules allow, for the quick loop. */
  readonly deltaMin: number;
  readonly deltaMax: number;
  at: number;
  index = 0;
  /** Of the records so far; meaningless before the first. */
  largestDelta = -PLAIN_DELTA_MAX;
  hasInvalidTimestamp = false;
  readonly recordErrors: RecordError[] = [];
  #careful: { readonly reader: ByteReader; readonly layout: RecordLayout } | null = null;

  constructor(
    bytes: Uint8Array,
    options: { start: number; end: number; batch: WalkedBatch; rules: RecordRules },
  ) {
    const { start, end, batch, rules } = options;
    this.bytes = bytes;
    this.at = start;
    this.end = end;
    this.count = batch.recordCount;
    this.baseTimestamp = batch.baseTimestamp;
    this.rules = rules;
    const { oldestMs, newestMs } = rules.timestamps ?? { oldestMs: -Infinity, newestMs: Infinity };
    this.deltaMin = clampDelta(oldestMs - batch.baseTimestamp);
    this.deltaMax = clampDelta(newestMs - batch.baseTimestamp);
  }

  get careful(): { readonly reader: ByteReader; readonly layout: RecordLayout } {
    this.#careful ??= {
      reader: new ByteReader(this.bytes, this.at, this.end),
      layout: createRecordLayout(),
    };
    return this.#careful;
  }

  result(fault: string | null): RecordsWalk {
    return {
      fault,
      recordErrors: this.recordErrors,
      hasInvalidTimestamp: this.hasInvalidTimestamp,
      maxTimestamp: this.baseTimestamp + this.largestDelta,
    };
  }
}

function clampDelta(delta: number): number {
  return Math.max(-PLAIN_DELTA_MAX, Math.min(delta, PLAIN_DELTA_MAX));
}

/**
 * Takes records as long as they are plain: lengths of at most two bytes (a record under 8 KiB), an
 * offset delta of three, a timestamp delta of four, all in order. Stops in front of the first that
 * is not.
 */
function runPlain(walk: Walk): void {
  const { bytes, end, count, deltaMin, deltaMax } = walk;
  const nullKey = walk.rules.requiresKeys ? -1 : 1;
  let { at, index, largestDelta } = walk;
  // The numbers in front of a key take at most 12 bytes, so they need no bounds of their own.
  const lastStart = end - 12;
  while (index < count && at <= lastStart) {
    let next = at;
    let raw = bytes[next++] as number;
    if (raw >= 0x80) {
      const high = bytes[next++] as number;
      if (high >= 0x80) break;
      raw = (raw & 0x7f) | (high << 7);
    }
    const recordEnd = next + (raw >>> 1);
    if ((raw & 1) !== 0 || recordEnd > end || bytes[next++] !== 0) break;

    let rawDelta = bytes[next++] as number;
    if (rawDelta >= 0x80) {
      const middle = bytes[next++] as number;
      rawDelta = (rawDelta & 0x7f) | ((middle & 0x7f) << 7);
      if (middle >= 0x80) {
        const high = bytes[next++] as number;
        rawDelta |= (high & 0x7f) << 14;
        if (high >= 0x80) {
          const highest = bytes[next++] as number;
          if (highest >= 0x80) break;
          rawDelta |= highest << 21;
        }
      }
    }
    const delta = (rawDelta >>> 1) ^ -(rawDelta & 1);
    if (delta < deltaMin || delta > deltaMax) break;

    raw = bytes[next++] as number;
    if (raw >= 0x80) {
      const middle = bytes[next++] as number;
      raw = (raw & 0x7f) | ((middle & 0x7f) << 7);
      if (middle >= 0x80) {
        const high = bytes[next++] as number;
        if (high >= 0x80) break;
        raw |= high << 14;
      }
    }
    if (raw !== index << 1) break;

    if (endOfPlainContent(bytes, next, { recordEnd, nullKey }) !== recordEnd) break;

    if (delta > largestDelta) largestDelta = delta;
    at = recordEnd;
    index += 1;
  }
  walk.at = at;
  walk.index = index;
  walk.largestDelta = largestDelta;
}

/**
 * Where key, value and headers end that begin at `at`, where two bytes can be read; −1 if they are
 * not plain. `nullKey` is the length on the wire that means null, or −1 where a key must be.
 */
function endOfPlainContent(
  bytes: Uint8Array,
  at: number,
  { recordEnd, nullKey }: { recordEnd: number; nullKey: number },
): number {
  let next = at;
  let raw = bytes[next++] as number;
  if (raw >= 0x80) {
    const high = bytes[next++] as number;
    if (high >= 0x80) return -1;
    raw = (raw & 0x7f) | (high << 7);
  }
  if ((raw & 1) === 0) next += raw >>> 1;
  else if (raw !== nullKey) return -1;

  // At least the first byte of the value's length and the count of headers must follow.
  if (next + 2 > recordEnd) return -1;
  raw = bytes[next++] as number;
  if (raw >= 0x80) {
    const high = bytes[next++] as number;
    if (high >= 0x80) return -1;
    raw = (raw & 0x7f) | (high << 7);
  }
  if ((raw & 1) === 0) next += raw >>> 1;
  else if (raw !== 1) return -1;

  if (next >= recordEnd) return -1;
  raw = bytes[next++] as number;
  if (raw === 0) return next;
  if (raw >= 0x80 || (raw & 1) !== 0) return -1;
  return endOfPlainHeaders(bytes, next, { recordEnd, count: raw >>> 1 });
}

/** Where `count` headers end whose lengths take a byte each (under 64 bytes); else −1. */
function endOfPlainHeaders(
  bytes: Uint8Array,
  at: number,
  { recordEnd, count }: { recordEnd: number; count: number },
): number {
  let next = at;
  for (let i = 0; i < count; i += 1) {
    if (next >= recordEnd) return -1;
    const keyLength = bytes[next] as number;
    if (keyLength >= 0x80 || (keyLength & 1) !== 0) return -1;
    next += 1 + (keyLength >>> 1);
    if (next >= recordEnd) return -1;
    const valueLength = bytes[next] as number;
    if (valueLength >= 0x80) return -1;
    if ((valueLength & 1) === 0) next += 1 + (valueLength >>> 1);
    else if (valueLength === 1) next += 1;
    else return -1;
  }
  return next;
}

/** Takes one record of any legal form; throws `DecodeError` where its framing is wrong. */
function takeCarefully(walk: Walk): void {
  const { reader, layout } = walk.careful;
  reader.offset = walk.at;
  readRecordLayout(reader, layout);
  if (layout.attributes !== 0) throw new DecodeError(`attributes ${layout.attributes}`);
  if (layout.offsetDelta !== walk.index) {
    throw new DecodeError(`offset delta ${layout.offsetDelta} in place of ${walk.index}`);
  }
  judge(walk, layout);
  if (walk.index === 0 || layout.timestampDelta > walk.largestDelta) {
    walk.largestDelta = layout.timestampDelta;
  }
  walk.at = reader.offset;
  walk.index += 1;
}

/** Lists the rules that a well-formed record breaks. */
function judge(walk: Walk, layout: RecordLayout): void {
  const { requiresKeys, timestamps } = walk.rules;
  const batchIndex = walk.index;
  if (requiresKeys && layout.keyLength === -1) {
    walk.recordErrors.push({ batchIndex, message: "a record of a compacted topic needs a key" });
    return;
  }
  const timestamp = walk.baseTimestamp + layout.timestampDelta;
  if (timestamps === null || timestamp === NO_TIMESTAMP) return;
  const { oldestMs, newestMs } = timestamps;
  if (timestamp >= oldestMs && timestamp <= newestMs) return;
  walk.hasInvalidTimestamp = true;
  const message = `timestamp ${timestamp} is not within ${oldestMs} to ${newestMs}`;
  walk.recordErrors.push({ batchIndex, message });
}
