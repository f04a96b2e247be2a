/**
 * The two sparse indexes of a segment, in Kafka's file formats (big-endian, no header).
 *
 * Offset index, 8 bytes an entry: int32 last offset of a batch relative to the segment, int32 position
 * of that batch. Time index, 12 bytes an entry: int64 largest timestamp so far, int32 relative offset
 * of the batch that has it. Both only grow; the active segment's live in memory and reach the disk at
 * checkpoints, for they can always be made again from the log.
 */
import { int32At, int64At } from "@runnel/kit/byte-reader.ts";
import { setInt32, setInt64 } from "@runnel/kit/byte-writer.ts";

export const OFFSET_ENTRY_SIZE = 8;
export const TIME_ENTRY_SIZE = 12;
const CAPACITY_MIN = 8;

export class OffsetIndex {
  #entries = new Int32Array(2 * CAPACITY_MIN);
  count = 0;

  /** Adds an entry; both values are larger than those of the entry before. */
  add(relativeOffset: number, position: number): void {
    if (2 * this.count === this.#entries.length) {
      const grown = new Int32Array(2 * this.#entries.length);
      grown.set(this.#entries);
      this.#entries = grown;
    }
    this.#entries[2 * this.count] = relativeOffset;
    this.#entries[2 * this.count + 1] = position;
    this.count += 1;
  }

  /** The last entry with an offset ≤ `relativeOffset`: its number, −1 when there is none. */
  find(relativeOffset: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[2 * middle] as number) <= relativeOffset) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  relativeOffsetAt(entry: number): number {
    return this.#entries[2 * entry] as number;
  }

  positionAt(entry: number): number {
    return this.#entries[2 * entry + 1] as number;
  }

  /** Drops an entry that was found to be wrong. */
  remove(entry: number): void {
    this.#entries.copyWithin(2 * entry, 2 * entry + 2, 2 * this.count);
    this.count -= 1;
  }

  /** Drops the entries whose batch begins at `position` or behind. */
  truncate(position: number): void {
    while (this.count > 0 && this.positionAt(this.count - 1) >= position) this.count -= 1;
  }

  /** The file's bytes of the entries from number `from` on. */
  encode(from: number): Uint8Array {
    const bytes = new Uint8Array((this.count - from) * OFFSET_ENTRY_SIZE);
    for (let entry = from; entry < this.count; entry += 1) {
      const at = (entry - from) * OFFSET_ENTRY_SIZE;
      setInt32(bytes, at, this.relativeOffsetAt(entry));
      setInt32(bytes, at + 4, this.positionAt(entry));
    }
    return bytes;
  }

  /**
   * The index in a file's bytes; null where they cannot be one: a torn entry, an order that goes back,
   * a position at or behind `logSize`.
   */
  static decode(bytes: Uint8Array, logSize: number): OffsetIndex | null {
    if (bytes.length % OFFSET_ENTRY_SIZE !== 0) return null;
    const index = new OffsetIndex();
    index.#entries = new Int32Array(Math.max(2 * CAPACITY_MIN, bytes.length / 4));
    let lastOffset = -1;
    let lastPosition = -1;
    for (let at = 0; at < bytes.length; at += OFFSET_ENTRY_SIZE) {
      const relativeOffset = int32At(bytes, at);
      const position = int32At(bytes, at + 4);
      if (relativeOffset <= lastOffset || position <= lastPosition || position >= logSize) {
        return null;
      }
      index.add(relativeOffset, position);
      lastOffset = relativeOffset;
      lastPosition = position;
    }
    return index;
  }
}

export class TimeIndex {
  #timestamps = new Float64Array(CAPACITY_MIN);
  #offsets = new Int32Array(CAPACITY_MIN);
  count = 0;

  /** Adds an entry unless its timestamp is not larger than the last one's. */
  add(timestamp: number, relativeOffset: number): void {
    if (this.count > 0 && timestamp <= this.timestampAt(this.count - 1)) return;
    if (this.count === this.#offsets.length) {
      const timestamps = new Float64Array(2 * this.count);
      timestamps.set(this.#timestamps);
      this.#timestamps = timestamps;
      const offsets = new Int32Array(2 * this.count);
      offsets.set(this.#offsets);
      this.#offsets = offsets;
    }
    this.#timestamps[this.count] = timestamp;
    this.#offsets[this.count] = relativeOffset;
    this.count += 1;
  }

  /** The last entry with a timestamp < `timestamp`: its number, −1 when there is none. */
  findBefore(timestamp: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#timestamps[middle] as number) < timestamp) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** The first entry of `relativeOffset` or a later one: its number, −1 when there is none. */
  findFrom(relativeOffset: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#offsets[middle] as number) < relativeOffset) low = middle + 1;
      else high = middle;
    }
    return low < this.count ? low : -1;
  }

  timestampAt(entry: number): number {
    return this.#timestamps[entry] as number;
  }

  relativeOffsetAt(entry: number): number {
    return this.#offsets[entry] as number;
  }

  /** Drops an entry that was found to be wrong. */
  remove(entry: number): void {
    this.#timestamps.copyWithin(entry, entry + 1, this.count);
    this.#offsets.copyWithin(entry, entry + 1, this.count);
    this.count -= 1;
  }

  /** Drops the entries of offsets from `relativeOffset` on. */
  truncate(relativeOffset: number): void {
    while (this.count > 0 && this.relativeOffsetAt(this.count - 1) >= relativeOffset) {
      this.count -= 1;
    }
  }

  encode(from: number): Uint8Array {
    const bytes = new Uint8Array((this.count - from) * TIME_ENTRY_SIZE);
    for (let entry = from; entry < this.count; entry += 1) {
      const at = (entry - from) * TIME_ENTRY_SIZE;
      setInt64(bytes, at, this.timestampAt(entry));
      setInt32(bytes, at + 8, this.relativeOffsetAt(entry));
    }
    return bytes;
  }

  /** The index in a file's bytes; null where they cannot be one. */
  static decode(bytes: Uint8Array): TimeIndex | null {
    if (bytes.length % TIME_ENTRY_SIZE !== 0) return null;
    const index = new TimeIndex();
    let lastTimestamp = Number.NEGATIVE_INFINITY;
    let lastOffset = -1;
    for (let at = 0; at < bytes.length; at += TIME_ENTRY_SIZE) {
      const timestamp = int64At(bytes, at);
      const relativeOffset = int32At(bytes, at + 8);
      if (timestamp <= lastTimestamp || relativeOffset <= lastOffset) return null;
      index.add(timestamp, relativeOffset);
      lastTimestamp = timestamp;
      lastOffset = relativeOffset;
    }
    return index;
  }
}
