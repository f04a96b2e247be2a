/** @platformatic/kafka. Like kafkajs it reads in groups only, so `open` joins a group of its own. */
import { randomUUID } from "node:crypto";
import {
  Admin,
  ConfigResourceTypes,
  type ConsumeOptions,
  Consumer,
  findErrorBy,
  type Message,
  type MessageToProduce,
  Producer,
  ProtocolError,
} from "@platformatic/kafka";
import {
  CallError,
  type Calls,
  type Client,
  type ClientKind,
  type ConsumedRecord,
  type Header,
  type NewRecord,
} from "../calls.ts";
import { RecordQueue } from "../record-queue.ts";

export const platformaticKind: ClientKind = {
  name: "@platformatic/kafka",
  codecs: ["none", "gzip", "snappy", "lz4", "zstd"],
  lacks: {
    cooperative: "@platformatic/kafka has eager assignors only",
    "static member": "@platformatic/kafka leaves the group at every close",
    "topic pattern": "@platformatic/kafka subscribes by name alone",
    "clean handover": "@platformatic/kafka hands over what it fetched of a lost partition",
  },
  start: async (bootstrap) => new PlatformaticClient(bootstrap),
};

type Stream = Awaited<ReturnType<Consumer["consume"]>>;
type StreamOptions = ConsumeOptions<Buffer, Buffer, Buffer, Buffer>;

interface OpenConsumerState {
  readonly consumer: Consumer;
  readonly stream: Stream;
  readonly queue: RecordQueue;
}

class PlatformaticClient implements Client {
  readonly #base;
  readonly #admin: Admin;
  readonly #consumers = new Map<string, OpenConsumerState>();

  constructor(bootstrap: string) {
    this.#base = { clientId: "e2e-platformatic", bootstrapBrokers: [bootstrap], retryDelay: 100 };
    this.#admin = new Admin(this.#base);
  }

  async produce(args: Parameters<Calls["produce"]>[0]): ReturnType<Calls["produce"]> {
    const { topic, records, codec, acks, idempotent = false } = args;
    const producer = new Producer({
      ...this.#base,
      idempotent,
      compression: codec,
      acks,
      autocreateTopics: true,
      retries: 8,
    });
    try {
      const messages = records.map((record) => toMessage(topic, record));
      const { offsets } = await producer.send({ messages }).catch(fail);
      if (offsets === undefined || acks === 0) {
        return { lastOffsets: null };
      }
      const counts = Map.groupBy(records, (record) => record.partition);
      const lastOffsets = offsets.map(
        ({ partition, offset }) =>
          [partition, Number(offset) + counts.get(partition)!.length - 1] as const,
      );
      return { lastOffsets: Object.fromEntries(lastOffsets) };
    } finally {
      await producer.close();
    }
  }

  async open({ consumer, topic, partitions, from }: Parameters<Calls["open"]>[0]): Promise<void> {
    const count = await this.countPartitions({ topic });
    const all = Array.from({ length: count }, (_, partition) => partition);
    const offsets = await Promise.all(
      all.map(async (partition) => {
        const at = from.kind === "timestamp" ? from.timestamp : "latest";
        const listed =
          from.kind === "beginning"
            ? await this.listOffset({ topic, partition, at: "earliest" })
            : await this.listOffset({ topic, partition, at });
        const offset = from.kind === "offset" ? from.offset : listed;
        return { topic, partition, offset: BigInt(offset) };
      }),
    );
    await this.#start(
      consumer,
      new Consumer({ ...this.#base, ...timing, groupId: `open-${randomUUID()}` }),
      { topics: [topic], mode: "manual", offsets },
      new Set(partitions),
    );
  }

  async join(args: Parameters<Calls["join"]>[0]): Promise<void> {
    const { group, topics, protocol, instanceId } = args;
    const shared = {
      ...this.#base,
      groupId: group,
      ...(instanceId === undefined ? {} : { groupInstanceId: instanceId }),
    };
    const consumer =
      protocol === "consumer"
        ? new Consumer({ ...shared, groupProtocol: "consumer", maxWaitTime: timing.maxWaitTime })
        : new Consumer({ ...shared, ...timing });
    const options: StreamOptions = {
      topics: [...topics],
      mode: "committed",
      fallbackMode: "earliest",
    };
    await this.#start(args.consumer, consumer, options, null);
  }

  read(args: Parameters<Calls["read"]>[0]): ReturnType<Calls["read"]> {
    return this.#get(args.consumer).queue.read(args.count, args.withinMs);
  }

  async assignment({ consumer }: { consumer: string }): Promise<readonly string[]> {
    return (this.#get(consumer).consumer.assignments ?? [])
      .flatMap(({ topic, partitions }) => partitions.map((partition) => `${topic}/${partition}`))
      .toSorted();
  }

  async commit({ consumer }: { consumer: string }): Promise<void> {
    const state = this.#get(consumer);
    await state.consumer.commit({
      offsets: state.queue
        .positions(await this.assignment({ consumer }))
        .map((position) => ({ ...position, offset: BigInt(position.offset), leaderEpoch: -1 })),
    });
  }

  async close({ consumer }: { consumer: string }): Promise<void> {
    const state = this.#get(consumer);
    this.#consumers.delete(consumer);
    await state.consumer.close(true);
  }

  async createTopic(args: Parameters<Calls["createTopic"]>[0]): Promise<void> {
    const { topic, partitions, configs } = args;
    await this.#admin
      .createTopics({
        topics: [topic],
        partitions,
        replicas: -1,
        configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
      })
      .catch(fail);
  }

  listTopics(): Promise<readonly string[]> {
    return this.#admin.listTopics();
  }

  async countPartitions({ topic }: { topic: string }): Promise<number> {
    const { topics } = await this.#admin.metadata({ topics: [topic], forceUpdate: true });
    return topics.get(topic)!.partitionsCount;
  }

  async createPartitions({ topic, count }: { topic: string; count: number }): Promise<void> {
    await this.#admin
      .createPartitions({ topics: [{ name: topic, count, assignments: null }] })
      .catch(fail);
  }

  async deleteTopic({ topic }: { topic: string }): Promise<void> {
    await this.#admin.deleteTopics({ topics: [topic] }).catch(fail);
  }

  async describeConfig({ topic, name }: { topic: string; name: string }): Promise<string | null> {
    const [described] = await this.#admin.describeConfigs({
      resources: [
        {
          resourceType: ConfigResourceTypes.TOPIC,
          resourceName: topic,
          configurationKeys: [name],
        },
      ],
    });
    return described!.configs[0]?.value ?? null;
  }

  async alterConfig(args: { topic: string; name: string; value: string }): Promise<void> {
    await this.#admin
      .incrementalAlterConfigs({
        resources: [
          {
            resourceType: ConfigResourceTypes.TOPIC,
            resourceName: args.topic,
            configs: [{ name: args.name, configOperation: 0, value: args.value }],
          },
        ],
      })
      .catch(fail);
  }

  async deleteRecords(args: Parameters<Calls["deleteRecords"]>[0]): Promise<void> {
    const partitions = [{ partition: args.partition, offset: BigInt(args.before) }];
    await this.#admin.deleteRecords({ topics: [{ name: args.topic, partitions }] }).catch(fail);
  }

  async listOffset({ topic, partition, at }: Parameters<Calls["listOffset"]>[0]): Promise<number> {
    const timestamp = at === "earliest" ? -2n : at === "latest" ? -1n : BigInt(at);
    const topics = await this.#admin.listOffsets({
      topics: [{ name: topic, partitions: [{ partitionIndex: partition, timestamp }] }],
    });
    return Number(topics[0]!.partitions[0]!.offset);
  }

  async listGroups(): Promise<readonly string[]> {
    return [...(await this.#admin.listGroups()).keys()];
  }

  async describeGroup({ group }: { group: string }): ReturnType<Calls["describeGroup"]> {
    const groups = await this.#admin.describeGroups({ groups: [group] });
    const { state, members } = groups.get(group)!;
    const words = state.toLowerCase().split("_");
    const camel = words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join("");
    return { state: camel, memberCount: members.size };
  }

  async committedOffsets(args: {
    group: string;
    topic: string;
  }): ReturnType<Calls["committedOffsets"]> {
    const groups = await this.#admin.listConsumerGroupOffsets({ groups: [args.group] });
    const topic = groups[0]!.topics.find(({ name }) => name === args.topic);
    return Object.fromEntries(
      (topic?.partitions ?? []).map(({ partitionIndex, committedOffset }) => [
        partitionIndex,
        Number(committedOffset),
      ]),
    );
  }

  async alterOffsets(args: Parameters<Calls["alterOffsets"]>[0]): Promise<void> {
    const partitionOffsets = Object.entries(args.offsets).map(([partition, offset]) => ({
      partition: Number(partition),
      offset: BigInt(offset),
    }));
    await this.#admin.alterConsumerGroupOffsets({
      groupId: args.group,
      topics: [{ name: args.topic, partitionOffsets }],
    });
  }

  async deleteOffsets(args: Parameters<Calls["deleteOffsets"]>[0]): Promise<void> {
    await this.#admin.deleteConsumerGroupOffsets({
      groupId: args.group,
      topics: [{ name: args.topic, partitionIndexes: [...args.partitions] }],
    });
  }

  async deleteGroup({ group }: { group: string }): Promise<void> {
    await this.#admin.deleteGroups({ groups: [group] }).catch(fail);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#consumers.keys()].map((consumer) => this.close({ consumer })));
    await this.#admin.close();
  }

  #get(consumer: string): OpenConsumerState {
    const state = this.#consumers.get(consumer);
    if (state === undefined) {
      throw new CallError(null, `no consumer ${consumer}`);
    }
    return state;
  }

  /** Settles when the consumer has joined and fetches. Records of other than the `wanted` partitions are dropped. */
  async #start(
    name: string,
    consumer: Consumer,
    options: StreamOptions,
    wanted: ReadonlySet<number> | null,
  ): Promise<void> {
    const stream = await consumer.consume({ ...options, autocommit: false });
    const queue = new RecordQueue();
    stream.on("data", (message: Message) => {
      if (wanted === null || wanted.has(message.partition)) {
        queue.push(toRecord(message));
      }
    });
    stream.on("error", (error: Error) => queue.fail(error));
    this.#consumers.set(name, { consumer, stream, queue });
  }
}

const timing = {
  sessionTimeout: 10_000,
  rebalanceTimeout: 10_000,
  heartbeatInterval: 300,
  maxWaitTime: 100,
} as const;

function toMessage(
  topic: string,
  { partition, key, value, headers, timestamp }: NewRecord,
): MessageToProduce {
  const bytes = (text: string): Buffer => Buffer.from(text, "base64");
  return {
    topic,
    partition,
    ...(key === null ? {} : { key: bytes(key) }),
    ...(value === null ? {} : { value: bytes(value) }),
    // Buffers are compared by identity, so that a name may come twice.
    headers: new Map(
      headers.map(([name, text]) => [
        Buffer.from(name),
        (text === null ? null : bytes(text)) as Buffer,
      ]),
    ),
    ...(timestamp === undefined ? {} : { timestamp: BigInt(timestamp) }),
  };
}

function toRecord(message: Message): ConsumedRecord {
  const text = (bytes: Buffer | null | undefined): string | null =>
    bytes === null || bytes === undefined ? null : bytes.toString("base64");
  return {
    topic: message.topic,
    partition: message.partition,
    offset: Number(message.offset),
    timestamp: Number(message.timestamp),
    key: text(message.key),
    value: text(message.value),
    headers: message.headerEntries.map(([name, value]): Header => [name.toString(), text(value)]),
  };
}

function fail(error: unknown): never {
  const found =
    error instanceof Error ? findErrorBy<ProtocolError>(error, "code", ProtocolError.code) : null;
  const code: unknown = found?.["apiCode"];
  throw new CallError(typeof code === "number" ? code : null, String(error), { cause: error });
}
