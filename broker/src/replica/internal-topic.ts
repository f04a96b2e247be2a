/**
 * An internal topic as coordinators use it: one log per shard, made at first need, appended to by this
 * broker alone, read back whole when a shard is loaded.
 */
import { IoError } from "@runnel/kit/errors.ts";
import { ErrorCode, errorName } from "@runnel/protocol/errors.ts";
import { readBatchHeader } from "@runnel/protocol/records/batch.ts";
import { buildBatch, type NewRecord } from "@runnel/protocol/records/build.ts";
import { decodeRecords, findByTimestamp, readCached, readStored } from "#log/log-lookup.ts";
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

export interface StoredInternalRecord extends InternalRecord {
  readonly offset: number;
  readonly timestamp: number;
}

/** From `startOffset` on, `endOffset` not in it. */
export interface OffsetRange {
  readonly startOffset: number;
  readonly endOffset: number;
}

const EVERYTHING: OffsetRange = { startOffset: 0, endOffset: Number.POSITIVE_INFINITY };

export interface InternalTopicOptions {
  readonly name: string;
  readonly replicas: ReplicaManager;
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
    const partition = await this.#partition(index);
    const batch = buildBatch({
      records: records.map(({ key, value }): NewRecord => ({ key, value, timestamp: nowMs })),
    });
    const outcome = partition.log.append(batch, readBatchHeader(batch, 0), partition.leaderEpoch);
    if (outcome.kind === "refused") throw this.#offline(index, outcome.message);
    partition.traffic.countReceived(batch.length, records.length);
    return await new Promise((resolve, reject) => {
      partition.awaitHighWatermark(outcome.endOffset, Number.POSITIVE_INFINITY, (how) => {
        if (how === "reached") resolve(outcome.endOffset);
        else reject(this.#offline(index, "the log could not be written"));
      });
    });
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
    const { log, highWatermark } = await this.#partition(index);
    const endOffset = Math.min(highWatermark, wanted.endOffset);
    let offset = Math.max(log.logStartOffset, wanted.startOffset);
    while (offset < endOffset) {
      const range = { offset, endOffset: highWatermark, bytesMax: READ_BYTES, atLeastOne: true };
      const { parts } = readCached(log, range) ?? (await readStored(log, range));
      const chunk: StoredInternalRecord[] = [];
      for (const part of parts) {
        for (let at = 0; at < part.length; ) {
          const header = readBatchHeader(part, at);
          const batch = part.subarray(at, at + header.sizeInBytes);
          for (const record of await decodeRecords(log, header, batch)) {
            const { key, value, timestamp } = record;
            if (key !== null && record.offset >= offset && record.offset < endOffset) {
              chunk.push({ key, value, timestamp, offset: record.offset });
            }
          }
          at += header.sizeInBytes;
          offset = header.baseOffset + header.lastOffsetDelta + 1;
        }
      }
      if (parts.length === 0) throw this.#offline(index, `nothing can be read at offset ${offset}`);
      yield chunk;
    }
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
