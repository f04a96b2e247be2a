/**
 * Reads one segment of a snapshot piece by piece, forward or backward, from its files alone.
 *
 * Indexes say where to begin; what they say is held against the batches, and without them the segment is
 * walked. Damage is passed over and told of: batches that are whole around it are read.
 */
import { int32At, int64At } from "@runnel/kit/byte-reader.ts";
import { systemCode } from "@runnel/kit/errors.ts";
import {
  BATCH_HEADER_SIZE,
  type BatchHeader,
  baseOffsetAt,
  batchSizeAt,
  checkCrc,
  lastOffsetAt,
  MAGIC,
  MAGIC_AT,
  readBatchHeader,
} from "@runnel/protocol/records/batch.ts";
import type { DiskFile } from "#io/ports.ts";
import type { FileHandles } from "#log/file-handles.ts";
import { DELETED_SUFFIX, fileName } from "#log/names.ts";
import { BATCH_BYTES_MAX, RESYNC_BYTES_MAX } from "../limits.ts";
import { Chunk, isSane, listBatches } from "./chunk.ts";
import { IndexEntries } from "./index-entries.ts";
import type { SkipReason } from "./skips.ts";
import { ENTRY_SIZES, type SegmentView, type UnsavedEntries } from "./snapshot.ts";

/** A place from which batches follow each other. */
export interface Place {
  readonly position: number;
  /** The offset that the batch there begins with; −1 where it is not known. */
  readonly nextOffset: number;
}

export interface SourceWorld {
  readonly files: FileHandles;
  /** Names in a folder, where a segment is looked for that has left its log; without it none is. */
  readonly list?: (folder: string) => Promise<readonly string[]>;
  allocate(length: number): Uint8Array;
  /** Bytes that are read at once, unless a batch is larger. */
  readonly chunkBytes: number;
  /** Pages of each index that are kept; few where left out. */
  readonly indexPagesMax?: number;
}

type OnSkip = (fromOffset: number, toOffset: number, reason: SkipReason) => void;

/** A stretch without index entries larger than this many pieces is walked once to find its batches. */
const WALK_CHUNKS = 4;
/** Index entries that turn out wrong before the segment is read from its start instead. */
const WRONG_ENTRIES_MAX = 8;
const RESYNC_WINDOW_BYTES = 256 * 1024;
/** Read where one batch is wanted; more where it is larger. */
const ONE_BYTES = 16 * 1024;
/** Read with a header, for the headers of small batches behind it. */
const HEADER_WINDOW_BYTES = 8 * 1024;
/** A search ends in one page, and its neighbour is asked for next. */
const INDEX_PAGES_MAX = 3;
const NO_ENTRIES = new Uint8Array(0);

export class SegmentSource {
  readonly segment: SegmentView;
  readonly #world: SourceWorld;
  readonly #folder: string;
  readonly #base: string;
  /** Of its file, which gets another name where compaction puts another segment in its place. */
  #path: string;
  readonly #unsaved: UnsavedEntries | null;
  readonly #onSkip: OnSkip;
  readonly #indexes = new Map<keyof typeof ENTRY_SIZES, Promise<IndexEntries>>();
  /** Places about a piece apart, found by walking; none where that was not needed. */
  #waypoints: Place[] = [];
  /** Up to where the segment was walked, from the first waypoint on. */
  #walkedTo = -1;

  constructor(
    world: SourceWorld,
    options: {
      readonly folder: string;
      readonly segment: SegmentView;
      readonly unsaved: UnsavedEntries | null;
      readonly onSkip: OnSkip;
    },
  ) {
    this.#world = world;
    this.segment = options.segment;
    this.#folder = options.folder;
    this.#base = `${options.folder}/${fileName(this.segment.baseOffset, ".log").slice(0, -4)}`;
    this.#path = `${this.#base}.log`;
    this.#unsaved = options.unsaved;
    this.#onSkip = options.onSkip;
  }

  get start(): Place {
    return { position: 0, nextOffset: this.segment.baseOffset };
  }

  /** A place at or before the batch that holds `offset`. */
  async placeOf(offset: number): Promise<Place> {
    const relative = offset - this.segment.baseOffset;
    const index = await this.#entries(".index");
    let at = await index.findLast((entry) => int32At(entry, 0) <= relative);
    for (let wrong = 0; at >= 0 && wrong < WRONG_ENTRIES_MAX; at -= 1, wrong += 1) {
      const place = await this.#placeAt(index, at);
      if (place !== null && place.nextOffset <= offset) return place;
    }
    return this.start;
  }

  /** A place behind the batch that holds `offset`: that of a later batch, or the end of the segment. */
  async endOf(offset: number): Promise<Place> {
    const { baseOffset, size, endOffset } = this.segment;
    const index = await this.#entries(".index");
    const before = await index.findLast((entry) => int32At(entry, 0) <= offset - baseOffset);
    // The batch of the entry behind may hold the offset itself; that of the next one begins later.
    const place = before + 2 < index.count ? await this.#placeAt(index, before + 2) : null;
    const isBehind = place !== null && place.nextOffset > offset;
    return isBehind ? place : { position: size, nextOffset: endOffset };
  }

  /** A place at or before the first batch with a timestamp from `timestamp` on. */
  async placeOfTime(timestamp: number): Promise<Place> {
    const times = await this.#entries(".timeindex");
    const at = await times.findLast((entry) => int64At(entry, 0) < timestamp);
    const entry = at < 0 ? null : await times.at(at);
    if (entry === null) return this.start;
    const offset = this.segment.baseOffset + int32At(entry, 8);
    const newest = int64At(entry, 0);
    const place = await this.placeOf(offset);
    const isThere = await this.findFrom(place, (header) => {
      return header.baseOffset + header.lastOffsetDelta >= offset;
    });
    const isRight =
      isThere !== null &&
      isThere.baseOffset + isThere.lastOffsetDelta === offset &&
      isThere.maxTimestamp === newest;
    return isRight ? place : this.start;
  }

  /**
   * What the time index says of `timestamp`: up to which offset everything is older, and by which one there
   * is a record that is not; null where it does not say.
   */
  async timesAround(
    timestamp: number,
  ): Promise<{ readonly olderTo: number | null; readonly newerBy: number | null }> {
    const times = await this.#entries(".timeindex");
    const at = await times.findLast((entry) => int64At(entry, 0) < timestamp);
    const before = at < 0 ? null : await times.at(at);
    const after = at + 1 < times.count ? await times.at(at + 1) : null;
    const offsetIn = (entry: Uint8Array | null): number | null =>
      entry === null ? null : this.segment.baseOffset + int32At(entry, 8);
    return { olderTo: offsetIn(before), newerBy: offsetIn(after) };
  }

  /** Shows the headers of batches from `place` on, without reading what is between, until false. */
  async walkHeaders(place: Place, visit: (header: BatchHeader) => boolean): Promise<void> {
    const window = new Chunk();
    window.clear(place.position);
    for (let position = place.position; position + BATCH_HEADER_SIZE <= this.segment.size; ) {
      let at = position - window.position;
      if (at + BATCH_HEADER_SIZE > window.length) {
        window.clear(position);
        const length = Math.min(HEADER_WINDOW_BYTES, this.segment.size - position);
        await this.read(window, position, length);
        if (window.length < BATCH_HEADER_SIZE) return;
        at = 0;
      }
      const { baseOffset, size } = this.segment;
      const around = { baseOffset, bytesLeft: size - position, nextOffset: -1 };
      if (!isSane(window.bytes, at, around)) return;
      const header = readBatchHeader(window.bytes, at);
      if (!visit(header)) return;
      position += header.sizeInBytes;
    }
  }

  /** The first batch from `place` on for which `isWanted` holds, by its header; null for none. */
  async findFrom(
    place: Place,
    isWanted: (header: BatchHeader) => boolean,
  ): Promise<BatchHeader | null> {
    const chunk = new Chunk();
    for (let next: Place | null = place; next !== null; ) {
      next = await this.#fill(chunk, next, () => {});
      for (let index = 0; index < chunk.count; index += 1) {
        const header = readBatchHeader(chunk.bytes, chunk.startAt(index));
        if (isWanted(header)) return header;
      }
    }
    return null;
  }

  /** Fills `chunk` with batches from `place` up to `end`; returns where the next go, null at the end. */
  fillForward(chunk: Chunk, place: Place, end = this.segment.size): Promise<Place | null> {
    return this.#fill(chunk, place, this.#onSkip, end);
  }

  /** Fills `chunk` with the one batch at `position`; returns the place behind it, null where there is none. */
  async fillOne(chunk: Chunk, position: number): Promise<Place | null> {
    const { baseOffset, size } = this.segment;
    chunk.clear(position);
    let length = Math.min(ONE_BYTES, size - position);
    for (;;) {
      await this.read(chunk, position, length);
      const around = { baseOffset, bytesLeft: size - position, nextOffset: -1 };
      if (chunk.length < BATCH_HEADER_SIZE || !isSane(chunk.bytes, 0, around)) return null;
      const header = readBatchHeader(chunk.bytes, 0);
      if (header.sizeInBytes > BATCH_BYTES_MAX) return null;
      if (header.sizeInBytes <= chunk.length) {
        if (!checkCrc(chunk.bytes, 0, header)) return null;
        chunk.add(0);
        const nextOffset = header.baseOffset + header.lastOffsetDelta + 1;
        return { position: position + header.sizeInBytes, nextOffset };
      }
      if (chunk.length < length) return null;
      length = header.sizeInBytes;
    }
  }

  /**
   * Fills `chunk` with batches in front of `behind`, from `floor` on; returns where they begin, position 0
   * when nothing is left.
   */
  async fillBackward(chunk: Chunk, behind: Place, floor: Place | null = null): Promise<Place> {
    const { position: end, nextOffset: above } = behind;
    const found = await this.#placeBefore(end);
    const place = floor !== null && floor.position > found.position ? floor : found;
    const length = end - place.position;
    chunk.clear(place.position);
    if (length > BATCH_BYTES_MAX) {
      // Walking made waypoints around a batch of this size: it stands alone.
      this.#onSkip(place.nextOffset, above, "tooLarge");
      return place;
    }
    await this.read(chunk, place.position, length);
    const { baseOffset } = this.segment;
    let next = { from: 0, nextOffset: place.nextOffset };
    for (;;) {
      const { at, nextOffset } = listBatches(chunk, { ...next, baseOffset, size: end });
      if (at === chunk.length && chunk.length === length) {
        this.#onSkip(nextOffset, above, "damaged");
        return place;
      }
      const found = await this.#findBatch(place.position + at + 1, nextOffset, end);
      const header = found === null ? null : await this.#headerAt(found);
      this.#onSkip(nextOffset, header?.baseOffset ?? above, "damaged");
      if (found === null || header === null) return place;
      next = { from: found - place.position, nextOffset: header.baseOffset };
    }
  }

  /** Makes `chunk` hold the bytes of the file from `position` on, as many of `length` as there are. */
  async read(chunk: Chunk, position: number, length: number): Promise<void> {
    chunk.reserve(length, (size) => this.#world.allocate(size));
    const target = chunk.bytes.subarray(0, length);
    chunk.length = await this.#use((file) => file.read(target, position));
  }

  /** Whether the batch of that checksum is at its position: nobody has written the log anew since. */
  async isBatchAt(batch: {
    readonly lastPosition: number;
    readonly lastCrc: number;
  }): Promise<boolean> {
    const header = await this.#headerAt(batch.lastPosition);
    return header?.crc === batch.lastCrc;
  }

  get path(): string {
    return this.#path;
  }

  /** Uses the file that the snapshot speaks of, under whatever name it has now. */
  async #use<T>(work: (file: DiskFile) => Promise<T>): Promise<T> {
    const { files, list } = this.#world;
    if (list === undefined) return await files.use(this.#path, work);
    const size = await this.#sizeOf(this.#path);
    // Where none is found, what is there is used: an error is its answer where nothing is.
    if (!this.#isOurs(size)) this.#path = (await this.#findOld(list)) ?? this.#path;
    return await files.use(this.#path, work);
  }

  /** −1 where there is no such file. */
  async #sizeOf(path: string): Promise<number> {
    try {
      return await this.#world.files.use(path, (file) => file.size());
    } catch (error) {
      if (systemCode(error) !== "ENOENT") throw error;
      return -1;
    }
  }

  #isOurs(size: number): boolean {
    const { isClosed, size: known } = this.segment;
    return isClosed ? size === known : size >= known;
  }

  /** The path of the segment where it has left the log and its file is not removed yet. */
  async #findOld(list: NonNullable<SourceWorld["list"]>): Promise<string | null> {
    const start = `${this.#base.slice(this.#folder.length + 1)}.log.`;
    for (const name of await list(this.#folder)) {
      if (!name.startsWith(start) || !name.endsWith(DELETED_SUFFIX)) continue;
      const path = `${this.#folder}/${name}`;
      if (this.#isOurs(await this.#sizeOf(path))) return path;
    }
    return null;
  }

  async #fill(
    chunk: Chunk,
    place: Place,
    onSkip: OnSkip,
    endPosition = this.segment.size,
  ): Promise<Place | null> {
    const { baseOffset, size, endOffset } = this.segment;
    let { position, nextOffset } = place;
    let end = endPosition;
    let want = this.#world.chunkBytes;
    while (position < end) {
      chunk.clear(position);
      const length = Math.min(want, end - position);
      await this.read(chunk, position, length);
      const listing = listBatches(chunk, { from: 0, nextOffset, baseOffset, size });
      if (chunk.count > 0)
        return { position: position + listing.at, nextOffset: listing.nextOffset };
      const reached = Math.max(nextOffset, baseOffset);
      if (listing.kind === "damage" || chunk.length < Math.max(length, BATCH_HEADER_SIZE)) {
        const found = await this.#findBatch(position + 1, reached, size);
        const header = found === null ? null : await this.#headerAt(found);
        onSkip(reached, header?.baseOffset ?? endOffset, "damaged");
        if (found === null || header === null) return null;
        position = found;
        nextOffset = header.baseOffset;
        continue;
      }
      const needed = batchSizeAt(chunk.bytes, 0);
      if (needed <= BATCH_BYTES_MAX) {
        want = needed;
        // An end within a batch is none.
        if (needed > end - position) end = size;
        continue;
      }
      nextOffset = lastOffsetAt(chunk.bytes, 0) + 1;
      onSkip(baseOffsetAt(chunk.bytes, 0), nextOffset, "tooLarge");
      position += needed;
    }
    chunk.clear(position);
    return position < size ? { position, nextOffset } : null;
  }

  /** Where the piece that ends at `end` begins. */
  async #placeBefore(end: number): Promise<Place> {
    const { chunkBytes } = this.#world;
    const known = this.#waypointBefore(end);
    if (known !== null) return known;
    const index = await this.#entries(".index");
    const target = end - chunkBytes;
    let at = await index.findLast((entry) => int32At(entry, 4) <= target);
    let place = this.start;
    for (let wrong = 0; at >= 0 && wrong < WRONG_ENTRIES_MAX; at -= 1, wrong += 1) {
      const found = await this.#placeAt(index, at);
      if (found === null || found.position > target) continue;
      place = found;
      break;
    }
    if (end - place.position <= WALK_CHUNKS * chunkBytes) return place;
    await this.#walk(place, end);
    return this.#waypointBefore(end) ?? place;
  }

  /** The waypoint from which on there is about a piece in front of `end`. */
  #waypointBefore(end: number): Place | null {
    if (end > this.#walkedTo) return null;
    return this.#waypoints.findLast(({ position }) => position < end) ?? null;
  }

  /** Notes places between `place` and `end`, about a piece apart, and around each large batch. */
  async #walk(place: Place, end: number): Promise<void> {
    const points = [place];
    const { chunkBytes } = this.#world;
    const chunk = new Chunk();
    let behind = place;
    for (let next: Place | null = place; next !== null && next.position < end; ) {
      next = await this.#fill(chunk, next, () => {});
      for (let index = 0; index < chunk.count; index += 1) {
        const start = chunk.startAt(index);
        const position = chunk.position + start;
        if (position >= end) break;
        const size = batchSizeAt(chunk.bytes, start);
        const here = { position, nextOffset: baseOffsetAt(chunk.bytes, start) };
        // What was passed over, damage or a batch that is too large, is a piece of its own.
        const isBehindGap = position > behind.position;
        if (isBehindGap) points.push(behind);
        const isDue = position - (points.at(-1) as Place).position >= chunkBytes;
        if (isBehindGap || isDue || size > chunkBytes) points.push(here);
        behind = { position: position + size, nextOffset: lastOffsetAt(chunk.bytes, start) + 1 };
        if (size > chunkBytes) points.push(behind);
      }
    }
    if (behind.position < end) points.push(behind);
    this.#waypoints = points;
    this.#walkedTo = end;
  }

  /** The place that entry `at` of the offset index names; null where no such batch is there. */
  async #placeAt(index: IndexEntries, at: number): Promise<Place | null> {
    const entry = await index.at(at);
    if (entry === null) return null;
    const lastOffset = this.segment.baseOffset + int32At(entry, 0);
    const position = int32At(entry, 4);
    const header = await this.#headerAt(position);
    if (header === null || header.baseOffset + header.lastOffsetDelta !== lastOffset) return null;
    return { position, nextOffset: header.baseOffset };
  }

  /** The header at `position` if a batch may begin there. */
  async #headerAt(position: number): Promise<BatchHeader | null> {
    const { baseOffset, size } = this.segment;
    if (position < 0 || position + BATCH_HEADER_SIZE > size) return null;
    const bytes = new Uint8Array(BATCH_HEADER_SIZE);
    const count = await this.#use((file) => file.read(bytes, position));
    const around = { baseOffset, bytesLeft: size - position, nextOffset: -1 };
    return count === bytes.length && isSane(bytes, 0, around) ? readBatchHeader(bytes, 0) : null;
  }

  /** The position of the first whole batch from `from` on with offsets from `offset` on. */
  async #findBatch(from: number, offset: number, end: number): Promise<number | null> {
    const { baseOffset, endOffset } = this.segment;
    const limit = Math.min(end, from + RESYNC_BYTES_MAX);
    const window = new Chunk();
    const batch = new Chunk();
    for (let position = from; position + BATCH_HEADER_SIZE <= limit; ) {
      await this.read(window, position, Math.min(RESYNC_WINDOW_BYTES, limit - position));
      const { bytes, length } = window;
      for (let at = 0; at + BATCH_HEADER_SIZE <= length; at += 1) {
        if (bytes[at + MAGIC_AT] !== MAGIC) continue;
        const around = { baseOffset, bytesLeft: end - position - at, nextOffset: -1 };
        if (!isSane(bytes, at, around)) continue;
        const header = readBatchHeader(bytes, at);
        if (header.baseOffset < offset || header.baseOffset >= endOffset) continue;
        if (header.sizeInBytes > BATCH_BYTES_MAX) continue;
        await this.read(batch, position + at, header.sizeInBytes);
        if (batch.length >= header.sizeInBytes && checkCrc(batch.bytes, 0, header)) {
          return position + at;
        }
      }
      if (length < BATCH_HEADER_SIZE) return null;
      position += length - BATCH_HEADER_SIZE + 1;
    }
    return null;
  }

  #entries(suffix: keyof typeof ENTRY_SIZES): Promise<IndexEntries> {
    let entries = this.#indexes.get(suffix);
    if (entries === undefined) {
      const unsaved = this.#unsaved;
      entries = IndexEntries.open(this.#world.files, this.#base + suffix, {
        entrySize: ENTRY_SIZES[suffix],
        more: (suffix === ".index" ? unsaved?.offsets : unsaved?.times) ?? NO_ENTRIES,
        pagesMax: this.#world.indexPagesMax ?? INDEX_PAGES_MAX,
      });
      this.#indexes.set(suffix, entries);
    }
    return entries;
  }
}
