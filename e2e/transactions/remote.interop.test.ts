/** Transactions of Kafka's own client, the newest librdkafka and franz-go. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Server, startServer } from "../harness/server.ts";
import { createTopic, Reader } from "./clients.ts";
import {
  franzGoTransactions,
  javaTransactions,
  newestLibrdkafkaTransactions,
} from "./remote-clients.ts";
import { mark, transactionScenarios } from "./scenarios.ts";

const CLIENTS = [javaTransactions, newestLibrdkafkaTransactions, franzGoTransactions];

let server: Server;

beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  for (const client of CLIENTS) await client.stop();
  await server[Symbol.asyncDispose]();
});

describe.each(CLIENTS)("$name", (client) => {
  transactionScenarios(client, () => server);
});

test("KIP-890: a producer whose transaction was overdue aborts it and goes on", async () => {
  const topic = "overdue-java";
  await createTopic(server.kafka, topic);
  await using slow = await javaTransactions.start(server.kafka, topic, { timeoutMs: 1_000 });
  const overdue = await slow.begin();
  await overdue.send(topic, 0, "overdue");
  await using other = await javaTransactions.start(server.kafka, `${topic}-other`);
  await mark(other, topic);
  await using reader = await Reader.start(server.kafka, [topic]);
  // Until it is aborted, what lies behind it is not read.
  await reader.until("end-0", "end-1");
  await expect(overdue.send(topic, 1, "late")).rejects.toThrow(/InvalidProducerEpoch/);
  await overdue.abort();
  const next = await slow.begin();
  await next.send(topic, 0, "on time");
  await next.commit();
  expect(await reader.until("end-0", "end-1", "on time")).toEqual(["end-0", "end-1", "on time"]);
});
