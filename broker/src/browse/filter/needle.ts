/**
 * Looks for bytes in one record after the other, at the speed of the runtime's search.
 *
 * The search goes on beyond the record, to the end of the batch, and what it finds is remembered:
 * records in front of that place need no search of their own. So a rare needle costs one pass over
 * the batch, whatever the number of records.
 */
import type { Buffer } from "node:buffer";

export class Needle {
  readonly #bytes: Uint8Array;
  #batch = -1;
  #from = 0;
  /** The first place from `#from` on. */
  #found = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /**
   * Where the needle is first between `start` and `end` of the batch's `bytes`; −1 for nowhere. The
   * same `batch` means the same bytes.
   */
  find(bytes: Buffer, batch: number, start: number, end: number): number {
    if (batch !== this.#batch || start < this.#from || this.#found < start) {
      const at = bytes.indexOf(this.#bytes, start);
      this.#batch = batch;
      this.#from = start;
      this.#found = at < 0 ? Number.POSITIVE_INFINITY : at;
    }
    return this.#found <= end - this.#bytes.length ? this.#found : -1;
  }
}
