/**
 * One partition of a scan: goes from batch to batch, keeps the places of the records that match, and hands
 * them out one by one in the order of the scan.
 *
 * Its `rank` says when its turn is: of what comes next, the time of the first match, or the time up to
 * which the batch not yet looked at may hold one. The partition with the largest rank is always next, so
 * partitions merge by time, and what was read ahead never changes the order.
 */
import { DecodeError } from "@runnel/kit/errors.ts";
import {
  type BatchHeader,
  checkCrc,
  codecNameOf,
  hasDeleteHorizon,
  isControl,
  timestampType,
} from "@runnel/protocol/records/batch.ts";
import type { RecordMatcher } from "../filter/matcher.ts";
import { UNPACKED_BYTES_MAX } from "../limits.ts";
import { RecordCursor } from "../record.ts";
import type { PartitionReader, ScanOrder } from "../source/partition-reader.ts";
import type { SkipReason, Skips } from "../source/skips.ts";
import { unpackBatch } from "../source/unpack.ts";

/** Which records count at all, before any filter. */
export interface RecordRules {
  /** `fromMs` ≤ timestamp < `toMs`. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Transaction markers are records, too. */
  readonly hasControl: boolean;
  readonly matcher: RecordMatcher | null;
  /** The matcher sees the records of a batch newest first, because what it says depends on that. */
  readonly isNewestFirst?: boolean;
}

/** What a scan has done so far. */
export interface ScanTally {
  records: number;
  /** Of batches, as they are stored. */
  bytes: number;
}

const MATCHES_MIN = 64;
/** What bytes of a match's place cost. */
const PLACE_SIZE = 4;

export class PartitionScan {
  readonly reader: PartitionReader;
  readonly #order: ScanOrder;
  readonly #skips: Skips;
  readonly #cursor = new RecordCursor();
  /** Where in the records of the batch at the head its matches begin, oldest first. */
  #places = new Int32Array(MATCHES_MIN);
  #count = 0;
  /** Matches of the batch that were handed out. */
  #taken = 0;
  /** The records of the batch at the head, unpacked; null while they are not in memory. */
  #records: Uint8Array | null = null;
  #rank = Number.POSITIVE_INFINITY;
  #isOver = false;
  /** Where an earlier scan stopped that this one begins in front of. */
  readonly #resumeAt: number;

  /** `resumeAt`: newest first, what lies from there on is read, but was told of before. */
  constructor(reader: PartitionReader, order: ScanOrder, skips: Skips, resumeAt?: number) {
    this.reader = reader;
    this.#order = order;
    this.#skips = skips;
    this.#resumeAt = resumeAt ?? Number.POSITIVE_INFINITY;
    reader.onUnload = () => {
      this.#records = null;
    };
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get rank(): number {
    return this.#rank;
  }

  /** Whether a match is next; else a batch must be looked at. */
  get hasMatch(): boolean {
    return this.#taken < this.#count;
  }

  /** Whether `match`, or `scan`, can be used without `prepare`. */
  get isReady(): boolean {
    return this.reader.header !== null && (!this.hasMatch || this.#records !== null);
  }

  /** The next match; the cursor is moved by `advance`. */
  get match(): RecordCursor {
    return this.#cursor;
  }

  /** Where another scan goes on so that it finds what this one has not handed out; see `reached`. */
  get position(): number {
    return Math.min(this.hasMatch ? this.#next : this.reader.reached, this.#resumeAt);
  }

  /** All of the batch below it (or, newest first, from it on) was handed out, where a match is next. */
  get #next(): number {
    const { offset } = this.#cursor;
    return this.#order === "oldest" ? offset : offset + 1;
  }

  /** Time of the head, ms: how far the scan has come in this partition; null before the first batch. */
  get reachedAt(): number | null {
    if (!Number.isFinite(this.#rank)) return null;
    return this.#order === "newest" ? this.#rank : -this.#rank;
  }

  /** Brings what comes next into memory, or learns that there is nothing. */
  async prepare(): Promise<void> {
    // What was handed out is done with, whatever becomes of the rest of the batch.
    if (this.hasMatch) this.reader.reach(this.#next);
    if (!(await this.reader.regain())) {
      this.#count = 0;
      this.#taken = 0;
    }
    if (!(await this.reader.load())) {
      this.#isOver = true;
      return;
    }
    if (this.hasMatch) this.#resume();
    else this.#rankBatch();
  }

  /** Looks at the batch at the head. Its matches are next, if it has any; else the batch behind it. */
  scan(rules: RecordRules, tally: ScanTally): void {
    const header = this.reader.header as BatchHeader;
    tally.bytes += header.sizeInBytes;
    this.#count = 0;
    this.#taken = 0;
    if (!checkCrc(this.reader.bytes, this.reader.batchAt, header)) this.#skip(header, "damaged");
    else if (mayHold(header, rules)) {
      tally.records += header.recordCount;
      this.#records = this.#unpack(header);
      if (this.#records !== null) this.#walk(header, this.#records, rules);
    }
    if (this.#count === 0) this.#passBatch();
    else {
      const extra = this.#extraBytes(header) + this.#places.length * PLACE_SIZE;
      this.reader.holdExtra(extra);
      this.#showMatch();
    }
  }

  /** Goes behind the match. */
  advance(): void {
    this.#taken += 1;
    if (this.hasMatch) this.#showMatch();
    else this.#passBatch();
  }

  #passBatch(): void {
    this.#count = 0;
    this.#taken = 0;
    this.#records = null;
    this.reader.pass();
    if (this.reader.header !== null) this.#rankBatch();
  }

  /** No record of the batch has a better time, so that nothing can come in front of it later. */
  #rankBatch(): void {
    const { attributes, baseTimestamp, maxTimestamp } = this.reader.header as BatchHeader;
    const isAppendTime = timestampType(attributes) === "logAppendTime";
    if (this.#order === "newest") this.#rank = maxTimestamp;
    // A delete horizon stands in the place of the oldest time: nothing is known of it.
    else if (hasDeleteHorizon(attributes) && !isAppendTime) this.#rank = 0;
    else this.#rank = -(isAppendTime ? maxTimestamp : baseTimestamp);
  }

  #showMatch(): void {
    const index = this.#order === "oldest" ? this.#taken : this.#count - 1 - this.#taken;
    this.#cursor.moveTo(this.#places[index] as number);
    const { timestamp } = this.#cursor;
    this.#rankBatch();
    const own = this.#order === "newest" ? timestamp : -timestamp;
    this.#rank = Math.min(this.#rank, own);
  }

  /** The batch at the head was read again: so are its records. */
  #resume(): void {
    if (this.#records !== null) return;
    const header = this.reader.header as BatchHeader;
    this.#records = this.#unpack(header);
    if (this.#records === null) this.#passBatch();
    else {
      this.#cursor.openBatch(this.reader.partition, header, this.#records);
      this.#showMatch();
    }
  }

  /** The records of the batch; null where there is no way to read them, which is noted. */
  #unpack(header: BatchHeader): Uint8Array | null {
    const { bytes, batchAt: at } = this.reader;
    // Others make room first: this one may take most of what the scan may hold.
    const makeRoom = (): void => this.reader.holdExtra(0, 2 * UNPACKED_BYTES_MAX);
    const records = unpackBatch(bytes, { at, header, makeRoom });
    return typeof records === "string" ? this.#skip(header, records) : records;
  }

  #extraBytes({ attributes }: BatchHeader): number {
    return codecNameOf(attributes) === "none" ? 0 : (this.#records?.length ?? 0);
  }

  #walk(header: BatchHeader, records: Uint8Array, rules: RecordRules): void {
    const cursor = this.#cursor;
    const { low, high } = this.reader.range;
    const { fromMs, toMs } = rules;
    const matcher = rules.isNewestFirst === true ? null : rules.matcher;
    const lastOffset = header.baseOffset + header.lastOffsetDelta;
    let reached = header.baseOffset - 1;
    cursor.openBatch(this.reader.partition, header, records);
    try {
      while (cursor.next()) {
        const { offset, timestamp } = cursor;
        if (offset <= reached || offset > lastOffset) {
          throw new DecodeError(`offset ${offset} behind ${reached}, up to ${lastOffset}`);
        }
        reached = offset;
        if (offset < low) continue;
        if (offset >= high) break;
        if (timestamp < fromMs || timestamp >= toMs) continue;
        if (matcher === null || matcher.matches(cursor)) this.#note(cursor.start);
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      // The checksum holds, so it was written like this: the records in front of it are what they are.
      this.#skip({ ...header, baseOffset: reached + 1 }, "damaged", lastOffset + 1);
    }
    if (rules.isNewestFirst === true) this.#keepMatches(rules.matcher);
  }

  /** Asks `matcher` about what was noted, newest first, and forgets what does not match. */
  #keepMatches(matcher: RecordMatcher | null): void {
    if (matcher === null) return;
    let kept = this.#count;
    for (let index = this.#count - 1; index >= 0; index -= 1) {
      const start = this.#places[index] as number;
      this.#cursor.moveTo(start);
      if (!matcher.matches(this.#cursor)) continue;
      kept -= 1;
      this.#places[kept] = start;
    }
    this.#places.copyWithin(0, kept, this.#count);
    this.#count -= kept;
  }

  #note(start: number): void {
    if (this.#count === this.#places.length) {
      const grown = new Int32Array(2 * this.#count);
      grown.set(this.#places);
      this.#places = grown;
    }
    this.#places[this.#count] = start;
    this.#count += 1;
  }

  #skip(
    { baseOffset, lastOffsetDelta }: BatchHeader,
    reason: SkipReason,
    toOffset: number = baseOffset + lastOffsetDelta + 1,
  ): null {
    const { partition, range } = this.reader;
    const fromOffset = Math.max(baseOffset, range.low);
    this.#skips.add({ partition, fromOffset, toOffset: Math.min(toOffset, range.high), reason });
    return null;
  }
}

/** Whether a record of the batch can count at all; its header, which the checksum covers, says so. */
function mayHold({ maxTimestamp, attributes }: BatchHeader, rules: RecordRules): boolean {
  return maxTimestamp >= rules.fromMs && (rules.hasControl || !isControl(attributes));
}
