/** The first half of a pass: learns the newest offset of every key in the part that is not compacted yet. */
import { type BatchHeader, isControl, isTransactional } from "@runnel/protocol/records/batch.ts";
import { markerKindOf, readRecords } from "./batch-cleaner.ts";
import type { KeyMap } from "./key-map.ts";
import { RecordTable } from "./record-table.ts";
import type { TransactionTracker } from "./transaction-tracker.ts";

export class MapBuilder {
  readonly keys: KeyMap;
  /** The map knows of every record up to here. */
  lastOffset: number;
  readonly #startOffset: number;
  readonly #tracker: TransactionTracker;
  readonly #table = new RecordTable();

  /** `tracker` knows the transactions that were aborted from `startOffset` on. */
  constructor(keys: KeyMap, tracker: TransactionTracker, startOffset: number) {
    this.keys = keys;
    this.#tracker = tracker;
    this.#startOffset = startOffset;
    this.lastOffset = startOffset - 1;
  }

  /** Takes in the keys of the batch at `at`; false where the map is full, which may be within it. */
  take(header: BatchHeader, bytes: Uint8Array, at: number): boolean {
    const { baseOffset, attributes, producerId } = header;
    const lastOffset = baseOffset + header.lastOffsetDelta;
    if (lastOffset < this.#startOffset) return true;
    let hasKeys = header.recordCount > 0;
    if (isControl(attributes)) {
      this.#tracker.onMarker(producerId, lastOffset, markerKindOf(bytes, at, header));
      hasKeys = false;
    } else if (hasKeys && isTransactional(attributes)) {
      hasKeys = !this.#tracker.onData(producerId, lastOffset);
    }
    // A batch whose records cannot be read is kept as it is, and so is whatever it might replace.
    if (hasKeys && readRecords(this.#table, bytes, at, header)) {
      if (!this.#takeRecords(baseOffset)) return false;
    }
    this.lastOffset = lastOffset;
    return true;
  }

  #takeRecords(baseOffset: number): boolean {
    const table = this.#table;
    for (let row = 0; row < table.count; row += 1) {
      const offset = baseOffset + (table.offsetDeltas[row] as number);
      const keyLength = table.keyLengths[row] as number;
      if (offset < this.#startOffset) continue;
      if (keyLength >= 0) {
        const start = table.keyStarts[row] as number;
        if (!this.keys.put(table.bytes, start, start + keyLength, offset)) return false;
      }
      this.lastOffset = offset;
    }
    return true;
  }
}
