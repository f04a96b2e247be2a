/** Sends batches of records to one topic and says exactly how many were acknowledged. */
import { randomInt } from "node:crypto";
import { findErrorBy, type MessageToProduce, Producer } from "@platformatic/kafka";
import type { HostPort } from "../cli/values.ts";
import type { NumberedRecord } from "./batch-sender.ts";
import { clientOptions, responseOf } from "./cluster.ts";
import { partitionOfKey } from "./partitioner.ts";
import { splitByTime } from "./time-waves.ts";

export interface ProduceOptions {
  readonly bootstrap: readonly HostPort[];
  readonly topic: string;
  readonly partitionCount: number;
  readonly acks: -1 | 0 | 1;
  readonly compression: "none" | "gzip" | "snappy" | "lz4" | "zstd";
}

export interface SendOutcome {
  readonly acknowledged: number;
  readonly failed: number;
  /** Bytes of keys and values that were acknowledged. */
  readonly bytes: number;
  /** What the client library threw; null where all went well. */
  readonly error: unknown;
  /** The line of the first record that was not acknowledged. */
  readonly errorLine: number;
  /** Whether the records themselves are at fault, so that others may still go through. */
  readonly isOnlyTheirs: boolean;
}

/** A broker that restarts is back within this. */
const SEND_RETRIES = 30;
const SEND_RETRY_DELAY_MS = 500;

const FAULTS_OF_RECORDS = [
  "MESSAGE_TOO_LARGE",
  "RECORD_LIST_TOO_LARGE",
  "INVALID_RECORD",
  "INVALID_TIMESTAMP",
] as const;

export class TopicProducer implements AsyncDisposable {
  readonly #options: ProduceOptions;
  readonly #producer: Producer<Buffer, Buffer, Buffer, Buffer>;
  /** Records without a key go to one partition per batch, and to the next with the next batch. */
  #turn: number;

  constructor(options: ProduceOptions) {
    this.#options = options;
    this.#turn = randomInt(options.partitionCount);
    this.#producer = new Producer<Buffer, Buffer, Buffer, Buffer>({
      ...clientOptions(options.bootstrap),
      retries: SEND_RETRIES,
      retryDelay: SEND_RETRY_DELAY_MS,
      // Retries then double nothing. Kafka asks for acks of all replicas with it.
      idempotent: options.acks === -1,
      acks: options.acks,
    });
  }

  /** Never rejects: what went wrong is in the outcome. */
  async send(batch: readonly NumberedRecord[]): Promise<SendOutcome> {
    const { partitionCount } = this.#options;
    this.#turn = (this.#turn + 1) % partitionCount;
    const placed = batch.map((record) => ({ record, partition: this.#partitionOf(record) }));
    const misplaced = placed.find(({ partition }) => partition >= partitionCount);
    if (misplaced !== undefined) {
      const reason = `partition ${misplaced.partition} does not exist: there are ${partitionCount}`;
      return outcomeOf(placed, new Set(), new Error(reason));
    }
    const waves = splitByTime(placed, Date.now(), ({ record, partition }) => {
      return { partition, timestamp: record.timestamp };
    });
    let all = outcomeOf([], null, null);
    for (const wave of waves) {
      // As from batch to batch: what is wrong with some records does not stop those behind them.
      const hasStopped = all.error !== null && !all.isOnlyTheirs;
      all = joined(
        all,
        hasStopped ? outcomeOf(wave, new Set(), all.error) : await this.#sendWave(wave),
      );
    }
    return all;
  }

  async #sendWave(placed: readonly Placed[]): Promise<SendOutcome> {
    const { topic, acks, compression } = this.#options;
    try {
      await this.#producer.send({
        messages: placed.map(({ record, partition }) => toMessage(topic, record, partition)),
        acks,
        compression,
        idempotent: acks === -1,
      });
      return outcomeOf(placed, null, null);
    } catch (error) {
      return outcomeOf(placed, acknowledgedPartitions(error), error);
    }
  }

  #partitionOf({ key, partition }: NumberedRecord): number {
    if (partition !== null) return partition;
    return key === null ? this.#turn : partitionOfKey(key, this.#options.partitionCount);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#producer.close().catch(() => {});
  }
}

interface Placed {
  readonly record: NumberedRecord;
  readonly partition: number;
}

/** `acknowledged` holds the partitions that took their records; null for all of them. */
function outcomeOf(
  placed: readonly Placed[],
  acknowledged: ReadonlySet<number> | null,
  error: unknown,
): SendOutcome {
  const isIn = ({ partition }: Placed): boolean => acknowledged?.has(partition) ?? true;
  const done = placed.filter(isIn);
  return {
    acknowledged: done.length,
    failed: placed.length - done.length,
    bytes: done.reduce((sum, { record }) => sum + bytesOf(record), 0),
    error,
    errorLine: placed.find((each) => !isIn(each))?.record.line ?? 0,
    isOnlyTheirs: FAULTS_OF_RECORDS.some(
      (name) => error instanceof Error && findErrorBy(error, "apiId", name) !== null,
    ),
  };
}

/** What became of both; the error is the one that came first in the input. */
function joined(one: SendOutcome, other: SendOutcome): SendOutcome {
  const failed = [one, other].filter(({ error }) => error !== null);
  const [first = one] = failed.sort((a, b) => a.errorLine - b.errorLine);
  return {
    acknowledged: one.acknowledged + other.acknowledged,
    failed: one.failed + other.failed,
    bytes: one.bytes + other.bytes,
    error: first.error,
    errorLine: first.errorLine,
    isOnlyTheirs: failed.length > 0 && failed.every(({ isOnlyTheirs }) => isOnlyTheirs),
  };
}

function bytesOf({ key, value }: NumberedRecord): number {
  return (key?.length ?? 0) + (value?.length ?? 0);
}

function toMessage(
  topic: string,
  { key, value, headers, timestamp }: NumberedRecord,
  partition: number,
): MessageToProduce<Buffer, Buffer, Buffer, Buffer> {
  return {
    topic,
    partition,
    // The library writes null for what is not there: that is how a tombstone is made.
    ...(key === null ? {} : { key }),
    ...(value === null ? {} : { value }),
    ...(timestamp === null ? {} : { timestamp: BigInt(timestamp) }),
    // Names are told apart by identity here, so one may come twice, as Kafka allows.
    ...(headers.length === 0 ? {} : { headers: new Map(headers) as Map<Buffer, Buffer> }),
  };
}

/** Depth of nested errors that is looked at. */
const DEPTH_MAX = 5;

/** The partitions that took their part of a batch although the whole of it failed. */
export function acknowledgedPartitions(error: unknown, depth = 0): ReadonlySet<number> {
  const found = new Set<number>();
  if (depth > DEPTH_MAX || typeof error !== "object" || error === null) return found;
  const { produced, errors } = error as {
    produced?: { offsets?: readonly { readonly partition: number }[] };
    errors?: readonly unknown[];
  };
  for (const { partition } of produced?.offsets ?? []) found.add(partition);
  const response = responseOf(error) as ProduceResponse | undefined;
  for (const { index, errorCode } of response?.responses?.flatMap(partitionsOfTopic) ?? []) {
    if (errorCode === 0) found.add(index);
  }
  for (const inner of errors ?? []) {
    for (const partition of acknowledgedPartitions(inner, depth + 1)) found.add(partition);
  }
  return found;
}

interface ProduceResponse {
  readonly responses?: readonly {
    readonly partitionResponses: readonly { readonly index: number; readonly errorCode: number }[];
  }[];
}

function partitionsOfTopic(
  topic: NonNullable<ProduceResponse["responses"]>[number],
): readonly { readonly index: number; readonly errorCode: number }[] {
  return topic.partitionResponses;
}
