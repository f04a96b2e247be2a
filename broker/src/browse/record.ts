/**
 * A stored record as a scan sees it.
 *
 * A scan looks at hundreds of thousands of records a second, so it has one `RecordCursor` and moves
 * it: filters read positions and bytes, and nothing is allocated unless somebody asks for a view.
 * What is to be kept must be copied.
 */
import { Buffer } from "node:buffer";
import { ByteReader } from "@runnel/kit/byte-reader.ts";
import {
  type BatchHeader,
  type CodecName,
  codecNameOf,
  isControl,
  isTransactional,
  type TimestampType,
  timestampType,
} from "@runnel/protocol/records/batch.ts";
import type { RecordHeader } from "@runnel/protocol/records/iterate.ts";
import {
  createRecordLayout,
  type RecordLayout,
  readLength,
  readRecordLayout,
} from "@runnel/protocol/records/record-layout.ts";

/** What all records of a batch share. */
export interface BatchFacts {
  /** −1n: none. */
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly compression: CodecName;
  /** The records are transaction markers, not events. */
  readonly isControl: boolean;
  readonly isTransactional: boolean;
  readonly leaderEpoch: number;
}

/** A record by value: it stays as it is when the scan goes on. */
export interface StoredRecord {
  readonly partition: number;
  readonly offset: number;
  /** Ms since 1970; −1 for none. With LogAppendTime it is the batch's for every record. */
  readonly timestamp: number;
  readonly timestampType: TimestampType;
  readonly key: Uint8Array | null;
  /** Null is a tombstone, which is not the same as no bytes. */
  readonly value: Uint8Array | null;
  /** Keys may repeat; their order counts. */
  readonly headers: readonly RecordHeader[];
  /** Bytes; −1 for null. */
  readonly keySize: number;
  /** Bytes; −1 for null. */
  readonly valueSize: number;
  /** Bytes of all header keys and values with their lengths, as stored. */
  readonly headersSize: number;
  readonly batch: BatchFacts;
}

const NO_BYTES = new Uint8Array(0);
const NO_HEADERS: readonly RecordHeader[] = [];
const NO_BATCH: BatchFacts = {
  producerId: -1n,
  producerEpoch: -1,
  baseSequence: -1,
  compression: "none",
  isControl: false,
  isTransactional: false,
  leaderEpoch: -1,
};
/** Batches opened so far by all cursors: several share a filter, which remembers what it saw of a batch. */
let openedCount = 0;
/** Header keys that are not UTF-8 read with U+FFFD, as in Java: they are names, not data. */
const headerKeys = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * One record after the other of one partition: `openBatch`, then `next` until it says false.
 *
 * All views (`key`, `value`, `headers`) and positions hold until the next move and point into
 * `bytes`, which must not change until then.
 */
export class RecordCursor implements StoredRecord {
  partition = -1;
  offset = -1;
  timestamp = -1;
  /** The batch's records, decompressed; positions in `layout` point into it. */
  bytes: Uint8Array = NO_BYTES;
  /** The same memory, for what is quick with a `Buffer` alone. */
  buffer: Buffer = Buffer.from(NO_BYTES);
  /**
   * Another with every batch of any cursor: what was found out about `bytes` holds as long as it stays.
   */
  batchNumber = 0;
  readonly layout: RecordLayout = createRecordLayout();
  /** Where the record begins. */
  start = 0;
  /** Where the record ends, and its headers with it. */
  end = 0;
  timestampType: TimestampType = "createTime";
  #reader = new ByteReader(NO_BYTES);
  #header: BatchHeader | null = null;
  #facts: BatchFacts | null = null;
  #left = 0;
  #isAppendTime = false;
  #baseOffset = 0;
  #baseTimestamp = 0;

  /** Goes in front of the first record of a batch. `bytes` are its records, decompressed. */
  openBatch(partition: number, header: BatchHeader, bytes: Uint8Array): void {
    this.partition = partition;
    this.bytes = bytes;
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    openedCount += 1;
    this.batchNumber = openedCount;
    this.#reader = new ByteReader(bytes);
    this.#header = header;
    this.#facts = null;
    this.#left = header.recordCount;
    this.timestampType = timestampType(header.attributes);
    this.#isAppendTime = this.timestampType === "logAppendTime";
    this.#baseOffset = header.baseOffset;
    this.#baseTimestamp = this.#isAppendTime ? header.maxTimestamp : header.baseTimestamp;
  }

  /** Moves to the next record; false behind the last. Throws `DecodeError` where it is malformed. */
  next(): boolean {
    if (this.#left <= 0) return false;
    this.#left -= 1;
    this.#read();
    return true;
  }

  /** Moves to the record that begins at `start`, where `next` found one before; the next is behind it. */
  moveTo(start: number): void {
    this.#reader.offset = start;
    this.#read();
  }

  #read(): void {
    const { layout } = this;
    this.start = this.#reader.offset;
    readRecordLayout(this.#reader, layout);
    this.end = this.#reader.offset;
    this.offset = this.#baseOffset + layout.offsetDelta;
    this.timestamp = this.#isAppendTime
      ? this.#baseTimestamp
      : this.#baseTimestamp + layout.timestampDelta;
  }

  get key(): Uint8Array | null {
    const { keyAt, keyLength } = this.layout;
    return keyLength < 0 ? null : this.bytes.subarray(keyAt, keyAt + keyLength);
  }

  get value(): Uint8Array | null {
    const { valueAt, valueLength } = this.layout;
    return valueLength < 0 ? null : this.bytes.subarray(valueAt, valueAt + valueLength);
  }

  get headers(): readonly RecordHeader[] {
    const { headerCount, headersAt } = this.layout;
    if (headerCount === 0) return NO_HEADERS;
    const reader = new ByteReader(this.bytes, headersAt, this.end);
    const headers: RecordHeader[] = [];
    for (let i = 0; i < headerCount; i += 1) {
      const key = headerKeys.decode(reader.slice(readLength(reader, this.end, "header key")));
      const length = readLength(reader, this.end, "header value");
      headers.push({ key, value: length < 0 ? null : reader.slice(length) });
    }
    return headers;
  }

  get keySize(): number {
    return this.layout.keyLength;
  }

  get valueSize(): number {
    return this.layout.valueLength;
  }

  get headersSize(): number {
    return this.end - this.layout.headersAt;
  }

  get batch(): BatchFacts {
    this.#facts ??= this.#header === null ? NO_BATCH : factsOf(this.#header);
    return this.#facts;
  }
}

function factsOf(header: BatchHeader): BatchFacts {
  const { producerId, producerEpoch, baseSequence, attributes, partitionLeaderEpoch } = header;
  return {
    producerId,
    producerEpoch,
    baseSequence,
    compression: codecNameOf(attributes) ?? "none",
    isControl: isControl(attributes),
    isTransactional: isTransactional(attributes),
    leaderEpoch: partitionLeaderEpoch,
  };
}
