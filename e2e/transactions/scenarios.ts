/** What a transaction promises, asked of one client. */
import { expect, test } from "vitest";
import type { Server } from "../harness/server.ts";
import { waitFor } from "../harness/wait.ts";
import {
  committedOffset,
  createTopic,
  Reader,
  type TransactionalClient,
  type TransactionalProducer,
} from "./clients.ts";

/** One committed record in each partition, behind everything: a reader that has them has seen all. */
export async function mark(producer: TransactionalProducer, topic: string): Promise<void> {
  const transaction = await producer.begin();
  await transaction.send(topic, 0, "end-0");
  await transaction.send(topic, 1, "end-1");
  await transaction.commit();
}

interface Bench {
  readonly client: TransactionalClient;
  readonly server: () => Server;
  /** A topic of the test with two partitions; its name is also a transactional id. */
  topicOf(word: string): Promise<string>;
}

export function transactionScenarios(client: TransactionalClient, server: () => Server): void {
  const topicOf = async (word: string): Promise<string> => {
    const topic = `${word}-${client.name.replaceAll(/\W+/g, "-")}`;
    await createTopic(server().kafka, topic);
    return topic;
  };
  const bench = { client, server, topicOf };
  outcomes(bench);
  zombies(bench);
  offsets(bench);
}

function outcomes({ client, server, topicOf }: Bench): void {
  test("what is committed is read, what is aborted is not", async () => {
    const topic = await topicOf("outcomes");
    await using producer = await client.start(server().kafka, topic);
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
    await using committed = await Reader.start(server().kafka, [topic]);
    expect(await committed.until("end-0", "end-1")).toEqual([
      "a-0",
      "a-1",
      "c-0",
      "c-1",
      "end-0",
      "end-1",
    ]);
    await using everything = await Reader.start(server().kafka, [topic], { readUncommitted: true });
    expect(await everything.until("end-0", "end-1")).toContain("b-1");
  });

  test("what is open is read only once it is committed", async () => {
    const topic = await topicOf("open");
    await using producer = await client.start(server().kafka, topic);
    const transaction = await producer.begin();
    await transaction.send(topic, 0, "first");
    await using eager = await Reader.start(server().kafka, [topic], { readUncommitted: true });
    await using patient = await Reader.start(server().kafka, [topic]);
    await eager.until("first");
    expect(patient.values).toEqual([]);
    await transaction.commit();
    expect(await patient.until("first")).toEqual(["first"]);
  });

  test("many short transactions, one behind the other", async () => {
    const topic = await topicOf("many");
    await using producer = await client.start(server().kafka, topic);
    const expected = ["end-0", "end-1"];
    for (let round = 0; round < 50; round += 1) {
      const isCommit = round % 3 !== 0;
      const transaction = await producer.begin();
      await transaction.send(topic, round % 2, `${round}`);
      await (isCommit ? transaction.commit() : transaction.abort());
      if (isCommit) expected.push(`${round}`);
    }
    await mark(producer, topic);
    await using reader = await Reader.start(server().kafka, [topic]);
    expect(await reader.until("end-0", "end-1")).toEqual(expected.toSorted());
  });
}

function zombies({ client, server, topicOf }: Bench): void {
  test("a zombie is fenced, and what it left is aborted", async () => {
    const topic = await topicOf("fenced");
    await using zombie = await client.start(server().kafka, topic);
    const left = await zombie.begin();
    await left.send(topic, 0, "left");
    await using successor = await client.start(server().kafka, topic);
    await mark(successor, topic);
    await expect(left.send(topic, 1, "late")).rejects.toThrow(/fence|epoch|instance/i);
    // franz-go does not even ask any more.
    await expect(left.commit()).rejects.toThrow(/fence|epoch|instance|OPERATION_NOT_ATTEMPTED/i);
    await using reader = await Reader.start(server().kafka, [topic]);
    expect(await reader.until("end-0", "end-1")).toEqual(["end-0", "end-1"]);
  });
}

function offsets({ client, server, topicOf }: Bench): void {
  const testOffsets = client.lacksOffsets === undefined ? test : test.skip;
  testOffsets("offsets of a group move with the transaction, or not at all", async () => {
    const topic = await topicOf("offsets");
    const place = { groupId: `group-${topic}`, topic, partition: 0 };
    await using producer = await client.start(server().kafka, topic);
    const step = async (offset: number, isCommit: boolean) => {
      const transaction = await producer.begin();
      await transaction.send(topic, 1, `made of ${offset}`);
      await transaction.sendOffset?.({ ...place, offset });
      await (isCommit ? transaction.commit() : transaction.abort());
    };
    const isCommitted = (offset: number) =>
      waitFor(`offset ${offset} is committed`, async () => {
        return (await committedOffset(server().kafka, place)) === offset;
      });
    await step(5, true);
    await isCommitted(5);
    await step(9, false);
    await step(7, true);
    await isCommitted(7);
    await mark(producer, topic);
    expect(await committedOffset(server().kafka, place)).toBe(7);
    await using reader = await Reader.start(server().kafka, [topic]);
    expect(await reader.until("end-0", "end-1")).toEqual([
      "end-0",
      "end-1",
      "made of 5",
      "made of 7",
    ]);
  });
}
