import { Admin } from "@platformatic/kafka";
import { AuditRecord } from "@runnel/contracts/audit.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import kafkajs, { type Kafka } from "kafkajs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Server, startRunnel } from "../harness/server.ts";
import { within } from "../harness/wait.ts";

const READ_WITHIN_MS = 60_000;

let server: Server;
let kafka: Kafka;

const clientOf = (bootstrap: string): Kafka =>
  new kafkajs.Kafka({
    clientId: "auditor",
    brokers: [bootstrap],
    logLevel: kafkajs.logLevel.NOTHING,
  });

beforeAll(async () => {
  server = await startRunnel();
  kafka = clientOf(server.kafka);
});

afterAll(() => server[Symbol.asyncDispose]());

/** The first `count` entries of the log, read as any topic is. */
async function readAudit(from: Kafka, count: number): Promise<AuditRecord[]> {
  const consumer = from.consumer({ groupId: `auditor-${count}` });
  await consumer.connect();
  await consumer.subscribe({ topic: "__audit", fromBeginning: true });
  const found: AuditRecord[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  await consumer.run({
    eachMessage: ({ message }) => {
      found.push(AuditRecord.parse(JSON.parse(String(message.value))));
      if (found.length >= count) resolve();
      return Promise.resolve();
    },
  });
  await within(`${count} entries are read`, READ_WITHIN_MS, promise);
  await consumer.disconnect();
  return found;
}

/** As a tool does that is no member. kafkajs joins the group, and commits as its member. */
async function moveOffset(bootstrap: string, groupId: string, name: string): Promise<void> {
  const admin = new Admin({ clientId: "auditor", bootstrapBrokers: [bootstrap] });
  const partitionOffsets = [{ partition: 0, offset: 0n }];
  try {
    await admin.alterConsumerGroupOffsets({ groupId, topics: [{ name, partitionOffsets }] });
  } finally {
    await admin.close();
  }
}

describe("the audit log, over the Kafka port", () => {
  test("a real client's changes are in it, refusals too; its own writes into it are refused", async () => {
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: "orders", numPartitions: 2 }] });
    await admin.createPartitions({ topicPartitions: [{ topic: "orders", count: 3 }] });
    const again = admin.createPartitions({ topicPartitions: [{ topic: "orders", count: 1 }] });
    await expect(again).rejects.toMatchObject({ name: expect.stringContaining("KafkaJS") });
    await admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: kafkajs.ConfigResourceTypes.TOPIC,
          name: "orders",
          configEntries: [{ name: "retention.ms", value: "3600000" }],
        },
      ],
    });
    await moveOffset(server.kafka, "billing", "orders");
    await admin.deleteGroups(["billing"]);
    await admin.deleteTopics({ topics: ["orders"] });
    await admin.disconnect();

    const producer = kafka.producer();
    await producer.connect();
    const forged = producer.send({ topic: "__audit", messages: [{ value: "{}" }] });
    const code = ErrorCode.INVALID_TOPIC_EXCEPTION;
    await expect(forged).rejects.toMatchObject({ type: "INVALID_TOPIC_EXCEPTION", code });
    await producer.disconnect();

    const entries = await readAudit(kafka, 7);
    expect(
      entries.map((one) => `${one.operation} ${one.resource.name} ${one.result.outcome}`),
    ).toEqual([
      "topic.create orders done",
      "topic.grow orders done",
      "topic.grow orders refused",
      "config.change orders done",
      "group.offsets.change billing done",
      "group.delete billing done",
      "topic.delete orders done",
    ]);
    const port = Number(server.kafka.split(":").at(-1));
    for (const { actor } of entries) {
      expect(actor).toEqual({
        principal: "User:ANONYMOUS",
        host: "127.0.0.1",
        via: "kafka",
        listener: "PLAINTEXT",
        port,
        client: "auditor",
      });
    }
  });

  test("what was answered is in it after kill -9", async () => {
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: "last" }] });
    await server.stop("SIGKILL");
    await admin.disconnect();
    await using next = await startRunnel({ dataDir: server.dataDir });
    const entries = await readAudit(clientOf(next.kafka), 8);
    expect(entries.at(-1)).toMatchObject({ operation: "topic.create", resource: { name: "last" } });
    await next.stop();
  });
});
