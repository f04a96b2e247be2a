import { assert } from "@runnel/kit/assert.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { beforeEach, describe, expect, test } from "vitest";
import { begin, end, type Identity, type Place, partitionAt, send } from "./producer.ts";
import { AdminRig, problemOf, text } from "./rig.ts";

const ID = "payments/1";
const ORDERS = { topic: "orders", partition: 0 };

let rig: AdminRig;
beforeEach(async () => {
  rig = await AdminRig.open([
    ["transaction.state.log.num.partitions", "2"],
    ["transaction.max.timeout.ms", "600000"],
  ]);
  await rig.client.createTopic({ body: { name: "orders", partitionCount: 2 } });
});

type Producer = Identity & { readonly transactionalId: string };

/** A producer with an event in each of `places`. */
async function open(transactionalId: string, ...places: readonly Place[]): Promise<Producer> {
  const producer = { transactionalId, ...(await begin(rig, transactionalId)) };
  for (const place of places) await send(rig, producer, place);
  return producer;
}

/** Something open in a partition that no coordinator knows. */
const hang = (place: Place, producerId = 4_000n): Promise<void> =>
  send(
    rig,
    { transactionalId: "gone", producerId, producerEpoch: 5 },
    { ...place, isSecret: true },
  );

const params = { transactionalId: ID };

describe("listTransactions", () => {
  test("is empty on a fresh broker, and does not make the topic of transactions", async () => {
    const fresh = await AdminRig.open();
    const empty = { items: [], nextCursor: null, total: 0 };
    expect(await fresh.client.listTransactions()).toEqual(empty);
    expect(await fresh.client.listHeldPartitions()).toEqual(empty);
    await expect(fresh.client.getTransaction({ params })).rejects.toMatchObject(
      problemOf("not-found", { kafkaError: "TRANSACTIONAL_ID_NOT_FOUND" }),
    );
    await expect(fresh.client.abortTransaction({ params })).rejects.toMatchObject(
      problemOf("not-found"),
    );
    expect(fresh.node.image.topicsByName.has("__transaction_state")).toBe(false);
  });

  test("says what there is, by state, producer, age, name and pattern", async () => {
    const first = await open(ID, ORDERS, { ...ORDERS, partition: 1 });
    await rig.world.time.advanceAsync(20_000);
    await open("idle");
    const { items, total } = await rig.client.listTransactions();
    expect(total).toBe(2);
    expect(items).toEqual([
      expect.objectContaining({
        transactionalId: "idle",
        state: "Empty",
        startedAt: null,
        runningMs: null,
        partitionCount: 0,
      }),
      {
        transactionalId: ID,
        state: "Ongoing",
        producerId: String(first.producerId),
        producerEpoch: 0,
        timeoutMs: 60_000,
        startedAt: rig.world.clock.nowMs() - 20_000,
        runningMs: 20_000,
        updatedAt: rig.world.clock.nowMs() - 20_000,
        partitionCount: 2,
      },
    ]);
    const ids = async (query: object) => {
      const page = await rig.client.listTransactions({ query });
      return page.items.map(({ transactionalId }) => transactionalId);
    };
    expect(await ids({ state: "Empty" })).toEqual(["idle"]);
    expect(await ids({ producerId: String(first.producerId) })).toEqual([ID]);
    expect(await ids({ longerThanMs: 19_999 })).toEqual([ID]);
    expect(await ids({ longerThanMs: 20_000 })).toEqual([]);
    expect(await ids({ filter: "PAY" })).toEqual([ID]);
    expect(await ids({ pattern: "pay.*/[0-9]" })).toEqual([ID]);
    expect(await ids({ pattern: "pay" })).toEqual([]);
    expect(await ids({ sort: "runningMs", order: "desc" })).toEqual([ID, "idle"]);
    await expect(rig.client.listTransactions({ query: { pattern: "(" } })).rejects.toMatchObject(
      problemOf("invalid-request", { errors: [{ in: "query", field: "pattern" }] }),
    );
    for (const producerId of ["-1", "1e3", "9223372036854775808", ""]) {
      await expect(ids({ producerId })).rejects.toMatchObject(problemOf("invalid-request"));
    }
  });
});

describe("one transaction", () => {
  test("shows its partitions and who waits for it", async () => {
    const records = [{ partition: 0, value: text("plain") }];
    await rig.client.produce({ params: { topic: "orders" }, body: { records } });
    const producer = await open(ID, ORDERS);
    await rig.client.produce({ params: { topic: "orders" }, body: { records } });
    const found = await rig.client.getTransaction({ params });
    expect(found).toMatchObject({
      state: "Ongoing",
      isOverdue: false,
      partitionCount: 1,
      coordinator: { brokerId: 1 },
      groups: [],
    });
    const { items } = await rig.client.listTransactionPartitions({ params });
    expect(items).toEqual([
      {
        ...ORDERS,
        lastStableOffset: 1,
        highWatermark: 3,
        open: {
          producerEpoch: 0,
          coordinatorEpoch: null,
          startOffset: 1,
          lastWrittenAt: rig.world.clock.nowMs(),
        },
        isHolding: true,
      },
    ]);
    const inTopic = { params: { topic: "orders" } };
    const [first, second] = (await rig.client.listPartitions(inTopic)).items;
    expect(first).toMatchObject({
      lastStableOffset: 1,
      highWatermark: 3,
      holder: {
        producerId: String(producer.producerId),
        startOffset: 1,
        transactionalId: ID,
        isHanging: false,
      },
    });
    expect(second).toMatchObject({ lastStableOffset: 0, highWatermark: 0, holder: null });
    await end(rig, producer, true);
    expect((await rig.client.listTransactionPartitions({ params })).items).toEqual([]);
    expect((await rig.client.listPartitions(inTopic)).items[0]).toMatchObject({
      lastStableOffset: 4,
      holder: null,
    });
  });

  test("has the groups whose offsets it moves, and the group what is pending", async () => {
    await rig.run(rig.node.services.groups.start());
    const producer = await open(ID, ORDERS);
    const { transactionalId, ...identity } = producer;
    const topicId = rig.node.image.topicsByName.get("orders")?.id ?? "";
    const offset = { topicId, ...ORDERS, offset: 1, leaderEpoch: 0, metadata: "" };
    const committed = await rig.run(
      rig.node.services.groups.commitInTransaction({
        apiVersion: 5,
        transactionalId,
        producer: identity,
        groupId: "billing",
        memberId: "",
        groupInstanceId: null,
        generationId: -1,
        offsets: [offset],
      }),
    );
    expect(committed.errorCodes).toEqual([ErrorCode.NONE]);
    expect((await rig.client.getTransaction({ params })).groups).toEqual([
      { groupId: "billing", offsetCount: 1 },
    ]);
    const group = { params: { group: "billing" } };
    expect((await rig.client.listGroupOffsets(group)).items).toMatchObject([
      {
        ...ORDERS,
        committedOffset: null,
        pending: [
          { offset: 1, producerId: String(producer.producerId), transactionalId: "payments/1" },
        ],
      },
    ]);
    await end(rig, producer, true);
    expect((await rig.client.listGroupOffsets(group)).items).toMatchObject([
      { committedOffset: 1, pending: [] },
    ]);
  });
});

describe("abortTransaction", () => {
  test("tells first, then ends it: readers of committed data go on", async () => {
    const producer = await open(ID, ORDERS);
    const { producerId } = producer;
    const before = {
      state: "Ongoing",
      producerId: String(producerId),
      producerEpoch: 0,
      partitionCount: 1,
    };
    const after = { ...before, state: "CompleteAbort", producerEpoch: 1, partitionCount: 0 };
    const dry = await rig.client.abortTransaction({ params, query: { dryRun: true } });
    expect(dry).toMatchObject({ isDryRun: true, before, after });
    expect(partitionAt(rig, ORDERS).lastStableOffset).toBe(0);
    const { etag } = await rig.client.getTransaction({ params });
    expect(dry.etag).toBe(etag);
    const done = await rig.client.abortTransaction({ params }, { ifMatch: etag });
    expect(done).toMatchObject({ isDryRun: false, before, after });
    expect(partitionAt(rig, ORDERS).lastStableOffset).toBe(2);
    await expect(end(rig, producer, true)).rejects.toThrow("INVALID_TXN_STATE");
    await expect(rig.client.abortTransaction({ params })).rejects.toMatchObject(
      problemOf("conflict", { kafkaError: "INVALID_TXN_STATE" }),
    );
  });

  test("leaves the next transaction alone where another one is meant", async () => {
    const producer = await open(ID, ORDERS);
    const { etag: ifMatch } = await rig.client.getTransaction({ params });
    const next = { transactionalId: ID, ...(await end(rig, producer, true)) };
    await send(rig, next, ORDERS);
    await expect(rig.client.abortTransaction({ params }, { ifMatch })).rejects.toMatchObject(
      problemOf("precondition-failed", { kafkaError: "INVALID_UPDATE_VERSION" }),
    );
    expect((await rig.client.getTransaction({ params })).state).toBe("Ongoing");
  });
});

describe("what hangs", () => {
  test("is told from what is under way, wherever it is in the partition", async () => {
    await open(ID, ORDERS);
    await hang(ORDERS);
    await hang({ topic: "orders", partition: 1 }, 4_001n);
    const { items } = await rig.client.listHeldPartitions();
    expect(items).toMatchObject([
      { partition: 1, heldCount: 1, openCount: 1, hangingCount: 1 },
      { partition: 0, heldCount: 2, openCount: 2, hangingCount: 1 },
    ]);
    expect(items.map(({ holder }) => [holder.transactionalId, holder.isHanging])).toEqual([
      [null, true],
      [ID, false],
    ]);
    const hanging = async (query: object) => {
      const held = await rig.client.listHeldPartitions({ query: { hanging: true, ...query } });
      return held.total;
    };
    expect(await hanging({})).toBe(2);
    expect(await hanging({ topic: "orders" })).toBe(2);
    expect(await hanging({ topic: "other" })).toBe(0);
    const at = { params: ORDERS, query: { open: true, sort: "openFrom" } as const };
    expect((await rig.client.listProducers(at)).items).toMatchObject([
      { transactionalId: ID, isHanging: false, openFrom: 0, lastSequence: 0 },
      {
        producerId: "4000",
        producerEpoch: 5,
        isHanging: true,
        openFrom: 1,
        coordinatorEpoch: null,
      },
    ]);
    const one = { params: ORDERS, query: { producerId: "4000" } };
    expect((await rig.client.listProducers(one)).total).toBe(1);
  });

  test("is a transaction whose coordinator knows the producer, but not this partition", async () => {
    const producer = await open(ID, ORDERS);
    await send(rig, producer, { topic: "orders", partition: 1, isSecret: true });
    const { items } = await rig.client.listHeldPartitions({ query: { hanging: true } });
    expect(items).toMatchObject([{ partition: 1, holder: { transactionalId: null } }]);
  });

  test("is aborted in its partition, after it was told", async () => {
    await hang(ORDERS);
    const hanging = { params: { ...ORDERS, producerId: "4000" } };
    const before = { lastStableOffset: 0, highWatermark: 1 };
    const told = { producerId: "4000", startOffset: 0, before };
    expect(await rig.client.abortHanging({ ...hanging, query: { dryRun: true } })).toEqual({
      isDryRun: true,
      ...told,
      after: null,
    });
    expect(await rig.client.abortHanging(hanging)).toEqual({
      isDryRun: false,
      ...told,
      after: { lastStableOffset: 2, highWatermark: 2 },
    });
    await expect(rig.client.abortHanging(hanging)).rejects.toMatchObject(problemOf("not-found"));
    expect((await rig.client.listHeldPartitions()).items).toEqual([]);
  });

  test("is not what somebody coordinates: that is not aborted in one partition", async () => {
    const { producerId } = await open(ID, ORDERS);
    const wrong = rig.client.abortHanging({
      params: { ...ORDERS, producerId: String(producerId) },
    });
    await expect(wrong).rejects.toMatchObject(
      problemOf("conflict", { kafkaError: "INVALID_TXN_STATE" }),
    );
    expect(partitionAt(rig, ORDERS).lastStableOffset).toBe(0);
    const nowhere = { topic: "orders", partition: 9 };
    await expect(rig.client.listProducers({ params: nowhere })).rejects.toMatchObject(
      problemOf("not-found"),
    );
  });

  test("is nothing that ended while the coordinator was asked", async () => {
    const producer = await open(ID, ORDERS);
    const { transactions } = rig.services;
    const slow = {
      ...rig.services,
      transactions: {
        visit: async (visit: Parameters<typeof transactions.visit>[0]) => {
          await end(rig, producer, true);
          return await transactions.visit(visit);
        },
      },
    };
    const { listHeldPartitions } = await import("#admin/v1/producers.ts");
    const { callerAt } = await import("#admin/v1/caller.ts");
    const caller = callerAt({ userAgent: "test", forwardedFor: null });
    const call = { query: {}, caller } as Parameters<typeof listHeldPartitions>[0];
    const listed = await rig.run(listHeldPartitions(call, slow as never));
    assert(partitionAt(rig, ORDERS).lastStableOffset === 2, "it ended");
    expect(listed.items).toEqual([]);
  });
});
