/** Transactions of real clients against a real broker, which is killed in between. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Server, startServer } from "../harness/server.ts";
import { waitFor } from "../harness/wait.ts";
import { createTopic, kafkajsTransactions, platformaticTransactions, Reader } from "./clients.ts";
import { librdkafkaTransactions } from "./remote-clients.ts";
import { mark, transactionScenarios } from "./scenarios.ts";

let server: Server;

beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  await librdkafkaTransactions.stop();
  await server[Symbol.asyncDispose]();
});

describe.each([kafkajsTransactions, platformaticTransactions, librdkafkaTransactions])(
  "$name",
  (client) => {
    transactionScenarios(client, () => server);
  },
);

test("a transaction that runs for too long is aborted: readers go on", async () => {
  const topic = "overdue";
  await createTopic(server.kafka, topic);
  await using slow = await kafkajsTransactions.start(server.kafka, `${topic}-slow`, {
    timeoutMs: 1_000,
  });
  const overdue = await slow.begin();
  await overdue.send(topic, 0, "overdue");
  await using other = await kafkajsTransactions.start(server.kafka, `${topic}-other`);
  await mark(other, topic);
  await using reader = await Reader.start(server.kafka, [topic]);
  expect(await reader.until("end-0", "end-1")).toEqual(["end-0", "end-1"]);
  await expect(overdue.commit()).rejects.toThrow(/fence|epoch/i);
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
