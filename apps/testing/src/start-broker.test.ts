import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CompressionTypes, type Consumer, Kafka, logLevel } from "kafkajs";
import { afterAll, describe, expect, test, vi } from "vitest";
import { startBroker, type TestBroker } from "./start-broker.ts";

const TOPIC = "orders";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "runnel-testing-"));
  folders.push(folder);
  return folder;
}

/** Files in `folder` that this process has open; none where the system does not tell. */
function openFilesIn(folder: string): string[] {
  const descriptors = "/proc/self/fd";
  if (!existsSync(descriptors)) return [];
  return readdirSync(descriptors).flatMap((name) => {
    try {
      const path = readlinkSync(join(descriptors, name));
      return path.startsWith(folder) ? path : [];
    } catch {
      return []; // The one that reads the list.
    }
  });
}

function clientOf(broker: TestBroker): Kafka {
  return new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING });
}

async function produce(broker: TestBroker, values: readonly string[]): Promise<void> {
  const producer = clientOf(broker).producer();
  await producer.connect();
  try {
    await producer.send({ topic: TOPIC, messages: values.map((value) => ({ value })) });
  } finally {
    await producer.disconnect();
  }
}

/** Reads as a member of `groupId` until `count` records came. */
async function consume(broker: TestBroker, count: number, groupId = "readers"): Promise<string[]> {
  const consumer = clientOf(broker).consumer({ groupId });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
    return await take(consumer, count);
  } finally {
    await consumer.disconnect();
  }
}

async function take(consumer: Consumer, count: number): Promise<string[]> {
  const found: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  await consumer.run({
    eachMessage: async ({ message }) => {
      found.push(message.value?.toString() ?? "");
      if (found.length >= count) resolve();
    },
  });
  await promise;
  return found;
}

async function topicsOf(broker: TestBroker): Promise<string[]> {
  const admin = clientOf(broker).admin();
  await admin.connect();
  try {
    return await admin.listTopics();
  } finally {
    await admin.disconnect();
  }
}

describe("startBroker()", () => {
  test("gives a client its records back, in a group", async () => {
    await using broker = await startBroker();
    expect(broker.bootstrap).toBe(`127.0.0.1:${broker.port}`);
    await produce(broker, ["one", "two", "three"]);
    expect(await consume(broker, 3)).toEqual(["one", "two", "three"]);
  });

  test("keeps brokers of one process apart", async () => {
    const brokers = await Promise.all([startBroker(), startBroker(), startBroker()]);
    const [first, second] = brokers;
    await produce(first as TestBroker, ["of the first"]);
    expect(await topicsOf(first as TestBroker)).toEqual([TOPIC]);
    expect(await topicsOf(second as TestBroker)).toEqual([]);
    expect(new Set(brokers.map(({ port }) => port)).size).toBe(3);
    expect(new Set(brokers.map(({ clusterId }) => clusterId)).size).toBe(3);
    await Promise.all(brokers.map((broker) => broker.stop()));
  });

  test("goes on in a folder with records and offsets", async () => {
    const folder = join(newFolder(), "made", "anew");
    let clusterId = "";
    {
      await using broker = await startBroker({ folder });
      clusterId = broker.clusterId;
      await produce(broker, ["one", "two"]);
      expect(await consume(broker, 2)).toEqual(["one", "two"]);
    }
    await using broker = await startBroker({ folder });
    expect(broker.clusterId).toBe(clusterId);
    await produce(broker, ["three"]);
    expect(await consume(broker, 1)).toEqual(["three"]);
    expect(await consume(broker, 3, "others")).toEqual(["one", "two", "three"]);
  });

  test("writes nothing without a folder", async () => {
    await using broker = await startBroker();
    await produce(broker, ["one"]);
    expect(existsSync("data")).toBe(false);
  });

  test("rejects a folder that another broker of the process uses", async () => {
    const folder = newFolder();
    await using _first = await startBroker({ folder });
    await expect(startBroker({ folder })).rejects.toThrow(/is in use by the broker/);
  });

  test("takes settings by Kafka's names", async () => {
    const config = { "num.partitions": 3, "auto.create.topics.enable": "true" };
    await using broker = await startBroker({ config });
    await produce(broker, ["one"]);
    const admin = clientOf(broker).admin();
    await admin.connect();
    const { topics } = await admin.fetchTopicMetadata({ topics: [TOPIC] });
    await admin.disconnect();
    expect(topics[0]?.partitions).toHaveLength(3);
  });

  test("leaves nothing open where the port is taken", async () => {
    await using first = await startBroker();
    const { port } = first;
    const folder = newFolder();
    {
      await using broker = await startBroker({ folder });
      await produce(broker, ["one"]);
      await consume(broker, 1);
    }
    await expect(startBroker({ port, folder })).rejects.toThrow(/another program listens there/);
    expect(openFilesIn(folder)).toEqual([]);
    await first.stop();
    await using second = await startBroker({ port, folder });
    expect(second.port).toBe(port);
  });

  test("stops at once although a consumer waits for records", async () => {
    const broker = await startBroker();
    await produce(broker, ["one"]);
    const consumer = clientOf(broker).consumer({ groupId: "waiting", retry: { retries: 0 } });
    await consumer.connect();
    await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
    await take(consumer, 1);
    const startedAt = performance.now();
    await Promise.all([broker.stop(), broker.stop()]);
    await broker[Symbol.asyncDispose]();
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    await consumer.disconnect();
  });

  test("hands what it has to say to the option log", async () => {
    const lines: string[] = [];
    await using broker = await startBroker({
      log: (level, text) => lines.push(`${level} ${text}`),
    });
    await produce(broker, ["one"]);
    await broker.stop();
    expect(lines.every((line) => /^(debug|info|warn|error) \S/.test(line))).toBe(true);
  });

  test("finds an offset by time inside of a compressed batch", async () => {
    await using broker = await startBroker();
    const producer = clientOf(broker).producer({ idempotent: true });
    await producer.connect();
    const messages = ["10", "20", "30"].map((timestamp) => ({ timestamp, value: timestamp }));
    await producer.send({ topic: TOPIC, compression: CompressionTypes.GZIP, messages });
    await producer.disconnect();
    const admin = clientOf(broker).admin();
    await admin.connect();
    const [found] = await admin.fetchTopicOffsetsByTimestamp(TOPIC, 15);
    await admin.disconnect();
    expect(found?.offset).toBe("1");
    expect(await consume(broker, 3)).toEqual(["10", "20", "30"]);
  });

  test("goes by the date that a test sets", async () => {
    await using broker = await startBroker({
      config: { "log.message.timestamp.type": "LogAppendTime" },
    });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2040, 0, 1) });
    try {
      await produce(broker, ["of the future"]);
    } finally {
      vi.useRealTimers();
    }
    const admin = clientOf(broker).admin();
    await admin.connect();
    const at = async (time: number): Promise<string | undefined> =>
      (await admin.fetchTopicOffsetsByTimestamp(TOPIC, time))[0]?.offset;
    expect(await at(Date.UTC(2040, 0, 1) - 1)).toBe("0");
    expect(await at(Date.UTC(2040, 0, 1) + 1)).toBe("1");
    await admin.disconnect();
  });
});
