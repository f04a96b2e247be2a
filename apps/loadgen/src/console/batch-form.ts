/**
 * Batches by the million, each with events of its own: one is built, and its numbers are written anew into
 * the bytes. Building them all would take longer than anything that is measured.
 */
import { Buffer } from "node:buffer";
import {
  BASE_TIMESTAMP_AT,
  BATCH_HEADER_SIZE,
  MAX_TIMESTAMP_AT,
  updateCrc,
} from "@runnel/protocol/records/batch.ts";
import { buildBatch, type NewRecord } from "@runnel/protocol/records/build.ts";
import { produceFrame } from "../requests.ts";

const ZERO = 0x30;

export interface BatchShape {
  readonly topic: string;
  readonly partition: number;
  readonly recordCount: number;
  /** Decimal digits of every number. */
  readonly digits: number;
  /** A record whose key or value, or both, hold `number`, which stands nowhere else in it. */
  record(number: string): NewRecord;
}

export class BatchForm {
  readonly recordCount: number;
  readonly #digits: number;
  readonly #frame: Buffer;
  readonly #batchAt: number;
  /** Of each record, where its number stands in the frame. */
  readonly #places: readonly (readonly number[])[];

  constructor(shape: BatchShape) {
    const { topic, partition, recordCount, digits } = shape;
    const first = 5 * 10 ** (digits - 1);
    const numbers = Array.from({ length: recordCount }, (_, index) => String(first + index));
    const records = numbers.map((number) => ({ ...shape.record(number), timestamp: 0 }));
    const batch = buildBatch({ records });
    this.recordCount = recordCount;
    this.#digits = digits;
    this.#frame = Buffer.from(produceFrame(topic, partition, batch, -1));
    this.#batchAt = this.#frame.indexOf(batch.subarray(0, BATCH_HEADER_SIZE));
    this.#places = placesOf(this.#frame, numbers);
  }

  /** Gives record `index` another number, of as many digits. */
  set(index: number, number: number): void {
    for (const place of this.#places[index] as readonly number[]) {
      let rest = number;
      for (let at = place + this.#digits - 1; at >= place; at -= 1) {
        this.#frame[at] = ZERO + (rest % 10);
        rest = Math.floor(rest / 10);
      }
    }
  }

  /** A produce request with the batch as it is now, all of it from `timestamp` (ms). */
  request(timestamp: number): Uint8Array {
    const frame = Buffer.from(this.#frame);
    frame.writeBigInt64BE(BigInt(timestamp), this.#batchAt + BASE_TIMESTAMP_AT);
    frame.writeBigInt64BE(BigInt(timestamp), this.#batchAt + MAX_TIMESTAMP_AT);
    updateCrc(frame, this.#batchAt);
    return frame;
  }
}

/** Where each number stands, once or twice; records come in their order. */
function placesOf(frame: Buffer, numbers: readonly string[]): number[][] {
  let from = 0;
  return numbers.map((number, index) => {
    const next = numbers[index + 1];
    const places: number[] = [];
    const first = frame.indexOf(number, from);
    if (first < 0) throw new Error(`the record of ${number} does not hold it`);
    const end = next === undefined ? frame.length : frame.indexOf(next, first + number.length);
    for (let at = first; at >= 0 && at < end; at = frame.indexOf(number, at + number.length)) {
      places.push(at);
    }
    from = first + number.length;
    return places;
  });
}
