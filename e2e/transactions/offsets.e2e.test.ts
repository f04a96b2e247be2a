/** Offsets that real clients commit in their transactions, against a real broker, which is killed in between. */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Consumer, Producer } from "@platformatic/kafka";
import { type Admin, Kafka, logLevel } from "kafkajs";
import { expect, test } from "vitest";
import { type Server, startServer } from "../harness/server.ts";
import { waitFor } from "../harness/wait.ts";
import { createTopic, Reader } from "./clients.ts";

const INPUT = "input";
const OUTPUT = "output";
const GROUP = "processor";
const PARTITIONS = [0, 1] as const;
/** Events in each partition of the input. */
const EVENTS = 40;
/** Outputs after which the broker is killed. */
const KILLED_AFTER = [15, 40];

const kafkaOf = (bootstrap: string): Kafka =>
  new Kafka({
    clientId: "e2e",
    brokers: [bootstrap],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 20 },
  });

async function withAdmin<T>(bootstrap: string, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafkaOf(bootstrap).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** What a group has committed of a topic, by partition; −1 for nothing. */
function committedBy(bootstrap: string, groupId: string, topic: string): Promise<number[]> {
  return withAdmin(bootstrap, async (admin) => {
    const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
    const partitions = (found?.partitions ?? []).toSorted((a, b) => a.partition - b.partition);
    return partitions.map(({ offset }) => Number(offset));
  });
}

const transactional = (bootstrap: string, transactionalId: string) =>
  kafkaOf(bootstrap).producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 });

test("@platformatic/kafka: a consumer's offset moves with the transaction", async () => {
  await using server = await startServer();
  await createTopic(server.kafka, INPUT);
  const base = { clientId: "e2e", bootstrapBrokers: [server.kafka], retries: 20, retryDelay: 100 };
  const source = new Producer(base);
  const input = ["a", "b", "c"].map((value) => {
    return { topic: INPUT, partition: 0, value: Buffer.from(value) };
  });
  await source.send({ messages: input });
  await source.close();
  const consumer = new Consumer({ ...base, groupId: GROUP });
  const stream = await consumer.consume({
    topics: [INPUT],
    mode: "committed",
    fallbackMode: "earliest",
    autocommit: false,
    maxWaitTime: 100,
  });
  const producer = new Producer({ ...base, transactionalId: "mover", idempotent: true });
  for await (const message of stream) {
    // What it says of itself unless told otherwise, producer 0 at epoch 0, a known id does not have.
    const transaction = await producer.beginTransaction({ producerId: -1n, producerEpoch: -1 });
    await transaction.addConsumer(consumer);
    await transaction.addOffset(message);
    await transaction.commit();
    if (message.value.toString() === "c") break;
  }
  // The transaction is over for its producer when its end is decided; the marker follows.
  const found = await waitFor("the offset behind the last event", async () => {
    const offsets = await committedBy(server.kafka, GROUP, INPUT);
    return offsets[0] === input.length && offsets;
  });
  expect(found).toEqual([input.length, -1]);
  await producer.close();
  await consumer.close(true);
});

/** Copies the input to the output, each batch with its offsets in a transaction; every fourth is aborted. */
async function startProcessor(bootstrap: string): Promise<AsyncDisposable> {
  const producer = transactional(bootstrap, "processor");
  await producer.connect();
  const consumer = kafkaOf(bootstrap).consumer({
    groupId: GROUP,
    sessionTimeout: 6_000,
    rebalanceTimeout: 6_000,
    heartbeatInterval: 500,
    maxBytesPerPartition: 300,
    maxWaitTimeInMs: 50,
    readUncommitted: false,
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [INPUT], fromBeginning: true });
  let rounds = 0;
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    async eachBatch({ batch, resolveOffset }) {
      rounds += 1;
      const { partition, messages } = batch;
      const last = messages.at(-1);
      if (last === undefined) return;
      const transaction = await producer.transaction();
      try {
        const copies = messages.map(({ value }) => ({ partition, value }));
        await transaction.send({ topic: OUTPUT, messages: copies });
        const offset = String(Number(last.offset) + 1);
        const topics = [{ topic: INPUT, partitions: [{ partition, offset }] }];
        await transaction.sendOffsets({ consumerGroupId: GROUP, topics });
        if (rounds % 4 === 0) throw new Error("this one is not meant to be");
        await transaction.commit();
      } catch (error) {
        if (transaction.isActive()) await transaction.abort();
        throw error;
      }
      resolveOffset(last.offset);
    },
  });
  return {
    async [Symbol.asyncDispose]() {
      await Promise.allSettled([consumer.disconnect(), producer.disconnect()]);
    },
  };
}

test("W3: every event is in the output once, and the offsets say so, over kills of the broker", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "runnel-offsets-"));
  let server: Server = await startServer({ dataDir });
  await createTopic(server.kafka, INPUT);
  await createTopic(server.kafka, OUTPUT);
  const values = PARTITIONS.map((partition) =>
    Array.from({ length: EVENTS }, (_, index) => `${partition}-${index}-${randomUUID()}`),
  );
  const source = kafkaOf(server.kafka).producer();
  await source.connect();
  for (const partition of PARTITIONS) {
    for (const value of values[partition] ?? []) {
      await source.send({ topic: INPUT, messages: [{ partition, value }] });
    }
  }
  await source.disconnect();
  // Clients of a broker that is gone take their time to leave: all do so at the end.
  await using clients = new AsyncDisposableStack();
  for (const count of [...KILLED_AFTER, 2 * EVENTS]) {
    clients.use(await startProcessor(server.kafka));
    const reader = clients.use(await Reader.start(server.kafka, [OUTPUT]));
    await waitFor(`${count} outputs`, () => reader.values.length >= count, { withinMs: 60_000 });
    if (count === 2 * EVENTS) break;
    await server.stop("SIGKILL");
    server = await startServer({ dataDir });
  }
  await waitFor("offsets at the end", async () => {
    const found = await committedBy(server.kafka, GROUP, INPUT);
    return found.every((offset) => offset === EVENTS);
  });
  const all = clients.use(await Reader.start(server.kafka, [OUTPUT]));
  await waitFor("all outputs", () => all.values.length >= 2 * EVENTS);
  expect(all.values.toSorted()).toEqual(values.flat().toSorted());
  await server[Symbol.asyncDispose]();
  await rm(dataDir, { recursive: true, force: true });
});
