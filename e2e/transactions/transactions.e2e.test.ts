/** Transactions of real clients against a real broker, which is killed in between. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Server, startServer } from "../harness/server.ts";
import { waitFor } from "../harness/wait.ts";
import {
  createTopic,
  kafkajsTransactions,
  platformaticTransactions,
  Reader,
  type TransactionalClient,
  type TransactionalProducer,
} from "./clients.ts";

let server: Server;

beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** A topic of the test with two partitions. */
async function topicOf(word: string, client: TransactionalClient): Promise<string> {
  const topic = `${word}-${client.name.replaceAll(/\W+/g, "-")}`;
  await createTopic(server.kafka, topic);
  return topic;
}

/** One committed record behind everything, so that a reader knows when it has seen all. */
async function mark(producer: TransactionalProducer, topic: string): Promise<void> {
  const transaction = await producer.begin();
  await transaction.send(topic, 0, "end-0");
  await transaction.send(topic, 1, "end-1");
  await transaction.commit();
}

describe.each([kafkajsTransactions, platformaticTransactions])("$name", (client) => {
  test("what is committed is read, what is aborted is not", async () => {
    const topic = await topicOf("outcomes", client);
    await using producer = await client.start(server.kafka, topic);
    for (const [value, isCommit] of [
      ["a", true],
      ["b", false],
      ["c", true],
    ] as const) {
      const transaction = await producer.begin();
      await transaction.send(topic, 0, `${value}-0`);
      await transaction.send(topic, 1, `${value}-1`);
      await (isCommit ? transaction.commit() : transaction.abort());
    }
    await mark(producer, topic);
    await using committed = await Reader.start(server.kafka, [topic]);
    expect(await committed.until("end-0", "end-1")).toEqual([
      "a-0",
      "a-1",
      "c-0",
      "c-1",
      "end-0",
      "end-1",
    ]);
    await using everything = await Reader.start(server.kafka, [topic], { readUncommitted: true });
    expect(await everything.until("end-0", "end-1")).toContain("b-1");
  });

  test("what is open is read only once it is committed", async () => {
    const topic = await topicOf("open", client);
    await using producer = await client.start(server.kafka, topic);
    const transaction = await producer.begin();
    await transaction.send(topic, 0, "first");
    await using eager = await Reader.start(server.kafka, [topic], { readUncommitted: true });
    await using patient = await Reader.start(server.kafka, [topic]);
    await eager.until("first");
    expect(patient.values).toEqual([]);
    await transaction.commit();
    expect(await patient.until("first")).toEqual(["first"]);
  });

  test("a zombie is fenced, and what it left is aborted", async () => {
    const topic = await topicOf("fenced", client);
    await using zombie = await client.start(server.kafka, topic);
    const left = await zombie.begin();
    await left.send(topic, 0, "left");
    await using successor = await client.start(server.kafka, topic);
    await mark(successor, topic);
    await expect(left.send(topic, 1, "late")).rejects.toThrow();
    await expect(left.commit()).rejects.toThrow();
    await using reader = await Reader.start(server.kafka, [topic]);
    expect(await reader.until("end-0", "end-1")).toEqual(["end-0", "end-1"]);
  });
});

test("a transaction that runs for too long is aborted: readers go on", async () => {
  const topic = await topicOf("overdue", kafkajsTransactions);
  await using slow = await kafkajsTransactions.start(server.kafka, `${topic}-slow`, 1_000);
  const overdue = await slow.begin();
  await overdue.send(topic, 0, "overdue");
  await using other = await kafkajsTransactions.start(server.kafka, `${topic}-other`);
  await mark(other, topic);
  await using reader = await Reader.start(server.kafka, [topic]);
  expect(await reader.until("end-0", "end-1")).toEqual(["end-0", "end-1"]);
  await expect(overdue.commit()).rejects.toThrow();
});

test("a broker that is killed keeps what was committed, and ends what it had decided", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "runnel-transactions-"));
  const first = await startServer({ dataDir });
  const topic = "killed";
  await createTopic(first.kafka, topic);
  const producer = await kafkajsTransactions.start(first.kafka, "killed");
  const committed: string[] = [];
  for (let round = 0; round < 20; round += 1) {
    const transaction = await producer.begin();
    for (const partition of [0, 1]) {
      const value = `${round}-${partition}`;
      await transaction.send(topic, partition, value);
      committed.push(value);
    }
    await transaction.commit();
  }
  const open = await producer.begin();
  await open.send(topic, 0, "open");
  // At once after an answer: markers of the last commits may not be written yet.
  await first.stop("SIGKILL");
  await producer[Symbol.asyncDispose]();

  await using second = await startServer({ dataDir });
  await using successor = await kafkajsTransactions.start(second.kafka, "killed");
  await mark(successor, topic);
  await using reader = await Reader.start(second.kafka, [topic]);
  expect(await reader.until("end-0", "end-1")).toEqual([...committed, "end-0", "end-1"].toSorted());
  const metrics = await fetch(`http://${second.admin}/metrics`);
  expect(await metrics.text()).toContain('runnel_transactional_ids{state="Ongoing"} 0');
  await waitFor("no marker is missing", async () => {
    const answer = await fetch(`http://${second.admin}/metrics`);
    return (await answer.text()).includes("runnel_transaction_markers_waiting 0");
  });
  await rm(dataDir, { recursive: true, force: true });
});
