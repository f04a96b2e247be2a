/**
 * An internal topic as coordinators use it: one log per shard, made at first need, appended to by this
 * broker alone, read back whole when a shard is loaded.
 */
import { assert } from "@runnel/kit/assert.ts";
import { IoError } from "@runnel/kit/errors.ts";
import { ErrorCode, errorName } from "@runnel/protocol/errors.ts";
import {
  type BatchHeader,
  isControl,
  isTransactional,
  readBatchHeader,
} from "@runnel/protocol/records/batch.ts";
import { buildBatch, type NewRecord } from "@runnel/protocol/records/build.ts";
import { readMarker } from "@runnel/protocol/records/control.ts";
import { decodeRecords, findByTimestamp, readCached, readStored } from "#log/log-lookup.ts";
import type { PartitionLog } from "#log/partition-log.ts";
import type { Append } from "#log/ports.ts";
import type { TransactionMarker } from "#log/transaction-marker.ts";
import type { TopicImage } from "#metadata/image.ts";
import type { Partition } from "./partition.ts";
import type { ReplicaManager } from "./replica-manager.ts";

/** Bytes of a log that are in memory at once while it is read back. */
const READ_BYTES = 1024 * 1024;

/** The code of an error about an internal topic that cannot be used now. */
const INTERNAL_TOPIC_OFFLINE = "RUNNEL_INTERNAL_TOPIC_OFFLINE";

export interface InternalRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

export interface InternalProducer {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

/** What becomes one batch: records, in a producer's transaction or in none, or the end of one. */
export type InternalBatch =
  | {
      readonly kind: "records";
      readonly records: readonly InternalRecord[];
      readonly producer: InternalProducer | null;
    }
  | { readonly kind: "marker"; readonly marker: TransactionMarker };

/** NONE, and where the batch's first record is; or why the log does not take it from its producer. */
export interface InternalOutcome {
  readonly errorCode: ErrorCode;
  /** −1 on error. */
  readonly baseOffset: number;
}

export interface StoredInternalRecord extends InternalRecord {
  readonly offset: number;
  readonly timestamp: number;
}

export type StoredInternalItem =
  | (StoredInternalRecord & {
      readonly kind: "record";
      /** In whose transaction it was written, whatever became of that; null for none. */
      readonly producer: InternalProducer | null;
    })
  /** The end of a producer's transaction. */
  | {
      readonly kind: "end";
      readonly offset: number;
      readonly producerId: bigint;
      readonly isCommit: boolean;
    };

/** From `startOffset` on, `endOffset` not in it. */
export interface OffsetRange {
  readonly startOffset: number;
  readonly endOffset: number;
}

const EVERYTHING: OffsetRange = { startOffset: 0, endOffset: Number.POSITIVE_INFINITY };

export interface InternalTopicOptions {
  readonly name: string;
  readonly replicas: Pick<ReplicaManager, "image" | "whenOpen" | "find">;
  /** Makes the topic where it is missing; resolves when the image has it. */
  create(): Promise<void>;
}

export class InternalTopic {
  readonly #options: InternalTopicOptions;
  #creating: Promise<void> | null = null;

  constructor(options: InternalTopicOptions) {
    this.#options = options;
  }

  /** How many partitions it has; makes it where it is missing. */
  async partitionCount(): Promise<number> {
    return (await this.#topic()).partitions.length;
  }

  /**
   * Appends `records` as one batch of time `nowMs`; resolves with the offset behind it once the high
   * watermark is there. Rejects with `IoError` where the partition cannot take it; it may yet be stored.
   */
  async append(index: number, records: readonly InternalRecord[], nowMs: number): Promise<number> {
    const batch: InternalBatch = { kind: "records", records, producer: null };
    const [outcome] = await this.write(index, [batch], nowMs);
    assert(outcome?.errorCode === ErrorCode.NONE, "a batch without a producer was refused");
    return outcome.baseOffset + records.length;
  }

  /**
   * Appends the batches one behind the other, at time `nowMs`; resolves once the high watermark is behind
   * them, with what became of each. One that the log does not take from its producer keeps none of the
   * others from being written. Rejects with `IoError` as `append` does.
   */
  async write(
    index: number,
    batches: readonly InternalBatch[],
    nowMs: number,
  ): Promise<readonly InternalOutcome[]> {
    const partition = await this.#partition(index);
    const outcomes: InternalOutcome[] = [];
    let refusal: string | null = null;
    let endOffset = 0;
    for (const batch of batches) {
      const booked = book(partition, batch, nowMs);
      if (booked.kind !== "refused") {
        endOffset = booked.endOffset;
        outcomes.push({ errorCode: ErrorCode.NONE, baseOffset: booked.baseOffset });
      } else if (booked.errorCode === ErrorCode.KAFKA_STORAGE_ERROR || !isOfProducer(batch)) {
        refusal = booked.message;
        break;
      } else outcomes.push({ errorCode: booked.errorCode, baseOffset: -1 });
    }
    await this.#reached(index, partition, endOffset);
    if (refusal !== null) throw this.#offline(index, refusal);
    return outcomes;
  }

  /** Where a partition begins and ends; null where the topic was not made yet. */
  async bounds(index: number): Promise<OffsetRange | null> {
    const { name, replicas } = this.#options;
    if (!replicas.image.topicsByName.has(name)) return null;
    const { log, highWatermark } = await this.#partition(index);
    return { startOffset: log.logStartOffset, endOffset: highWatermark };
  }

  /** The first offset with a record of `timestamp` or later; null where there is none, or no topic. */
  async offsetAt(index: number, timestamp: number): Promise<number | null> {
    const { name, replicas } = this.#options;
    if (!replicas.image.topicsByName.has(name)) return null;
    const { log, highWatermark } = await this.#partition(index);
    return (await findByTimestamp(log, timestamp, highWatermark))?.offset ?? null;
  }

  /** The records of a partition, all or those of a range, in order, in chunks of about a megabyte. */
  async *read(
    index: number,
    wanted: OffsetRange = EVERYTHING,
  ): AsyncGenerator<readonly StoredInternalRecord[]> {
    for await (const chunk of this.#items(index, wanted)) {
      yield chunk.filter((item) => item.kind === "record");
    }
  }

  /** Records and ends of transactions, as `read`; records of transactions whether these ended or not. */
  load(index: number): AsyncGenerator<readonly StoredInternalItem[]> {
    return this.#items(index, EVERYTHING);
  }

  async *#items(index: number, wanted: OffsetRange): AsyncGenerator<readonly StoredInternalItem[]> {
    const { log, highWatermark } = await this.#partition(index);
    const endOffset = Math.min(highWatermark, wanted.endOffset);
    let offset = Math.max(log.logStartOffset, wanted.startOffset);
    while (offset < endOffset) {
      const range = { offset, endOffset: highWatermark, bytesMax: READ_BYTES, atLeastOne: true };
      const { parts } = readCached(log, range) ?? (await readStored(log, range));
      const chunk: StoredInternalItem[] = [];
      for (const part of parts) {
        for (let at = 0; at < part.length; ) {
          const header = readBatchHeader(part, at);
          const batch = part.subarray(at, at + header.sizeInBytes);
          for (const item of await itemsOf(log, header, batch)) {
            if (item.offset >= offset && item.offset < endOffset) chunk.push(item);
          }
          at += header.sizeInBytes;
          offset = header.baseOffset + header.lastOffsetDelta + 1;
        }
      }
      if (parts.length === 0) throw this.#offline(index, `nothing can be read at offset ${offset}`);
      yield chunk;
    }
  }

  #reached(index: number, partition: Partition, endOffset: number): Promise<void> {
    return new Promise((resolve, reject) => {
      partition.awaitHighWatermark(endOffset, Number.POSITIVE_INFINITY, (how) => {
        if (how === "reached") resolve();
        else reject(this.#offline(index, "the log could not be written"));
      });
    });
  }

  async #topic(): Promise<TopicImage> {
    const { name, replicas } = this.#options;
    const known = replicas.image.topicsByName.get(name);
    if (known !== undefined) return known;
    this.#creating ??= this.#options.create().finally(() => {
      this.#creating = null;
    });
    await this.#creating;
    const made = replicas.image.topicsByName.get(name);
    if (made === undefined) throw new IoError(INTERNAL_TOPIC_OFFLINE, `${name} was not created`);
    return made;
  }

  async #partition(index: number): Promise<Partition> {
    const topic = await this.#topic();
    const { replicas } = this.#options;
    await replicas.whenOpen(topic.id);
    const lookup = replicas.find(topic.id, index);
    if (lookup.kind === "open") return lookup.partition;
    const code = lookup.kind === "absent" ? lookup.errorCode : ErrorCode.LEADER_NOT_AVAILABLE;
    throw this.#offline(index, errorName(code));
  }

  #offline(index: number, why: string): IoError {
    return new IoError(INTERNAL_TOPIC_OFFLINE, `${this.#options.name}-${index}: ${why}`);
  }
}

function isOfProducer(batch: InternalBatch): boolean {
  return batch.kind === "marker" || batch.producer !== null;
}

function book(partition: Partition, batch: InternalBatch, nowMs: number): Append {
  const { log, leaderEpoch, traffic } = partition;
  if (batch.kind === "marker") return log.appendMarker(batch.marker, leaderEpoch);
  const { records, producer } = batch;
  const bytes = buildBatch({
    records: records.map(({ key, value }): NewRecord => ({ key, value, timestamp: nowMs })),
    ...(producer === null ? {} : { ...producer, isTransactional: true }),
  });
  const outcome = log.append(bytes, readBatchHeader(bytes, 0), leaderEpoch);
  if (outcome.kind === "appended") traffic.countReceived(bytes.length, records.length);
  return outcome;
}

/** What a batch holds; nothing for a control batch that ends no transaction. */
async function itemsOf(
  log: PartitionLog,
  header: BatchHeader,
  batch: Uint8Array,
): Promise<readonly StoredInternalItem[]> {
  const { producerId, producerEpoch, attributes } = header;
  if (isControl(attributes)) {
    const marker = readMarker(batch, header);
    if (marker === null) return [];
    const offset = header.baseOffset + header.lastOffsetDelta;
    return [{ kind: "end", offset, producerId, isCommit: marker.isCommit }];
  }
  const producer = isTransactional(attributes) ? { producerId, producerEpoch } : null;
  const items: StoredInternalItem[] = [];
  for (const { key, value, timestamp, offset } of await decodeRecords(log, header, batch)) {
    if (key !== null) items.push({ kind: "record", key, value, timestamp, offset, producer });
  }
  return items;
}
