/**
 * kafkajs 2.2.4. It has no consumer without a group, so `open` joins a group of its own, holds every partition back, seeks and
 * lets go. Snappy, LZ4 and zstd are plug-ins for kafkajs; ours are plugged in.
 */
import { randomUUID } from "node:crypto";
import { compress, decompress } from "@runnel/protocol/compression/codecs.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import kafkajs, {
  type Admin,
  type Consumer,
  type ConsumerGroupJoinEvent,
  type IHeaders,
  type Kafka,
  type KafkaMessage,
} from "kafkajs";
import {
  CallError,
  type Calls,
  type Client,
  type ClientKind,
  type Codec,
  type ConsumedRecord,
  type Header,
  type NewRecord,
} from "../calls.ts";
import { RecordQueue } from "../record-queue.ts";

const { CompressionCodecs, CompressionTypes, ConfigResourceTypes, logLevel } = kafkajs;
const DECOMPRESSED_BYTES_MAX = 64 << 20;
const JOIN_WITHIN_MS = 30_000;

const codecTypes = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
} as const satisfies Record<Codec, number>;

for (const codec of ["snappy", "lz4", "zstd"] as const) {
  CompressionCodecs[codecTypes[codec]] = () => ({
    compress: async (encoder: { buffer: Buffer }) => Buffer.from(compress(codec, encoder.buffer)),
    decompress: async (bytes: Buffer) =>
      Buffer.from(decompress(codec, bytes, { maxOutputLength: DECOMPRESSED_BYTES_MAX })),
  });
}

export const kafkajsKind: ClientKind = {
  name: "kafkajs",
  codecs: ["none", "gzip", "snappy", "lz4", "zstd"],
  lacks: {
    "header nulls": "kafkajs throws on a header without a value",
    cooperative: "kafkajs has eager assignors only",
    "consumer protocol": "kafkajs has the classic protocol only",
    "static member": "kafkajs has no group.instance.id",
    deleteOffsets: "kafkajs has no OffsetDelete",
  },
  start: async (bootstrap) => new KafkajsClient(bootstrap),
};

interface OpenConsumerState {
  readonly consumer: Consumer;
  readonly queue: RecordQueue;
  assignment: readonly string[];
}

class KafkajsClient implements Client {
  readonly #kafka: Kafka;
  readonly #consumers = new Map<string, OpenConsumerState>();
  #admin: Promise<Admin> | null = null;

  constructor(bootstrap: string) {
    this.#kafka = new kafkajs.Kafka({
      clientId: "e2e-kafkajs",
      brokers: [bootstrap],
      logLevel: logLevel.NOTHING,
      retry: { initialRetryTime: 50, retries: 8 },
    });
  }

  async produce(args: Parameters<Calls["produce"]>[0]): ReturnType<Calls["produce"]> {
    const { topic, records, codec, acks, idempotent = false } = args;
    const producer = this.#kafka.producer({
      idempotent,
      maxInFlightRequests: 1,
      retry: { retries: idempotent ? 8 : 1 },
    });
    await producer.connect();
    try {
      const results = await producer
        .send({ topic, acks, compression: codecTypes[codec], messages: records.map(toMessage) })
        .catch(fail);
      const counts = Map.groupBy(records, (record) => record.partition);
      const isTold = acks !== 0;
      return {
        lastOffsets: isTold
          ? Object.fromEntries(
              results.map(({ partition, baseOffset }) => [
                partition,
                Number(baseOffset) + counts.get(partition)!.length - 1,
              ]),
            )
          : null,
      };
    } finally {
      await producer.disconnect();
    }
  }

  async open({ consumer, topic, partitions, from }: Parameters<Calls["open"]>[0]): Promise<void> {
    const admin = await this.#getAdmin();
    const offsets =
      from.kind === "timestamp"
        ? await admin.fetchTopicOffsetsByTimestamp(topic, from.timestamp)
        : (await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) => ({
            partition,
            offset: from.kind === "offset" ? String(from.offset) : from.kind === "end" ? high : low,
          }));
    const wanted = new Set(partitions);
    const state = await this.#start(consumer, `open-${randomUUID()}`, [topic], wanted);
    for (const { partition, offset } of offsets) {
      state.consumer.seek({ topic, partition, offset });
    }
  }

  async join({ consumer, group, topics }: Parameters<Calls["join"]>[0]): Promise<void> {
    await this.#start(consumer, group, topics, null);
  }

  read(args: Parameters<Calls["read"]>[0]): ReturnType<Calls["read"]> {
    return this.#get(args.consumer).queue.read(args.count, args.withinMs);
  }

  async assignment({ consumer }: { consumer: string }): Promise<readonly string[]> {
    return this.#get(consumer).assignment;
  }

  async commit({ consumer }: { consumer: string }): Promise<void> {
    const state = this.#get(consumer);
    await state.consumer.commitOffsets(
      state.queue
        .positions(state.assignment)
        .map((position) => ({ ...position, offset: String(position.offset) })),
    );
  }

  async close({ consumer }: { consumer: string }): Promise<void> {
    const state = this.#get(consumer);
    this.#consumers.delete(consumer);
    await state.consumer.disconnect();
  }

  async createTopic(args: Parameters<Calls["createTopic"]>[0]): Promise<void> {
    const admin = await this.#getAdmin();
    const isNew = await admin
      .createTopics({
        waitForLeaders: false,
        topics: [
          {
            topic: args.topic,
            numPartitions: args.partitions,
            configEntries: Object.entries(args.configs).map(([name, value]) => ({ name, value })),
          },
        ],
      })
      .catch(fail);
    if (!isNew) {
      throw new CallError(ErrorCode.TOPIC_ALREADY_EXISTS, "kafkajs says false");
    }
  }

  async listTopics(): Promise<readonly string[]> {
    return (await this.#getAdmin()).listTopics();
  }

  async countPartitions({ topic }: { topic: string }): Promise<number> {
    const { topics } = await (await this.#getAdmin()).fetchTopicMetadata({ topics: [topic] });
    return topics[0]!.partitions.length;
  }

  async createPartitions({ topic, count }: { topic: string; count: number }): Promise<void> {
    const admin = await this.#getAdmin();
    await admin.createPartitions({ topicPartitions: [{ topic, count }] }).catch(fail);
  }

  async deleteTopic({ topic }: { topic: string }): Promise<void> {
    await (await this.#getAdmin()).deleteTopics({ topics: [topic] }).catch(fail);
  }

  async describeConfig(args: { topic: string; name: string }): Promise<string | null> {
    const { resources } = await (await this.#getAdmin()).describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: args.topic, configNames: [args.name] }],
    });
    return resources[0]!.configEntries[0]?.configValue ?? null;
  }

  async alterConfig(args: { topic: string; name: string; value: string }): Promise<void> {
    await (await this.#getAdmin())
      .alterConfigs({
        validateOnly: false,
        resources: [
          {
            type: ConfigResourceTypes.TOPIC,
            name: args.topic,
            configEntries: [{ name: args.name, value: args.value }],
          },
        ],
      })
      .catch(fail);
  }

  async deleteRecords(args: Parameters<Calls["deleteRecords"]>[0]): Promise<void> {
    const partitions = [{ partition: args.partition, offset: String(args.before) }];
    const admin = await this.#getAdmin();
    // kafkajs looks for the leaders in what it knows already, before it asks for metadata.
    await admin.fetchTopicOffsets(args.topic);
    await admin.deleteTopicRecords({ topic: args.topic, partitions }).catch(fail);
  }

  async listOffset({ topic, partition, at }: Parameters<Calls["listOffset"]>[0]): Promise<number> {
    const admin = await this.#getAdmin();
    if (typeof at === "number") {
      // kafkajs turns "no such record" into the end of the partition, so the end is asked for, too.
      const ofTime = await admin.fetchTopicOffsetsByTimestamp(topic, at);
      const offset = Number(ofTime.find((entry) => entry.partition === partition)!.offset);
      const end = await this.listOffset({ topic, partition, at: "latest" });
      return offset === end ? -1 : offset;
    }
    const offsets = await admin.fetchTopicOffsets(topic);
    const entry = offsets.find((candidate) => candidate.partition === partition)!;
    return Number(at === "earliest" ? entry.low : entry.high);
  }

  async listGroups(): Promise<readonly string[]> {
    const { groups } = await (await this.#getAdmin()).listGroups();
    return groups.map(({ groupId }) => groupId);
  }

  async describeGroup({ group }: { group: string }): ReturnType<Calls["describeGroup"]> {
    const { groups } = await (await this.#getAdmin()).describeGroups([group]);
    return { state: groups[0]!.state, memberCount: groups[0]!.members.length };
  }

  async committedOffsets(args: {
    group: string;
    topic: string;
  }): ReturnType<Calls["committedOffsets"]> {
    const admin = await this.#getAdmin();
    const topics = await admin.fetchOffsets({ groupId: args.group, topics: [args.topic] });
    return Object.fromEntries(
      topics[0]!.partitions
        .map(({ partition, offset }) => [partition, Number(offset)] as const)
        .filter(([, offset]) => offset >= 0),
    );
  }

  async alterOffsets(args: Parameters<Calls["alterOffsets"]>[0]): Promise<void> {
    const { group, topic, offsets } = args;
    const partitions = Object.entries(offsets).map(([partition, offset]) => ({
      partition: Number(partition),
      offset: String(offset),
    }));
    await (await this.#getAdmin()).setOffsets({ groupId: group, topic, partitions });
  }

  deleteOffsets(): Promise<void> {
    throw new CallError(null, "kafkajs has no OffsetDelete");
  }

  async deleteGroup({ group }: { group: string }): Promise<void> {
    await (await this.#getAdmin()).deleteGroups([group]).catch(fail);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#consumers.keys()].map((consumer) => this.close({ consumer })));
    await (await this.#admin)?.disconnect();
  }

  #getAdmin(): Promise<Admin> {
    this.#admin ??= (async () => {
      const admin = this.#kafka.admin();
      await admin.connect();
      return admin;
    })();
    return this.#admin;
  }

  #get(consumer: string): OpenConsumerState {
    const state = this.#consumers.get(consumer);
    if (state === undefined) {
      throw new CallError(null, `no consumer ${consumer}`);
    }
    return state;
  }

  /** Settles when the member has its first assignment. Records of other than the `wanted` partitions are dropped. */
  async #start(
    name: string,
    groupId: string,
    topics: readonly string[],
    wanted: ReadonlySet<number> | null,
  ): Promise<OpenConsumerState> {
    const consumer = this.#kafka.consumer({
      groupId,
      sessionTimeout: 10_000,
      rebalanceTimeout: 10_000,
      heartbeatInterval: 300,
      maxWaitTimeInMs: 100,
      allowAutoTopicCreation: false,
    });
    const state: OpenConsumerState = { consumer, queue: new RecordQueue(), assignment: [] };
    const joined = Promise.withResolvers<void>();
    consumer.on(consumer.events.GROUP_JOIN, (event: ConsumerGroupJoinEvent) => {
      state.assignment = Object.entries(event.payload.memberAssignment)
        .flatMap(([topic, partitions]) => partitions.map((partition) => `${topic}/${partition}`))
        .toSorted();
      joined.resolve();
    });
    consumer.on(consumer.events.REBALANCING, () => {
      state.assignment = [];
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      // kafkajs starts again by itself after an error that it knows to pass.
      if (payload.restart) {
        return;
      }
      state.queue.fail(payload.error);
      joined.reject(payload.error);
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ topic, partition, message }) => {
        if (wanted === null || wanted.has(partition)) {
          state.queue.push(toRecord(topic, partition, message));
        }
      },
    });
    this.#consumers.set(name, state);
    const timer = setTimeout(
      () => joined.reject(new Error(`${groupId}: not joined within ${JOIN_WITHIN_MS} ms`)),
      JOIN_WITHIN_MS,
    );
    await joined.promise.finally(() => clearTimeout(timer));
    return state;
  }
}

function toMessage({ partition, key, value, headers, timestamp }: NewRecord): {
  partition: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: IHeaders;
  timestamp?: string;
} {
  const bytes = (text: string | null): Buffer | null =>
    text === null ? null : Buffer.from(text, "base64");
  const byName = Map.groupBy(headers, ([name]) => name);
  return {
    partition,
    key: bytes(key),
    value: bytes(value),
    headers: Object.fromEntries(
      [...byName].map(([name, of]) => [name, of.map(([, text]) => bytes(text))]),
    ) as IHeaders,
    ...(timestamp === undefined ? {} : { timestamp: String(timestamp) }),
  };
}

function toRecord(topic: string, partition: number, message: KafkaMessage): ConsumedRecord {
  const text = (bytes: Buffer | string | null | undefined): string | null =>
    bytes === null || bytes === undefined ? null : Buffer.from(bytes).toString("base64");
  const headers: Header[] = Object.entries(message.headers ?? {}).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one): Header => [name, text(one)]),
  );
  return {
    topic,
    partition,
    offset: Number(message.offset),
    timestamp: Number(message.timestamp),
    key: text(message.key),
    value: text(message.value),
    headers,
  };
}

/** kafkajs wraps the broker's error in others, one of which bears the code. */
function fail(error: unknown): never {
  throw new CallError(findCode(error), error instanceof Error ? error.message : String(error), {
    cause: error,
  });
}

function findCode(error: unknown): number | null {
  if (typeof error !== "object" || error === null) {
    return null;
  }
  const { code, errorCode, errors, groups, cause } = error as Readonly<Record<string, unknown>>;
  const own = [code, errorCode].find((value) => typeof value === "number");
  if (own !== undefined) {
    return own as number;
  }
  const inner = [errors, groups].find((value) => Array.isArray(value)) as unknown[] | undefined;
  return findCode(inner?.[0] ?? cause);
}
