/** Walks the headers of a record in place. */
import type { Buffer } from "node:buffer";
import type { RecordCursor } from "../record.ts";

/** One header after the other, by position: `open`, then `next` until it says false. */
export class HeaderWalk {
  bytes: Buffer | null = null;
  keyAt = 0;
  keyEnd = 0;
  valueAt = 0;
  /** −1 where the value is null. */
  valueEnd = -1;
  #at = 0;
  #left = 0;

  /** Goes in front of the first header. The cursor has checked the framing of the record. */
  open(record: RecordCursor): void {
    this.bytes = record.buffer;
    this.#at = record.layout.headersAt;
    this.#left = record.layout.headerCount;
  }

  next(): boolean {
    if (this.#left <= 0) return false;
    this.#left -= 1;
    const keyLength = this.#varint();
    this.keyAt = this.#at;
    this.keyEnd = this.keyAt + keyLength;
    this.#at = this.keyEnd;
    const valueLength = this.#varint();
    this.valueAt = this.#at;
    this.valueEnd = valueLength < 0 ? -1 : this.valueAt + valueLength;
    this.#at = this.valueAt + Math.max(valueLength, 0);
    return true;
  }

  #varint(): number {
    const bytes = this.bytes as Buffer;
    let raw = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = bytes[this.#at] as number;
      this.#at += 1;
      raw |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return (raw >>> 1) ^ -(raw & 1);
  }
}
