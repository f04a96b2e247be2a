import type { EventStreamMessage } from "@runnel/contracts/events.ts";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { AdminRig, problemOf, text } from "./rig.ts";

let rig: AdminRig;
beforeEach(async () => {
  rig = await AdminRig.open();
  await rig.client.createTopic({ body: { name: "orders", partitionCount: 3 } });
  await produce(0, ["a", "b"]);
  await produce(1, ["c"]);
});

async function produce(partition: number, keys: readonly string[]): Promise<void> {
  const records = keys.map((key, n) => ({
    partition,
    key: text(key),
    value: text(JSON.stringify({ total: n, key })),
    timestamp: rig.world.clock.nowMs() - 1_000 + n,
  }));
  await rig.client.produce({ params: { topic: "orders" }, body: { records } });
}

type Query = NonNullable<Parameters<AdminRig["client"]["readEvents"]>[0]["query"]>;

async function all(stream: AsyncIterable<EventStreamMessage>): Promise<EventStreamMessage[]> {
  const collect = async (): Promise<EventStreamMessage[]> => {
    const messages: EventStreamMessage[] = [];
    for await (const one of stream) messages.push(one);
    return messages;
  };
  return await rig.run(collect());
}

const params = { topic: "orders" };
const read = (query: Query = {}): Promise<EventStreamMessage[]> =>
  all(rig.client.readEvents({ params, query }));

const keysOf = (messages: readonly EventStreamMessage[]): string[] =>
  messages.flatMap((one) => (one.event === "event" ? [one.data.key.text] : []));

const doneOf = (messages: readonly EventStreamMessage[]) =>
  messages.flatMap((one) => (one.event === "done" ? [one.data] : []))[0];

describe("GET /v1/topics/{topic}/events", () => {
  test("streams phases, events and how it ended", async () => {
    const messages = await read();
    expect(messages.map(({ event }) => event)).toEqual([
      "phase",
      "phase",
      "event",
      "event",
      "event",
      "done",
    ]);
    expect(messages[2]).toMatchObject({
      data: { partition: 0, offset: 1, value: { decoder: "json", text: '{"total":1,"key":"b"}' } },
    });
    expect(doneOf(messages)).toMatchObject({
      reason: "end",
      matches: 3,
      cursor: null,
      coverage: { partitions: [0, 1, 2], partitionCount: 3, chosenBy: "all" },
    });
  });

  test("filters by text, by key, by partition and by place", async () => {
    expect(keysOf(await read({ filter: "value.total > 0" }))).toEqual(["b"]);
    expect(keysOf(await read({ key: "a", partitions: "all" }))).toEqual(["a"]);
    expect(keysOf(await read({ key: "b:YQ", partitions: "0" }))).toEqual(["a"]);
    expect(keysOf(await read({ key: "a", filter: "value.total > 0", partitions: "all" }))).toEqual(
      [],
    );
    expect(keysOf(await read({ partitions: "1-2" }))).toEqual(["c"]);
    expect(keysOf(await read({ order: "oldest", from: "offset:1" }))).toEqual(["b"]);
    expect(keysOf(await read({ to: "offset:1", partitions: "0" }))).toEqual(["a"]);
    expect(doneOf(await read({ key: "a" }))?.coverage).toMatchObject({ chosenBy: "key" });
  });

  test("H5: HEAD begins no search", async () => {
    vi.spyOn(rig.services, "browse").mockRejectedValue(new Error("a search begins"));
    for (const path of ["events", "events?live=true", "keys?key=a", "latest"]) {
      const reply = await rig.ask(`/v1/topics/orders/${path}`, { method: "HEAD" });
      expect(reply.status).toBe(200);
      expect(reply.headers.get("content-type")).toContain("text/event-stream");
      expect(reply.body).toEqual([]);
    }
    expect((await rig.ask("/v1/topics/none/events", { method: "HEAD" })).status).toBe(404);
    expect((await rig.ask("/v1/topics/orders/keys", { method: "HEAD" })).status).toBe(400);
  });

  test("goes on by cursor", async () => {
    const first = await read({ limit: 2, order: "oldest" });
    const cursor = doneOf(first)?.cursor ?? "";
    expect(doneOf(first)?.reason).toBe("results");
    const second = await read({ limit: 2, order: "oldest", cursor });
    expect([...keysOf(first), ...keysOf(second)].sort()).toEqual(["a", "b", "c"]);
  });

  test("begins where a group stands", async () => {
    await rig.run(rig.node.services.groups.start());
    await rig.run(
      rig.node.services.groups.commitOffsets({
        apiVersion: 9,
        groupId: "billing",
        memberId: "",
        groupInstanceId: null,
        generationId: -1,
        retentionTimeMs: -1,
        offsets: [
          {
            topic: "orders",
            topicId: rig.node.image.topicsByName.get("orders")?.id ?? "",
            partition: 0,
            offset: 1,
            leaderEpoch: 0,
            metadata: "",
          },
        ],
      }),
    );
    const query = { from: "group:billing", order: "oldest", partitions: "0" } as const;
    expect(keysOf(await read(query))).toEqual(["b"]);
    await expect(read({ from: "group:nobody" })).rejects.toMatchObject(problemOf("not-found"));
  });

  test.each([
    ["from", "yesterday"],
    ["to", "offset:-1"],
    ["partitions", "a"],
    ["partitions", "7"],
    ["key", "b:?"],
    ["filter", "value.total >"],
    ["filter", "cel:`1 +`"],
    ["cursor", "AAAA"],
    ["limit", "1000000000"],
    ["maxBytes", "1e18"],
    ["unknown", "x"],
  ])("H5: refuses %s=%s as a field error", async (field, value) => {
    const { status, body } = await rig.ask(
      `/v1/topics/orders/events?${field}=${encodeURIComponent(value)}`,
    );
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ in: "query", field }] });
  });

  test("a topic that is not there is a 404", async () => {
    const { status } = await rig.ask("/v1/topics/nothing/events");
    expect(status).toBe(404);
  });

  test("live: follows what comes, until its reader leaves", async () => {
    const stream = rig.client.readEvents({ params, query: { live: true } });
    expect((await rig.run(stream.next())).value).toMatchObject({ event: "phase" });
    expect((await rig.run(stream.next())).value).toMatchObject({ event: "progress" });
    const next = stream.next();
    await produce(2, ["d"]);
    await rig.world.time.advanceAsync(100);
    expect((await rig.run(next)).value).toMatchObject({
      event: "event",
      data: { partition: 2, key: { text: "d" } },
    });
    await rig.run(stream.return());
    await rig.world.time.advanceAsync(1_000);
    const partitions = [...rig.node.services.replicas.partitions()];
    expect(partitions.every(({ waiting }) => waiting === 0)).toBe(true);
  });

  test("live takes no range and no limits", async () => {
    const { status, body } = await rig.ask(
      "/v1/topics/orders/events?live=true&limit=5&from=latest",
    );
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ field: "from" }, { field: "limit" }] });
  });
});

describe("GET /v1/topics/{topic}/histogram", () => {
  test("counts by time, in all and by partition", async () => {
    const all = await rig.client.getHistogram({ params });
    expect(all).toMatchObject({ total: 3, isExact: true, partitions: null });
    expect(all.coverage).toMatchObject({ partitions: [0, 1, 2], chosenBy: "all" });
    const query = { buckets: 2, byPartition: true, partitions: "0-1" };
    const some = await rig.client.getHistogram({ params, query });
    expect(some.buckets.map(({ count }) => count)).toEqual([2, 1]);
    expect(some.partitions).toEqual([
      { partition: 0, counts: [1, 1] },
      { partition: 1, counts: [1, 0] },
    ]);
    const from = `time:${all.fromMs + 1}`;
    expect(await rig.client.getHistogram({ params, query: { from } })).toMatchObject({ total: 1 });
  });

  test.each([
    ["from", "offset:1"],
    ["to", "earliest"],
    ["buckets", "121"],
    ["partitions", "x"],
  ])("refuses %s=%s", async (field, value) => {
    const { status, body } = await rig.ask(`/v1/topics/orders/histogram?${field}=${value}`);
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ in: "query", field }] });
  });
});

describe("GET /v1/topics/{topic}/keys", () => {
  test("all events of a key, and what the index had to say", async () => {
    await produce(0, ["a"]);
    const query = { key: "a", partitions: "all" };
    const messages = await all(rig.client.readKey({ params, query }));
    expect(keysOf(messages)).toEqual(["a", "a"]);
    expect(doneOf(messages)).toMatchObject({
      reason: "end",
      keyIndex: { indexedBytes: 0 },
      passedBytes: 0,
    });
    const oldest = await all(
      rig.client.readKey({ params, query: { ...query, order: "oldest", limit: 1 } }),
    );
    expect(doneOf(oldest)?.reason).toBe("results");
  });

  test("there must be a key", async () => {
    const { status, body } = await rig.ask("/v1/topics/orders/keys");
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ in: "query", field: "key" }] });
  });
});

describe("GET /v1/topics/{topic}/latest", () => {
  test("the latest event of every key, now and at a time", async () => {
    const before = rig.world.clock.nowMs();
    await rig.world.time.advanceAsync(5_000);
    await produce(0, ["a", "a"]);
    const records = [{ partition: 1, key: text("c"), value: null }];
    await rig.client.produce({ params, body: { records } });
    const latest = await all(rig.client.readLatest({ params }));
    expect(keysOf(latest).toSorted()).toEqual(["a", "b"]);
    expect(doneOf(latest)).toMatchObject({ reason: "end", cursor: null });
    const deleted = await all(rig.client.readLatest({ params, query: { tombstones: true } }));
    expect(keysOf(deleted).toSorted()).toEqual(["a", "b", "c"]);
    const then = await all(rig.client.readLatest({ params, query: { at: `time:${before}` } }));
    expect(keysOf(then).toSorted()).toEqual(["a", "b", "c"]);
    const some = await all(rig.client.readLatest({ params, query: { filter: "value.total=1" } }));
    expect(keysOf(some).toSorted()).toEqual(["a", "b"]);
  });

  test.each([
    ["at", "offset:1"],
    ["control", "true"],
    ["filter", "("],
  ])("refuses %s=%s", async (field, value) => {
    const { status, body } = await rig.ask(`/v1/topics/orders/latest?${field}=${value}`);
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ in: "query", field }] });
  });
});
