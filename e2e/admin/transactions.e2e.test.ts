/** Transactions of a real client, looked at and ended through the admin API. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkAnswer } from "@runnel/contracts/check.ts";
import { type Client, createClient } from "@runnel/contracts/client.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Server, startRunnel } from "../harness/server.ts";
import { waitFor } from "../harness/wait.ts";
import { createTopic, kafkajsTransactions, Reader } from "../transactions/clients.ts";
import { leaveHanging } from "../transactions/hanging.ts";

const clientOf = (server: Server): Client =>
  createClient({ baseUrl: `http://${server.admin}`, check: checkAnswer });

describe("a transaction under way", () => {
  let server: Server;
  let admin: Client;
  beforeAll(async () => {
    server = await startRunnel();
    admin = clientOf(server);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test("shows what it holds back and moves, and is aborted: its producer cannot commit it", async () => {
    await createTopic(server.kafka, "orders");
    await using producer = await kafkajsTransactions.start(server.kafka, "orders/1");
    const params = { transactionalId: "orders/1" };
    const transaction = await producer.begin();
    await transaction.send("orders", 0, "never read");
    const place = { topic: "orders", partition: 0 };
    await transaction.sendOffset?.({ groupId: "billing", ...place, offset: 1 });
    const found = await admin.getTransaction({ params });
    expect(found).toMatchObject({
      state: "Ongoing",
      partitionCount: 2,
      timeoutMs: 30_000,
      groups: [{ groupId: "billing", offsetCount: 1 }],
    });
    const { items: held } = await admin.listHeldPartitions({ query: { topic: "orders" } });
    expect(held).toMatchObject([
      { ...place, heldCount: 1, holder: { transactionalId: "orders/1", isHanging: false } },
    ]);
    const group = { params: { group: "billing" } };
    expect((await admin.listGroupOffsets(group)).items).toMatchObject([
      { ...place, committedOffset: null, pending: [{ offset: 1, transactionalId: "orders/1" }] },
    ]);

    const { etag: ifMatch } = found;
    const dry = await admin.abortTransaction({ params, query: { dryRun: true } }, { ifMatch });
    expect((await admin.getTransaction({ params })).state).toBe("Ongoing");
    const { before, after } = await admin.abortTransaction({ params }, { ifMatch });
    expect(before).toEqual(dry.before);
    expect(after.producerEpoch).toBe(dry.after.producerEpoch);
    await expect(transaction.commit()).rejects.toThrow(/fence|epoch/i);

    await using next = await kafkajsTransactions.start(server.kafka, "orders/1");
    const second = await next.begin();
    await second.send("orders", 0, "read");
    await expect(admin.abortTransaction({ params }, { ifMatch })).rejects.toMatchObject({
      kind: "precondition-failed",
    });
    await second.commit();
    await using reader = await Reader.start(server.kafka, ["orders"]);
    expect(await reader.until("read")).toEqual(["read"]);
    await waitFor("nothing is held back", async () => {
      return (await admin.listHeldPartitions()).total === 0;
    });
    const { items } = await admin.listAudit({ query: { resource: "transaction:orders/1" } });
    expect(items.map(({ result }) => result.error)).toEqual(["INVALID_UPDATE_VERSION", null]);
  });
});

describe("a transaction that nobody coordinates any more", () => {
  test("is found, and aborted in its partitions, which readers then go on behind", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "runnel-hanging-"));
    try {
      await leaveHanging(dataDir, { topic: "ledger", partitions: [1, 2] });
      await using server = await startRunnel({ dataDir });
      const admin = clientOf(server);
      const query = { hanging: true };
      const { items } = await admin.listHeldPartitions({ query });
      expect(items).toMatchObject([
        { topic: "ledger", partition: 1, heldCount: 1, hangingCount: 1 },
        { topic: "ledger", partition: 2, heldCount: 1, hangingCount: 1 },
      ]);
      for (const { topic, partition, holder } of items) {
        const { producerId } = holder;
        await admin.abortHanging({ params: { topic, partition, producerId } });
      }
      expect((await admin.listHeldPartitions({ query })).total).toBe(0);
      const value = { encoding: "utf8", data: "read" } as const;
      const records = [{ partition: 1, value }];
      await admin.produce({ params: { topic: "ledger" }, body: { records } });
      await using reader = await Reader.start(server.kafka, ["ledger"]);
      expect(await reader.until("read")).toEqual(["read"]);
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});
