/**
 * Writes what compaction leaves of one or more segments as one new segment, under names that a start
 * sweeps away. As long as nothing has changed nothing is written; then what came before is copied.
 */
import { assert } from "@runnel/kit/assert.ts";
import { IoError } from "@runnel/kit/errors.ts";
import { BATCH_HEADER_SIZE, type BatchHeader } from "@runnel/protocol/records/batch.ts";
import type { Disk, DiskFile } from "#io/ports.ts";
import { CLEANED_SUFFIX } from "../names.ts";
import { newestOf, RELATIVE_OFFSET_MAX, type Segment } from "../segment.ts";
import { saveIndexes } from "../segment-files.ts";
import { appendPart } from "../tail-cache.ts";
import { COPY_BYTES, PACK_BELOW, SYNC_BYTES } from "./limits.ts";
import { type Gap, gapBatch } from "./rewrite.ts";

/** Positions in a segment are kept in an int32. */
const POSITION_MAX = 0x7fffffff;

/** Offsets that are gone since the last batch that stays. */
interface OpenGap extends Gap {
  /** The one batch without records that it comes from, which would be written as it was. */
  readonly isAsBefore: boolean;
}

export class CleanedSegment {
  readonly segment: Segment;
  readonly #disk: Disk;
  readonly #indexIntervalBytes: number;
  /** Small batches are put together here, so that they are one write. */
  #block = new Uint8Array(0);
  #blockUsed = 0;
  #source: DiskFile | null = null;
  #file: DiskFile | null = null;
  /** Bytes of the source in front of the first change; null while there was none. */
  #prefix: number | null = null;
  #gap: OpenGap | null = null;
  #parts: Uint8Array[] = [];
  #partsAt = 0;
  #unsyncedBytes = 0;
  /** Bytes that were written so far. */
  writtenBytes = 0;

  constructor(disk: Disk, segment: Segment, indexIntervalBytes: number) {
    this.#disk = disk;
    this.segment = segment;
    this.#indexIntervalBytes = indexIntervalBytes;
    segment.suffix = CLEANED_SUFFIX;
  }

  /** All batches come from `source`, which stays open: as long as none changes nothing is written. */
  isFrom(source: DiskFile): void {
    this.#source = source;
  }

  /** The batches come from several files: the new segment is another one in any case. */
  isFromSeveral(): void {
    this.#change();
  }

  /** The batch at `at` stays as it is. */
  same(header: BatchHeader, bytes: Uint8Array, at: number): void {
    this.#closeGap();
    this.#put(header, bytes.subarray(at, at + header.sizeInBytes), newestOf(header));
  }

  /** `batch` comes in the place of the one of `header`. */
  changed(header: BatchHeader, batch: Uint8Array, cleaned: BatchHeader): void {
    this.#closeGap();
    this.#change();
    this.#put(header, batch, newestOf(cleaned));
  }

  /** Nothing is left of the batch of `header`. */
  gone(header: BatchHeader): void {
    const { baseOffset, lastOffsetDelta, partitionLeaderEpoch } = header;
    const lastOffset = baseOffset + lastOffsetDelta;
    const gap = this.#gap;
    const isOne =
      gap !== null &&
      gap.partitionLeaderEpoch === partitionLeaderEpoch &&
      lastOffset - gap.baseOffset <= RELATIVE_OFFSET_MAX;
    if (!isOne) {
      this.#closeGap();
      const isAsBefore = header.sizeInBytes === BATCH_HEADER_SIZE && isGap(header);
      if (!isAsBefore) this.#change();
      this.#gap = { baseOffset, lastOffset, partitionLeaderEpoch, isAsBefore };
      return;
    }
    this.#change();
    this.#gap = { ...gap, lastOffset, isAsBefore: false };
  }

  /** Brings what was taken in so far to the file; memory that batches came in may be used again. */
  async flush(): Promise<void> {
    if (this.#prefix === null) return;
    if (this.#file === null) await this.#start(this.#prefix);
    const parts = this.#parts;
    if (parts.length === 0) return;
    this.#parts = [];
    await this.#write(parts, this.#partsAt);
    this.#blockUsed = 0;
  }

  /** Completes the files, durable with their names; false where nothing has changed and there are none. */
  async finish(): Promise<boolean> {
    this.#closeGap();
    await this.flush();
    const file = this.#file;
    if (file === null) return false;
    await file.sync();
    await this.close();
    const { segment } = this;
    segment.writtenSize = segment.size;
    segment.syncedSize = segment.size;
    segment.finishTimes();
    await saveIndexes(this.#disk, segment, { isClosed: true, isMissing: true });
    await this.#disk.syncDirectory(segment.folder);
    return true;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.close();
  }

  /** From here on the new segment is another one than its source. */
  #change(): void {
    if (this.#prefix !== null) return;
    this.#prefix = this.segment.size;
    this.#partsAt = this.segment.size;
  }

  #closeGap(): void {
    const gap = this.#gap;
    if (gap === null) return;
    this.#gap = null;
    const { baseOffset, lastOffset } = gap;
    const place = { baseOffset, lastOffsetDelta: lastOffset - baseOffset };
    this.#put(place, gapBatch(gap), -1);
  }

  #put(
    { baseOffset, lastOffsetDelta }: Pick<BatchHeader, "baseOffset" | "lastOffsetDelta">,
    bytes: Uint8Array,
    maxTimestamp: number,
  ): void {
    const { segment } = this;
    const position = segment.size;
    if (position + bytes.length > POSITION_MAX) {
      throw new IoError("RUNNEL_SEGMENT_TOO_LARGE", `${segment.path(".log")}: would outgrow 2 GiB`);
    }
    const lastOffset = baseOffset + lastOffsetDelta;
    const place = { lastOffset, position, size: bytes.length, maxTimestamp };
    segment.book(place, this.#indexIntervalBytes);
    if (this.#prefix === null) return;
    if (this.#parts.length === 0) this.#partsAt = position;
    appendPart(this.#parts, bytes.length < PACK_BELOW ? this.#packed(bytes) : bytes);
  }

  #packed(bytes: Uint8Array): Uint8Array {
    if (this.#blockUsed + bytes.length > this.#block.length) {
      this.#block = new Uint8Array(COPY_BYTES);
      this.#blockUsed = 0;
    }
    const at = this.#blockUsed;
    this.#block.set(bytes, at);
    this.#blockUsed = at + bytes.length;
    return this.#block.subarray(at, this.#blockUsed);
  }

  async #start(prefix: number): Promise<void> {
    const file = await this.#disk.open(this.segment.path(".log"), { create: true });
    this.#file = file;
    await file.truncate(0);
    const buffer = this.#disk.allocate(COPY_BYTES);
    for (let position = 0; position < prefix; ) {
      const wanted = Math.min(buffer.length, prefix - position);
      const part = buffer.subarray(0, wanted);
      assert(this.#source !== null, `${file.path}: no source to copy from`);
      const count = await this.#source.read(part, position);
      if (count < wanted) {
        throw new IoError("RUNNEL_LOG_CORRUPT", `${file.path}: its source ends at ${position}`);
      }
      await this.#write([part], position);
      position += wanted;
    }
  }

  async #write(parts: readonly Uint8Array[], position: number): Promise<void> {
    const file = this.#file as DiskFile;
    await file.write(parts, position);
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    this.writtenBytes += bytes;
    this.#unsyncedBytes += bytes;
    if (this.#unsyncedBytes < SYNC_BYTES) return;
    this.#unsyncedBytes = 0;
    await file.sync();
  }
}

/** Whether a batch stands for a gap: it has no record and no producer. */
function isGap({ recordCount, producerId, attributes }: BatchHeader): boolean {
  return recordCount === 0 && producerId < 0n && attributes === 0;
}
