/**
 * The batches of one partition of a snapshot, in the order of a scan, one at its head at a time.
 *
 * Whether the next batch is in memory or must be read is visible, so that a scan goes from batch to batch
 * without waiting for anything as long as it can.
 */
import { crc32c } from "@runnel/kit/crc32c.ts";
import { IoError, systemCode } from "@runnel/kit/errors.ts";
import {
  type BatchHeader,
  baseOffsetAt,
  lastOffsetAt,
  readBatchHeader,
  recordCountAt,
} from "@runnel/protocol/records/batch.ts";
import { Chunk } from "./chunk.ts";
import type { MemoryBook, Tenant } from "./memory-book.ts";
import { type Planner, type SegmentPlan, stepBackward, stepForward } from "./plan.ts";
import { type Place, SegmentSource, type SourceWorld } from "./segment-source.ts";
import type { SkipReason, Skips } from "./skips.ts";
import { type PartitionSnapshot, segmentsOf } from "./snapshot.ts";

/** "newest": from the end of the range to its start, by offset. */
export type ScanOrder = "newest" | "oldest";

/** What is to be read of a partition: `low` ≤ offset < `high`. */
export interface OffsetRange {
  readonly low: number;
  readonly high: number;
}

export interface ReaderOptions {
  readonly snapshot: PartitionSnapshot;
  readonly order: ScanOrder;
  readonly range: OffsetRange;
  readonly world: SourceWorld;
  readonly memory: MemoryBook;
  readonly skips: Skips;
  /** Knows beforehand where matches can be; null where nobody does. */
  readonly planner?: Planner | null;
}

export class PartitionReader implements Tenant {
  readonly partition: number;
  readonly range: OffsetRange;
  readonly #order: ScanOrder;
  readonly #memory: MemoryBook;
  readonly #planner: Planner | null;
  readonly #chunkBytes: number;
  /** Of the segment that is being read. */
  #plan: SegmentPlan = [];
  /** Bytes that need not be read, as a plan said. */
  passedBytes = 0;
  readonly #skips: Skips;
  /** Segments that are still to be read, the next one last. */
  readonly #sources: SegmentSource[];
  #source: SegmentSource | null = null;
  /** Where the next piece begins, or ends when reading backward; null: the segment is done. */
  #next: Place | null = null;
  readonly #chunk = new Chunk();
  /** The batch at the head, in the chunk. */
  #index = -1;
  #header: BatchHeader | null = null;
  /** All below it (or, backward, from it on) was passed or is not there. */
  #reached: number;
  #isUnloaded = false;
  /** Of the bytes that were given back: places in them hold for the same bytes alone. */
  #unloadedChecksum = 0;
  /** Told when the bytes of the head are given back. */
  onUnload: () => void = () => {};

  constructor(options: ReaderOptions) {
    const { snapshot, order, range, world, memory, skips } = options;
    this.partition = snapshot.partition;
    this.range = range;
    this.#order = order;
    this.#memory = memory;
    this.#planner = options.planner ?? null;
    this.#chunkBytes = world.chunkBytes;
    this.#skips = skips;
    this.#reached = order === "oldest" ? range.low : range.high;
    const { partition, folder } = snapshot;
    const sources = segmentsOf(snapshot).flatMap((segment, index) => {
      if (segment.endOffset <= range.low || segment.baseOffset >= range.high) return [];
      const unsaved = snapshot.unsaved.find((one) => one.segment === index) ?? null;
      return new SegmentSource(world, {
        folder,
        segment,
        unsaved,
        onSkip: (fromOffset, toOffset, reason) => {
          const from = Math.max(fromOffset, range.low);
          const to = Math.min(toOffset, range.high);
          skips.add({ partition, fromOffset: from, toOffset: to, reason });
        },
      });
    });
    this.#sources = order === "oldest" ? sources.reverse() : sources;
  }

  /** The header of the batch at the head; null where `load` must be called first. */
  get header(): BatchHeader | null {
    return this.#isUnloaded ? null : this.#header;
  }

  /** The bytes in which the batch at the head lies, from `batchAt` on. */
  get bytes(): Uint8Array {
    return this.#chunk.bytes;
  }

  get batchAt(): number {
    return this.#chunk.startAt(this.#index);
  }

  /**
   * Where a scan that stops now goes on: the first offset not passed, or, backward, the first of those
   * that were.
   */
  get reached(): number {
    return this.#reached;
  }

  /** Brings a batch to the head, from memory or from the disk; false where there is none any more. */
  async load(): Promise<boolean> {
    if (this.#isUnloaded) await this.regain();
    while (this.#header === null) {
      if (this.#source === null && !(await this.#openNext())) return false;
      if (this.#step()) break;
      if (!(await this.#readMore())) this.#source = null;
    }
    return true;
  }

  /**
   * Reads the batch at the head again where its memory was given back; false where it cannot be read any
   * more, which is noted: the next one must be loaded.
   */
  async regain(): Promise<boolean> {
    if (!this.#isUnloaded) return true;
    this.#isUnloaded = false;
    const { position, length } = this.#chunk;
    const source = this.#source as SegmentSource;
    let isSame = false;
    const isThere = await this.#guard(source, async () => {
      await source.read(this.#chunk, position, length);
      this.holdExtra(0);
      isSame = this.#chunk.length === length && this.#checksum() === this.#unloadedChecksum;
    });
    if (isSame) return true;
    // Nobody changes what lies below the high watermark: the disk does not say the same twice.
    if (isThere) this.#lose(source, "damaged");
    this.#header = null;
    this.#source = null;
    return false;
  }

  /** Something of the batch at the head is done with: up to `offset`, or, backward, from it on. */
  reach(offset: number): void {
    this.#reached = offset;
  }

  /** Drops the batch at the head; the next one takes its place where it is in memory. */
  pass(): void {
    const header = this.#header;
    if (header === null) return;
    const behind = header.baseOffset + header.lastOffsetDelta + 1;
    this.#reached = this.#order === "oldest" ? behind : header.baseOffset;
    this.#header = null;
    this.#step();
  }

  /** Counts `bytes` besides its piece as held for this partition; `spare` more must fit for a moment. */
  holdExtra(bytes: number, spare = 0): void {
    this.#memory.hold(this, this.#chunk.bytes.length + bytes, spare);
  }

  unload(): void {
    this.#isUnloaded = this.#header !== null;
    if (this.#isUnloaded) this.#unloadedChecksum = this.#checksum();
    this.#chunk.bytes = EMPTY;
    this.onUnload();
  }

  /** Goes to the next batch of the piece that is within the range; false where there is none. */
  #step(): boolean {
    const chunk = this.#chunk;
    const isOldest = this.#order === "oldest";
    const move = isOldest ? 1 : -1;
    for (let at = this.#index + move; at >= 0 && at < chunk.count; at += move) {
      this.#index = at;
      const start = chunk.startAt(at);
      const isBelow = lastOffsetAt(chunk.bytes, start) < this.range.low;
      const isAbove = baseOffsetAt(chunk.bytes, start) >= this.range.high;
      if (isOldest ? isAbove : isBelow) {
        this.#end();
        return false;
      }
      // What compaction left without records has nothing to show, and no time to be ranked by.
      if (isBelow || isAbove || recordCountAt(chunk.bytes, start) === 0) continue;
      this.#header = readBatchHeader(chunk.bytes, start);
      return true;
    }
    this.#index = isOldest ? chunk.count : -1;
    return false;
  }

  /** Reads the next piece of the segment; false where it has none. */
  async #readMore(): Promise<boolean> {
    const source = this.#source as SegmentSource;
    if (this.#next === null) return false;
    const next = this.#next;
    return await this.#guard(source, async () => {
      this.#chunk.clear(next.position);
      this.#next =
        this.#order === "oldest"
          ? await this.#readForward(source, next)
          : await this.#readBackward(source, next);
      this.#index = this.#order === "oldest" ? -1 : this.#chunk.count;
      this.holdExtra(0);
    });
  }

  async #readForward(source: SegmentSource, next: Place): Promise<Place | null> {
    const { size } = source.segment;
    const step = stepForward(this.#plan, next, { size, chunkBytes: this.#chunkBytes });
    if (step.kind === "all") return await source.fillForward(this.#chunk, next, step.bound);
    if (step.kind === "jump") return this.#passTo(step.place, step.place.position - next.position);
    const behind = await source.fillOne(this.#chunk, step.position);
    if (behind === null) return this.#dropPlan(next);
    return this.#passTo(behind, step.position - next.position);
  }

  async #readBackward(source: SegmentSource, next: Place): Promise<Place | null> {
    const step = stepBackward(this.#plan, next, this.#chunkBytes);
    let place: Place;
    if (step.kind === "all") place = await source.fillBackward(this.#chunk, next, step.bound);
    else if (step.kind === "jump") {
      place = this.#passTo(step.place, next.position - step.place.position);
    } else {
      const behind = await source.fillOne(this.#chunk, step.position);
      if (behind === null) return this.#dropPlan(next);
      const nextOffset = baseOffsetAt(this.#chunk.bytes, 0);
      place = this.#passTo(
        { position: step.position, nextOffset },
        next.position - behind.position,
      );
    }
    return place.position > 0 ? place : null;
  }

  /** Goes to `place`, over bytes that need not be read. */
  #passTo(place: Place, bytes: number): Place {
    this.passedBytes += bytes;
    return place;
  }

  /** The plan names a batch that is not there: the rest of the segment is read as if there were none. */
  #dropPlan(next: Place): Place {
    this.#plan = [];
    this.#chunk.clear(next.position);
    return next;
  }

  async #openNext(): Promise<boolean> {
    for (;;) {
      const source = this.#sources.pop();
      if (source === undefined) return this.#end();
      const isOpen = await this.#guard(source, async () => {
        this.#next =
          this.#order === "oldest"
            ? await source.placeOf(Math.max(this.range.low, source.segment.baseOffset))
            : await source.endOf(Math.min(this.range.high, source.segment.endOffset) - 1);
      });
      if (!isOpen) continue;
      this.#source = source;
      this.#plan = (await this.#planner?.planFor(source)) ?? [];
      this.#chunk.clear(0);
      this.#index = this.#order === "oldest" ? -1 : 0;
      return true;
    }
  }

  /** Runs `work` on a segment; false where its file is gone or cannot be read, which is noted. */
  async #guard(source: SegmentSource, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      this.#lose(source, systemCode(error) === "ENOENT" ? "deleted" : "unreadable");
      return false;
    }
  }

  /** Notes that the rest of a segment is not there to be read. */
  #lose({ segment: { baseOffset, endOffset } }: SegmentSource, reason: SkipReason): void {
    const { low, high } = this.range;
    const isOldest = this.#order === "oldest";
    this.#skips.add({
      partition: this.partition,
      fromOffset: Math.max(low, isOldest ? Math.max(baseOffset, this.#reached) : baseOffset),
      toOffset: Math.min(high, isOldest ? endOffset : Math.min(endOffset, this.#reached)),
      reason,
    });
    this.#next = null;
    this.#chunk.clear(0);
    this.#index = -1;
  }

  #checksum(): number {
    return crc32c(this.#chunk.bytes.subarray(0, this.#chunk.length));
  }

  #end(): false {
    this.#source = null;
    this.#sources.length = 0;
    this.#next = null;
    this.#reached = this.#order === "oldest" ? this.range.high : this.range.low;
    this.#index = -1;
    this.#chunk.clear(0);
    this.#chunk.bytes = EMPTY;
    this.#memory.hold(this, 0);
    return false;
  }
}

const EMPTY = new Uint8Array(0);
