/**
 * Where the records of one batch lie: read once, so that a batch is either understood as a whole or left
 * alone. The columns are reused from batch to batch.
 */
import { ByteReader } from "@runnel/kit/byte-reader.ts";
import { DecodeError } from "@runnel/kit/errors.ts";
import type { BatchHeader } from "@runnel/protocol/records/batch.ts";
import { createRecordLayout, readRecordLayout } from "@runnel/protocol/records/record-layout.ts";

const ROWS_MIN = 256;

export class RecordTable {
  /** Records read. */
  count = 0;
  /** The bytes that all positions count in: records without the header of their batch. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Where a record begins, with its length; and where the last one ends. */
  starts = new Int32Array(ROWS_MIN + 1);
  keyStarts = new Int32Array(ROWS_MIN);
  /** −1: null. */
  keyLengths = new Int32Array(ROWS_MIN);
  /** −1: null. */
  valueLengths = new Int32Array(ROWS_MIN);
  offsetDeltas = new Int32Array(ROWS_MIN);
  timestampDeltas = new Float64Array(ROWS_MIN);
  readonly #layout = createRecordLayout();

  /**
   * Reads the records of a batch from `bytes`, from `at` up to `end`, unpacked. Throws `DecodeError` where
   * they are not what `header` says.
   */
  read(header: BatchHeader, bytes: Uint8Array, at: number, end: number): void {
    const { recordCount, lastOffsetDelta } = header;
    const reader = new ByteReader(bytes, at, end);
    const layout = this.#layout;
    this.bytes = bytes;
    this.count = 0;
    let last = -1;
    for (let row = 0; row < recordCount; row += 1) {
      if (row === this.keyStarts.length) this.#grow();
      this.starts[row] = reader.offset;
      readRecordLayout(reader, layout);
      const { offsetDelta } = layout;
      if (offsetDelta <= last || offsetDelta > lastOffsetDelta) {
        throw new DecodeError(`offset delta ${offsetDelta} after ${last}, to ${lastOffsetDelta}`);
      }
      last = offsetDelta;
      this.keyStarts[row] = layout.keyAt;
      this.keyLengths[row] = layout.keyLength;
      this.valueLengths[row] = layout.valueLength;
      this.offsetDeltas[row] = offsetDelta;
      this.timestampDeltas[row] = layout.timestampDelta;
      this.count = row + 1;
    }
    if (recordCount < 0 || reader.remaining > 0) {
      throw new DecodeError(`${reader.remaining} bytes after the last of ${recordCount} records`);
    }
    this.starts[this.count] = end;
  }

  /** Doubles the columns: records that were read pay for it, not a count that was declared. */
  #grow(): void {
    const rows = 2 * this.keyStarts.length;
    this.starts = grown(this.starts, new Int32Array(rows + 1));
    this.keyStarts = grown(this.keyStarts, new Int32Array(rows));
    this.keyLengths = grown(this.keyLengths, new Int32Array(rows));
    this.valueLengths = grown(this.valueLengths, new Int32Array(rows));
    this.offsetDeltas = grown(this.offsetDeltas, new Int32Array(rows));
    this.timestampDeltas = grown(this.timestampDeltas, new Float64Array(rows));
  }
}

function grown<T extends Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
