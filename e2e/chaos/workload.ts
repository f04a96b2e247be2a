/**
 * The workload of the crash tests: idempotent producers that send numbered records and resend what was
 * not acknowledged, in order, on every new connection; and the check of what a log holds afterwards.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "@runnel/kit/world.ts";
import { ErrorCode, errorName } from "@runnel/protocol/errors.ts";
import { ProduceApi } from "@runnel/protocol/messages/00-produce.ts";
import { FetchApi } from "@runnel/protocol/messages/01-fetch.ts";
import { ListOffsetsApi } from "@runnel/protocol/messages/02-list-offsets.ts";
import { CreateTopicsApi } from "@runnel/protocol/messages/19-create-topics.ts";
import { InitProducerIdApi } from "@runnel/protocol/messages/22-init-producer-id.ts";
import { readBatchHeader } from "@runnel/protocol/records/batch.ts";
import { buildBatch } from "@runnel/protocol/records/build.ts";
import { recordsOf } from "@runnel/protocol/records/iterate.ts";
import { Wire } from "./wire.ts";

const IN_FLIGHT = 5;
const RECORDS_PER_BATCH = 10;
const PRODUCE_VERSION = 9;
const FETCH_VERSION = 12;
const RECONNECT_MS = 20;
/** Answers after which the same batch may be sent again. */
const RETRIABLE: ReadonlySet<number> = new Set([
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.LEADER_NOT_AVAILABLE,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.REQUEST_TIMED_OUT,
  ErrorCode.KAFKA_STORAGE_ERROR,
]);

interface Batch {
  readonly first: number;
  readonly bytes: Uint8Array;
}

export interface ProducerOptions {
  readonly topic: string;
  readonly partition: number;
  readonly name: string;
  readonly valueBytes: number;
  /** Ms between two batches; none: as many as the broker takes. */
  readonly pauseMs?: number;
  /** Stands behind `name:number:` in place of a filler. */
  payloadOf?(number: number): string;
  port(): number;
}

export interface RunningProducer {
  readonly partition: number;
  readonly name: string;
  readonly producer: NumberedProducer;
}

const VALUE_BYTES_MIN = 20;
const VALUE_BYTES_SPAN = 2000;

/** One idempotent producer; its records are `name:number` with a filler behind. */
export class NumberedProducer {
  readonly offsets = new Map<number, number>();
  readonly findings: string[] = [];
  readonly #options: ProducerOptions;
  #isStopping = false;
  #producerId = -1n;
  #next = 0;
  #unacknowledged: Batch[] = [];

  constructor(options: ProducerOptions) {
    this.#options = options;
  }

  /** How many records were sent at least once. */
  get sent(): number {
    return this.#next;
  }

  stop(): void {
    this.#isStopping = true;
  }

  /** Sends until `stop`, then until everything sent was acknowledged. */
  async run(): Promise<void> {
    while (!this.#isStopping || this.#unacknowledged.length > 0) {
      let wire: Wire | null = null;
      try {
        wire = await Wire.connect(this.#options.port());
        if (this.#producerId < 0n) this.#producerId = await initProducerId(wire);
        await this.#session(wire);
      } catch (error) {
        if (error instanceof Finding) {
          this.findings.push(error.message);
          return;
        }
        await sleep(RECONNECT_MS);
      } finally {
        wire?.close();
      }
    }
  }

  /** One connection: resends what waits, then keeps the window full. Throws when it breaks. */
  async #session(wire: Wire): Promise<void> {
    const answers: Promise<void>[] = this.#unacknowledged.map((batch) => this.#send(wire, batch));
    for (;;) {
      while (answers.length < IN_FLIGHT && !this.#isStopping) {
        if (this.#options.pauseMs !== undefined) await sleep(this.#options.pauseMs);
        const batch = this.#make();
        this.#unacknowledged.push(batch);
        const answer = this.#send(wire, batch);
        // A pause may be under way when it fails, and only then is it awaited.
        answer.catch(() => {});
        answers.push(answer);
      }
      const oldest = answers.shift();
      if (oldest === undefined) return;
      try {
        await oldest;
      } catch (error) {
        await Promise.allSettled(answers);
        throw error;
      }
    }
  }

  #make(): Batch {
    const first = this.#next;
    this.#next += RECORDS_PER_BATCH;
    const { name, valueBytes, payloadOf = () => ".".repeat(valueBytes) } = this.#options;
    const records = Array.from({ length: RECORDS_PER_BATCH }, (_, index) => ({
      key: Buffer.from(name),
      value: Buffer.from(`${name}:${first + index}:${payloadOf(first + index)}`),
      timestamp: Date.now(),
    }));
    const bytes = buildBatch({
      records,
      producerId: this.#producerId,
      producerEpoch: 0,
      baseSequence: first,
    });
    return { first, bytes };
  }

  async #send(wire: Wire, batch: Batch): Promise<void> {
    const { topic, partition } = this.#options;
    const response = await wire.call(ProduceApi, PRODUCE_VERSION, {
      acks: -1,
      timeoutMs: 30_000,
      topicData: [{ name: topic, partitionData: [{ index: partition, records: batch.bytes }] }],
    });
    const result = response.responses[0]?.partitionResponses[0];
    if (result === undefined) throw new Finding("an empty answer to a produce");
    if (RETRIABLE.has(result.errorCode)) throw new Error(errorName(result.errorCode));
    if (result.errorCode !== ErrorCode.NONE) {
      throw new Finding(
        `${this.#options.name}: record ${batch.first} was refused: ${errorName(result.errorCode)}`,
      );
    }
    for (let at = 0; at < RECORDS_PER_BATCH; at += 1) {
      this.offsets.set(batch.first + at, result.baseOffset + at);
    }
    this.#unacknowledged = this.#unacknowledged.filter((one) => one !== batch);
  }
}

/** Something that must never be, whatever fails. */
class Finding extends Error {}

async function initProducerId(wire: Wire): Promise<bigint> {
  const answer = await wire.call(InitProducerIdApi, 4, {
    transactionalId: null,
    transactionTimeoutMs: 60_000,
  });
  if (answer.errorCode !== ErrorCode.NONE) throw new Error(errorName(answer.errorCode));
  return answer.producerId;
}

export async function createTopic(
  port: number,
  name: string,
  partitions: number,
  configs: Readonly<Record<string, string>>,
): Promise<void> {
  const wire = await Wire.connect(port);
  try {
    const answer = await wire.call(CreateTopicsApi, 7, {
      topics: [
        {
          name,
          numPartitions: partitions,
          replicationFactor: -1,
          assignments: [],
          configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
        },
      ],
      timeoutMs: 30_000,
      validateOnly: false,
    });
    const code = answer.topics[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
    if (code !== ErrorCode.NONE && code !== ErrorCode.TOPIC_ALREADY_EXISTS) {
      throw new Error(`${name}: ${errorName(code)}: ${answer.topics[0]?.errorMessage ?? ""}`);
    }
  } finally {
    wire.close();
  }
}

/** Every record of a partition: its offset and `name:number`. */
export async function readAll(
  port: number,
  topic: string,
  partition: number,
): Promise<{ offset: number; name: string; number: number }[]> {
  const wire = await Wire.connect(port);
  try {
    const end = await latestOffset(wire, topic, partition);
    const found: { offset: number; name: string; number: number }[] = [];
    let offset = 0;
    while (offset < end) {
      const answer = await wire.call(FetchApi, FETCH_VERSION, {
        maxWaitMs: 1000,
        minBytes: 1,
        topics: [
          {
            topic,
            partitions: [{ partition, fetchOffset: offset, partitionMaxBytes: 4 * 1024 * 1024 }],
          },
        ],
        forgottenTopicsData: [],
      });
      const result = answer.responses[0]?.partitions[0];
      if (result?.errorCode !== ErrorCode.NONE || result.records === null) {
        throw new Error(`fetch at ${offset}: error ${result?.errorCode}`);
      }
      for (let at = 0; at < result.records.length; ) {
        const header = readBatchHeader(result.records, at);
        const records = recordsOf(result.records, { at, header, maxOutputLength: 1 << 24 });
        for (const record of records) {
          if (record.offset < offset) continue;
          const [name = "", number = ""] = Buffer.from(record.value ?? [])
            .toString()
            .split(":");
          found.push({ offset: record.offset, name, number: Number(number) });
        }
        at += header.sizeInBytes;
        offset = header.baseOffset + header.lastOffsetDelta + 1;
      }
    }
    return found;
  } finally {
    wire.close();
  }
}

async function latestOffset(wire: Wire, topic: string, partition: number): Promise<number> {
  const answer = await wire.call(ListOffsetsApi, 5, {
    replicaId: -1,
    topics: [{ name: topic, partitions: [{ partitionIndex: partition, timestamp: -1 }] }],
  });
  const result = answer.topics[0]?.partitions[0];
  if (result?.errorCode !== ErrorCode.NONE) throw new Error(`no end: ${result?.errorCode}`);
  return result.offset;
}

/** `count` producers, spread over `partitions`, each with values of a size of its own. */
export function numberedProducers(
  random: Random,
  options: {
    readonly count: number;
    readonly partitions: number;
    readonly topic: string;
    port(): number;
  },
): readonly RunningProducer[] {
  const { count, partitions, topic, port } = options;
  return Array.from({ length: count }, (_, at) => {
    const partition = at % partitions;
    const name = `p${at}`;
    const valueBytes = VALUE_BYTES_MIN + random.below(VALUE_BYTES_SPAN);
    const producer = new NumberedProducer({ topic, partition, name, valueBytes, port });
    return { partition, name, producer };
  });
}

/** Compares what producers were told with what is there: lost, doubled, moved, out of order. */
export async function check(
  port: number,
  topic: string,
  producers: readonly RunningProducer[],
): Promise<string[]> {
  const findings = producers.flatMap(({ producer }) => producer.findings);
  for (const partition of new Set(producers.map((one) => one.partition))) {
    const records = await readAll(port, topic, partition);
    const seen = new Map<string, number>();
    const last = new Map<string, number>();
    for (const { name, number, offset } of records) {
      const key = `${name}:${number}`;
      const before = seen.get(key);
      if (before !== undefined) findings.push(`duplicate: ${key} at ${before} and ${offset}`);
      seen.set(key, offset);
      if (number <= (last.get(name) ?? -1)) findings.push(`out of order: ${key} at ${offset}`);
      last.set(name, number);
    }
    for (const { producer, name } of producers.filter((one) => one.partition === partition)) {
      for (const [number, offset] of producer.offsets) {
        const at = seen.get(`${name}:${number}`);
        if (at === undefined) findings.push(`lost: ${name}:${number}, acknowledged at ${offset}`);
        else if (at !== offset) findings.push(`moved: ${name}:${number} from ${offset} to ${at}`);
      }
    }
  }
  return findings;
}
