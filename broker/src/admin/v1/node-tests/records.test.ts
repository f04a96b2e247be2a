import { partitionOfKey } from "@runnel/protocol/partitioner.ts";
import { readBatchHeader } from "@runnel/protocol/records/batch.ts";
import { recordsOf } from "@runnel/protocol/records/iterate.ts";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { readStored } from "#log/log-lookup.ts";
import { AdminRig, problemOf, text } from "./rig.ts";

let rig: AdminRig;
beforeEach(async () => {
  rig = await AdminRig.open();
  await rig.client.createTopic({ body: { name: "orders", partitionCount: 3 } });
});

const params = { topic: "orders" };

/** All records of a partition, as they are stored. */
async function stored(index: number) {
  const topicId = rig.node.image.topicsByName.get("orders")?.id ?? "";
  const found = rig.services.replicas.find(topicId, index);
  if (found.kind !== "open") throw new Error(found.kind);
  const { log, highWatermark } = found.partition;
  const range = { offset: 0, endOffset: highWatermark, bytesMax: 1e7, atLeastOne: true };
  const { parts } = await rig.run(readStored(log, range));
  const records = [];
  for (const bytes of parts) {
    for (let at = 0; at < bytes.length; ) {
      const header = readBatchHeader(bytes, at);
      records.push(...recordsOf(bytes, { at, header, maxOutputLength: 1e6 }));
      at += header.sizeInBytes;
    }
  }
  return records;
}

describe("produce", () => {
  test("stores keys, values and headers byte for byte; null is null", async () => {
    const bytes = Uint8Array.from([0, 255, 10]);
    const base64 = { encoding: "base64", data: Buffer.from(bytes).toString("base64") } as const;
    const { results } = await rig.client.produce({
      params,
      body: {
        records: [
          { partition: 1, key: text("k"), value: base64, timestamp: 5 },
          { partition: 1, key: text(""), value: text("") },
          {
            partition: 1,
            value: null,
            headers: [
              { name: "h", value: null },
              { name: "h", value: text("ü") },
            ],
          },
        ],
      },
    });
    expect(results).toMatchObject([
      { partition: 1, offset: 0, timestamp: 5, error: null },
      { partition: 1, offset: 1, timestamp: rig.world.clock.nowMs() },
      { partition: 1, offset: 2 },
    ]);
    const records = await stored(1);
    const empty = new Uint8Array(0);
    expect(records.map(({ key, value }) => [key, value].map((one) => one && [...one]))).toEqual([
      [[107], [...bytes]],
      [[...empty], [...empty]],
      [null, null],
    ]);
    expect(records[2]?.headers).toEqual([
      { key: "h", value: null },
      { key: "h", value: new TextEncoder().encode("ü") },
    ]);
  });

  test("chooses the partition of a key as clients do, and one for all without", async () => {
    const keys = Array.from({ length: 20 }, (_, n) => `key-${n}`);
    const { results } = await rig.client.produce({
      params,
      body: { records: keys.map((key) => ({ key: text(key), value: null })) },
    });
    expect(results.map(({ partition }) => partition)).toEqual(
      keys.map((key) => partitionOfKey(new TextEncoder().encode(key), 3)),
    );
    const without = await rig.client.produce({
      params,
      body: { records: [{ value: text("a") }, { value: text("b") }] },
    });
    const [first, second] = without.results;
    expect(second).toMatchObject({ partition: first?.partition, offset: (first?.offset ?? 0) + 1 });
  });

  test("splits what the topic would not take in one batch", async () => {
    await rig.client.changeTopicConfigs({
      params,
      body: { configs: { "max.message.bytes": "1000" } },
    });
    const value = text("x".repeat(300));
    const records = Array.from({ length: 10 }, () => ({ partition: 0, value }));
    const { results } = await rig.client.produce({ params, body: { records } });
    expect(results.map(({ offset }) => offset)).toEqual([...Array(10).keys()]);
    const mixed = await rig.client.produce({
      params,
      body: { records: [...records, { partition: 1, value: text("x".repeat(2_000)) }] },
    });
    expect(mixed.results.at(-1)).toMatchObject({ offset: null, timestamp: null });
    expect(mixed.results.at(-1)?.error).toContain("the topic takes 1000");
    const large = { records: [{ value: text("x".repeat(2_000)) }] };
    for (const dryRun of [true, false]) {
      const refused = rig.client.produce({ params, body: large, query: { dryRun } });
      await expect(refused).rejects.toMatchObject({ problem: { kafkaError: "MESSAGE_TOO_LARGE" } });
    }
  });

  test("a dry run says where events would go, and stores none", async () => {
    const body = { records: [{ partition: 2, value: text("a") }] };
    const { results } = await rig.client.produce({ params, body, query: { dryRun: true } });
    expect(results).toEqual([{ partition: 2, offset: null, timestamp: null, error: null }]);
    expect((await rig.client.getTopic({ params })).eventCount).toBe(0);
  });

  test("names every field that is wrong, and stores nothing then", async () => {
    const reply = await rig.post("/v1/topics/orders/events", {
      records: [
        { value: { encoding: "base64", data: "a" } },
        { partition: 3, value: null },
        { value: { encoding: "utf8", data: "\ud800" } },
      ],
    });
    expect(reply).toMatchObject({
      status: 400,
      body: {
        errors: [
          { field: "records.0.value.data" },
          { field: "records.1.partition" },
          { field: "records.2.value.data" },
        ],
      },
    });
    expect((await rig.client.getTopic({ params })).eventCount).toBe(0);
  });

  test("H6: the same request with its key is stored once", async () => {
    const body = { records: [{ partition: 0, value: text("a") }] };
    const options = { idempotencyKey: "k" };
    const first = await rig.client.produce({ params, body }, options);
    expect(await rig.client.produce({ params, body }, options)).toEqual(first);
    expect((await rig.client.getTopic({ params })).eventCount).toBe(1);
  });

  test("does not write to internal topics", async () => {
    const to = { kind: "end" } as const;
    await rig.client.resetOffsets({ params: { group: "g" }, body: { scope: [params], to } });
    const internal = { topic: "__consumer_offsets" };
    const body = { records: [{ value: null }] };
    await expect(rig.client.produce({ params: internal, body })).rejects.toMatchObject(
      problemOf("forbidden", { kafkaError: "INVALID_TOPIC_EXCEPTION" }),
    );
    const deletion = rig.client.deleteRecords({ params: internal, body: { to } });
    await expect(deletion).rejects.toMatchObject({ status: 403 });
  });
});

describe("an event of which nobody knows whether it was stored", () => {
  test("is not stored twice under one Idempotency-Key", async () => {
    const topicId = rig.node.image.topicsByName.get("orders")?.id ?? "";
    const found = rig.services.replicas.find(topicId, 0);
    if (found.kind !== "open") throw new Error(found.kind);
    const stuck = vi
      .spyOn(found.partition, "awaitHighWatermark")
      .mockImplementation((_offset, _deadline, settle) => {
        settle("expired");
      });
    const headers = { "content-type": "application/json", "idempotency-key": "k1" };
    const body = JSON.stringify({ records: [{ partition: 0, value: text("v") }] });
    const send = () => rig.ask("/v1/topics/orders/events", { method: "POST", headers, body });
    const first = await send();
    stuck.mockRestore();
    expect(first).toMatchObject({ status: 503, body: { kafkaError: "REQUEST_TIMED_OUT" } });
    expect(await send()).toMatchObject({ status: 503, body: first.body });
    expect((await rig.client.getTopic({ params })).eventCount).toBe(1);
  });
});

describe("deleteRecords", () => {
  beforeEach(async () => {
    const now = rig.world.clock.nowMs();
    const at = (partition: number, age: number) => ({
      partition,
      value: text("v"),
      timestamp: now - age,
    });
    const records = [at(0, 9_000), at(0, 5_000), at(0, 1_000), at(1, 5_000)];
    await rig.client.produce({ params, body: { records } });
  });

  test("deletes up to a time, after a dry run that deletes nothing", async () => {
    const timestamp = rig.world.clock.nowMs() - 3_000;
    const body = { to: { kind: "timestamp", timestamp } } as const;
    const dry = await rig.client.deleteRecords({ params, body, query: { dryRun: true } });
    expect(dry).toMatchObject({
      eventCount: 3,
      partitions: [
        { before: { logStart: 0 }, after: { logStart: 2 }, eventCount: 2 },
        { before: { logStart: 0 }, after: { logStart: 1 }, eventCount: 1 },
        { before: { logStart: 0 }, after: { logStart: 0 }, eventCount: 0 },
      ],
    });
    expect((await rig.client.getTopic({ params })).eventCount).toBe(4);
    const done = await rig.client.deleteRecords({ params, body });
    expect(done).toEqual({ ...dry, isDryRun: false });
    expect((await rig.client.getTopic({ params })).eventCount).toBe(1);
  });

  test("deletes all, up to an offset, and none that is behind the end", async () => {
    const offsets = [
      { partition: 0, offset: 1 },
      { partition: 1, offset: 5 },
    ];
    const some = await rig.client.deleteRecords({
      params,
      body: { to: { kind: "offsets", offsets } },
    });
    expect(some.partitions).toMatchObject([
      { partition: 0, after: { logStart: 1 }, error: null },
      { partition: 1, after: { logStart: 0 }, error: "offset 5 lies behind the end, which is 1" },
    ]);
    const rest = await rig.client.deleteRecords({
      params,
      body: { to: { kind: "end" }, partitions: [0] },
    });
    expect(rest).toMatchObject({ eventCount: 2 });
    const again = await rig.client.deleteRecords({
      params,
      body: { to: { kind: "offset", offset: 0 } },
    });
    expect(again.eventCount).toBe(0);
  });

  test("refuses partitions that are not there, or named twice", async () => {
    const to = { kind: "end" } as const;
    for (const partitions of [[3], [0, 0]]) {
      const refused = rig.client.deleteRecords({ params, body: { to, partitions } });
      await expect(refused).rejects.toMatchObject({ problem: { errors: [{ in: "body" }] } });
    }
  });
});
