import { beforeEach, describe, expect, test } from "vitest";
import { AdminRig, problemOf, text } from "./rig.ts";

let rig: AdminRig;
beforeEach(async () => {
  rig = await AdminRig.open();
});

const create = (name: string, partitionCount = 1, configs: Record<string, string> = {}) =>
  rig.client.createTopic({ body: { name, partitionCount, configs } });

const produce = (topic: string, ...values: string[]) =>
  rig.client.produce({
    params: { topic },
    body: { records: values.map((value) => ({ partition: 0, value: text(value) })) },
  });

describe("createTopic", () => {
  test("creates with what is said and the broker's defaults for the rest", async () => {
    const { topic, isDryRun } = await create("orders", 3, { "retention.ms": "60000" });
    expect(topic).toMatchObject({ name: "orders", partitionCount: 3, replicationFactor: 1 });
    expect(isDryRun).toBe(false);
    const retention = topic.configs.find(({ name }) => name === "retention.ms");
    expect(retention).toMatchObject({
      value: "60000",
      origin: "topic",
      inherited: "604800000",
      default: "604800000",
      unit: "ms",
      type: "long",
      isReadOnly: false,
    });
    const plain = await rig.client.createTopic({ body: { name: "plain" } });
    expect(plain.topic).toMatchObject({ partitionCount: 1, replicationFactor: 1 });
    expect(await rig.client.getTopic({ params: { topic: "orders" } })).toMatchObject({
      id: topic.id,
      partitionCount: 3,
      retentionMs: "60000",
      lastEventAt: null,
      oldestEventAt: null,
      groups: { count: 0, maxLag: 0 },
    });
  });

  test("a dry run says what would be, with status 200, and creates nothing", async () => {
    const reply = await rig.post("/v1/topics?dryRun=true", { name: "orders" });
    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({ isDryRun: true, topic: { id: null, partitionCount: 1 } });
    expect((await rig.client.listTopics()).total).toBe(0);
  });

  test("names every setting that is wrong", async () => {
    const configs = { "retention.ms": "x", "no.such": "1", "remote.storage.enable": "true" };
    await expect(create("orders", 1, configs)).rejects.toMatchObject(
      problemOf("invalid-config", {
        kafkaError: "INVALID_CONFIG",
        errors: [
          { in: "body", field: "configs.retention.ms" },
          { in: "body", field: "configs.no.such" },
          { in: "body", field: "configs.remote.storage.enable" },
        ],
      }),
    );
  });

  test("says which field is to blame, and what to do", async () => {
    await create("orders");
    await expect(create("orders")).rejects.toMatchObject(
      problemOf("conflict", {
        status: 409,
        detail: "topic orders exists already",
        remedy: "Use the topic that is there, or choose another name.",
        errors: [{ field: "name" }],
      }),
    );
    await create("a.b");
    await expect(create("a_b")).rejects.toMatchObject({ problem: { errors: [{ field: "name" }] } });
    const wide = rig.client.createTopic({ body: { name: "wide", replicationFactor: 3 } });
    await expect(wide).rejects.toMatchObject({
      problem: { status: 400, errors: [{ field: "replicationFactor" }] },
    });
    await expect(create("__consumer_offsets")).rejects.toMatchObject({ status: 400 });
  });

  test("H6: the same request twice is answered once, by its idempotency key", async () => {
    const body = { name: "orders" };
    const options = { idempotencyKey: "key-1" };
    const first = await rig.client.createTopic({ body }, options);
    expect(await rig.client.createTopic({ body }, options)).toEqual(first);
    await expect(rig.client.createTopic({ body })).rejects.toMatchObject({ status: 409 });
    const other = rig.client.createTopic({ body: { name: "other" } }, options);
    await expect(other).rejects.toMatchObject(problemOf("idempotency-key-reused"));
    expect((await rig.client.listTopics()).total).toBe(1);
  });
});

describe("listTopics", () => {
  test("pages, filters and sorts, and leaves internal topics out unless asked", async () => {
    for (const name of ["orders.eu", "orders.us", "payments", "orders.asia"]) await create(name);
    await produce("orders.us", "a", "b");
    await rig.client.resetOffsets({
      params: { group: "g" },
      body: { scope: [{ topic: "orders.us" }], to: { kind: "beginning" } },
    });
    const first = await rig.client.listTopics({ query: { filter: "orders", limit: 2 } });
    expect(first).toMatchObject({
      items: [{ name: "orders.asia" }, { name: "orders.eu" }],
      total: 3,
    });
    const cursor = first.nextCursor ?? "";
    const second = await rig.client.listTopics({ query: { filter: "orders", limit: 2, cursor } });
    expect(second).toMatchObject({ items: [{ name: "orders.us" }], nextCursor: null });
    const all = await rig.client.listTopics({ query: { internal: true } });
    expect(all.items.map(({ name }) => name)).toContain("__consumer_offsets");
    for (const sort of ["eventCount", "sizeBytes", "lastEventAt", "maxLag"] as const) {
      const { items } = await rig.client.listTopics({ query: { sort, order: "desc", limit: 1 } });
      expect(items).toMatchObject([{ name: "orders.us", eventCount: 2 }]);
    }
    const { items } = await rig.client.listTopics({ query: { filter: "*.us" } });
    expect(items).toMatchObject([
      { lastEventAt: rig.world.clock.nowMs(), groups: { count: 1, maxLag: 2 } },
    ]);
  });

  test("gives only the topics that are named, as far as they are there", async () => {
    for (const name of ["a", "b", "c"]) await create(name);
    const query = { names: ["c", "a", "gone"] };
    const { items, total } = await rig.client.listTopics({ query });
    expect(items.map(({ name }) => name)).toEqual(["a", "c"]);
    expect(total).toBe(2);
  });

  test("gives only troubled topics where these are asked for", async () => {
    await create("orders");
    expect((await rig.client.listTopics({ query: { troubled: true } })).items).toEqual([]);
    expect((await rig.client.listTopics({ query: { troubled: false } })).total).toBe(1);
  });
});

describe("growTopic", () => {
  test("adds partitions, with a dry run before and a warning about keys", async () => {
    await create("orders", 2);
    const params = { topic: "orders" };
    const body = { partitionCount: 5 };
    const dry = await rig.client.growTopic({ params, body, query: { dryRun: true } });
    expect(dry).toMatchObject({ before: { partitionCount: 2 }, after: { partitionCount: 5 } });
    expect((await rig.client.getTopic({ params })).partitionCount).toBe(2);
    const done = await rig.client.growTopic({ params, body });
    expect(done).toEqual({ ...dry, isDryRun: false });
    expect(done.warning).toContain("key");
    const less = rig.client.growTopic({ params, body: { partitionCount: 1 } });
    await expect(less).rejects.toMatchObject({
      problem: { kafkaError: "INVALID_PARTITIONS", errors: [{ field: "partitionCount" }] },
    });
  });

  test("H6: is refused with 412 once the topic is another one", async () => {
    await create("orders");
    const params = { topic: "orders" };
    const { etag } = await rig.client.getTopic({ params });
    await rig.client.growTopic({ params, body: { partitionCount: 2 } }, { ifMatch: etag });
    const late = rig.client.growTopic({ params, body: { partitionCount: 3 } }, { ifMatch: etag });
    await expect(late).rejects.toMatchObject(problemOf("precondition-failed", { status: 412 }));
  });
});

describe("deleteTopic", () => {
  test("says what goes with it, and then lets it go", async () => {
    await create("orders", 2);
    await produce("orders", "a", "b");
    await rig.client.resetOffsets({
      params: { group: "g" },
      body: { scope: [{ topic: "orders" }], to: { kind: "end" } },
    });
    const params = { topic: "orders" };
    const dry = await rig.client.deleteTopic({ params, query: { dryRun: true } });
    expect(dry.before).toMatchObject({ partitionCount: 2, eventCount: 2, groups: ["g"] });
    expect(dry.before.sizeBytes).toBeGreaterThan(0);
    expect(await rig.client.deleteTopic({ params })).toEqual({ ...dry, isDryRun: false });
    await expect(rig.client.getTopic({ params })).rejects.toMatchObject(
      problemOf("not-found", { detail: "topic orders: there is no such topic" }),
    );
    await expect(rig.client.deleteTopic({ params })).rejects.toMatchObject({ status: 404 });
  });

  test("leaves internal topics alone, and all of them where deletion is switched off", async () => {
    await create("orders");
    await rig.client.resetOffsets({
      params: { group: "g" },
      body: { scope: [{ topic: "orders" }], to: { kind: "end" } },
    });
    const internal = rig.client.deleteTopic({ params: { topic: "__consumer_offsets" } });
    await expect(internal).rejects.toMatchObject({ status: 403 });
    rig = await AdminRig.open([["delete.topic.enable", "false"]]);
    await create("orders");
    const refused = rig.client.deleteTopic({ params: { topic: "orders" } });
    await expect(refused).rejects.toMatchObject(problemOf("forbidden"));
  });
});

describe("listPartitions", () => {
  test("shows ends, sizes and times", async () => {
    await create("orders", 12);
    await produce("orders", "a", "b");
    const { items, total } = await rig.client.listPartitions({ params: { topic: "orders" } });
    expect([items.length, total]).toEqual([12, 12]);
    expect(items.map(({ partition }) => partition)).toEqual([...Array(12).keys()]);
    const now = rig.world.clock.nowMs();
    expect(items[0]).toMatchObject({
      leader: 1,
      replicas: [1],
      isr: [1],
      logStart: 0,
      highWatermark: 2,
      eventCount: 2,
      oldestEventAt: now,
      newestEventAt: now,
      segmentCount: 1,
    });
    expect(items[1]).toMatchObject({ eventCount: 0, oldestEventAt: null, newestEventAt: null });
    const largest = await rig.client.listPartitions({
      params: { topic: "orders" },
      query: { sort: "sizeBytes", order: "desc", limit: 1 },
    });
    expect(largest.items).toMatchObject([{ partition: 0 }]);
    expect(items[0]?.compaction).toBeNull();
  });

  test("shows how far a compacted topic is, of which no events are deleted by hand", async () => {
    await create("states", 1, { "cleanup.policy": "compact" });
    const params = { topic: "states" };
    const { items } = await rig.client.listPartitions({ params });
    expect(items[0]?.compaction).toEqual({
      cleanBytes: 0,
      dirtyBytes: 0,
      dirtyRatio: 0,
      progress: null,
      lastPass: null,
      failure: null,
    });
    const records = [{ value: { encoding: "utf8", data: "v" } } as const];
    await expect(rig.client.produce({ params, body: { records } })).rejects.toMatchObject(
      problemOf("invalid-request", { kafkaError: "INVALID_RECORD" }),
    );
    const deletion = rig.client.deleteRecords({ params, body: { to: { kind: "end" } } });
    await expect(deletion).rejects.toMatchObject(
      problemOf("invalid-request", { kafkaError: "POLICY_VIOLATION" }),
    );
  });
});

describe("settings of topics", () => {
  test("change with a before and an after, and go back to what is inherited", async () => {
    await create("orders", 1, { "retention.ms": "5" });
    const params = { topic: "orders" };
    const body = { configs: { "retention.ms": null, "segment.ms": "7" } };
    const dry = await rig.client.changeTopicConfigs({ params, body, query: { dryRun: true } });
    expect(dry.changes).toEqual([
      {
        name: "retention.ms",
        before: { value: "5", origin: "topic" },
        after: { value: "604800000", origin: "default" },
      },
      {
        name: "segment.ms",
        before: { value: "604800000", origin: "default" },
        after: { value: "7", origin: "topic" },
      },
    ]);
    const { etag } = await rig.client.getTopicConfigs({ params });
    expect(dry.etag).toBe(etag);
    const done = await rig.client.changeTopicConfigs({ params, body });
    expect(done.changes).toEqual(dry.changes);
    expect(done.etag).not.toBe(etag);
  });

  test("H6: of two changes of the same version one is refused", async () => {
    await create("orders");
    const params = { topic: "orders" };
    const { etag } = await rig.client.getTopicConfigs({ params });
    const change = (value: string) =>
      rig.client.changeTopicConfigs(
        { params, body: { configs: { "retention.ms": value } } },
        { ifMatch: etag },
      );
    const outcomes = await Promise.allSettled([change("1"), change("2")]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  test("what a new topic would be given", async () => {
    const { partitionCount, replicationFactor, configs } = await rig.client.getTopicDefaults();
    expect([partitionCount, replicationFactor]).toEqual([1, 1]);
    const tiers = configs.find(({ name }) => name === "remote.storage.enable");
    expect(tiers).toMatchObject({ value: "false", notServed: "tiered storage is not built yet" });
  });
});
