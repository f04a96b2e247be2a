/** The admin API and real Kafka clients on the same broker: what one does the other sees. */
import { checkAnswer } from "@runnel/contracts/check.ts";
import { type Client, createClient } from "@runnel/contracts/client.ts";
import kafkajs, { type Consumer } from "kafkajs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Server, startRunnel } from "../harness/server.ts";
import { waitFor } from "../harness/wait.ts";

const text = (data: string) => ({ encoding: "utf8", data }) as const;

describe.each(["node", "deno"] as const)("on %s", (runtime) => {
  let server: Server;
  let admin: Client;
  let kafka: InstanceType<typeof kafkajs.Kafka>;

  beforeAll(async () => {
    server = await startRunnel({ runtime });
    admin = createClient({ baseUrl: `http://${server.admin}`, check: checkAnswer });
    kafka = new kafkajs.Kafka({
      clientId: "flow",
      brokers: [server.kafka],
      logLevel: kafkajs.logLevel.NOTHING,
    });
  }, 120_000);

  afterAll(() => server[Symbol.asyncDispose]());

  /** Reads `topic` in `group`, from the beginning, until it is disconnected. */
  async function consume(topic: string, group: string, seen: string[]): Promise<Consumer> {
    const consumer = kafka.consumer({ groupId: group, sessionTimeout: 10_000 });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommitThreshold: 1,
      eachMessage: ({ message }) => {
        seen.push(`${message.key?.toString() ?? null}=${message.value?.toString() ?? null}`);
        return Promise.resolve();
      },
    });
    return consumer;
  }

  test("produce over HTTP, consume over Kafka, watch the group, reset it, consume again", async () => {
    const params = { topic: `flow-${runtime}` };
    const group = { group: `readers/${runtime}` };
    await admin.createTopic({ body: { name: params.topic, partitionCount: 2 } });
    const records = ["a", "b", "c"].map((key) => ({ key: text(key), value: text(`v-${key}`) }));
    const { results } = await admin.produce({
      params,
      body: { records: [...records, { key: text("gone"), value: null }] },
    });
    expect(results.every(({ offset, error }) => offset !== null && error === null)).toBe(true);

    const seen: string[] = [];
    const consumer = await consume(params.topic, group.group, seen);
    const all = ["a=v-a", "b=v-b", "c=v-c", "gone=null"];
    await waitFor("all events are read", () => seen.length === 4);
    expect([...seen].sort()).toEqual(all);
    const behind = async () => (await admin.getGroup({ params: group })).lag.events;
    await waitFor("all is committed", async () => (await behind()) === 0);
    const live = await admin.getGroup({ params: group });
    expect(live).toMatchObject({
      state: "Stable",
      memberCount: 1,
      members: [{ clientId: "flow" }],
    });
    expect(live.members[0]?.assignments).toEqual([{ topic: params.topic, partitions: [0, 1] }]);
    const { items: readers } = await admin.listTopicGroups({ params });
    expect(readers).toMatchObject([{ groupId: group.group, memberCount: 1 }]);
    const body = { to: { kind: "beginning" } } as const;
    const busy = admin.resetOffsets({ params: group, body });
    await expect(busy).rejects.toMatchObject({ kind: "conflict" });

    await consumer.disconnect();
    await waitFor("the group is empty", async () => {
      return (await admin.getGroup({ params: group })).state === "Empty";
    });
    const dry = await admin.resetOffsets({ params: group, body, query: { dryRun: true } });
    expect(await behind()).toBe(0);
    const { etag, changes } = await admin.resetOffsets(
      { params: group, body },
      { ifMatch: dry.etag },
    );
    expect(changes).toEqual(dry.changes);
    expect(etag).not.toBe(dry.etag);
    const rowOf = async () => (await admin.listGroups({ query: { filter: group.group } })).items[0];
    // The list tells of a reckoning of all groups, which may be a moment old.
    await waitFor("the list shows it", async () => (await rowOf())?.lag.events === 4);
    expect((await rowOf())?.lag.seconds).toBeGreaterThanOrEqual(0);

    const again: string[] = [];
    const second = await consume(params.topic, group.group, again);
    await waitFor("all events are read again", () => again.length === 4);
    expect([...again].sort()).toEqual(all);
    await second.disconnect();
  });

  test("what a Kafka client changes shows, and the other way round", async () => {
    const name = `shared-${runtime}`;
    const params = { topic: name };
    const client = kafka.admin();
    await client.connect();
    await client.createTopics({ topics: [{ topic: name, numPartitions: 1 }] });
    const { etag } = await admin.getTopicConfigs({ params });
    await client.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: kafkajs.ConfigResourceTypes.TOPIC,
          name,
          configEntries: [{ name: "retention.ms", value: "60000" }],
        },
      ],
    });
    const late = admin.changeTopicConfigs(
      { params, body: { configs: { "retention.ms": "1" } } },
      { ifMatch: etag },
    );
    await expect(late).rejects.toMatchObject({ kind: "precondition-failed" });
    expect(await admin.getTopic({ params })).toMatchObject({ retentionMs: "60000" });
    await admin.growTopic({ params, body: { partitionCount: 3 } });
    const { topics } = await client.fetchTopicMetadata({ topics: [name] });
    expect(topics[0]?.partitions).toHaveLength(3);
    await admin.deleteTopic({ params });
    expect(await client.listTopics()).not.toContain(name);
    await client.disconnect();
  });

  test("tells what it runs on", async () => {
    const { items } = await admin.listBrokers();
    expect(items).toMatchObject([
      { isSelf: true, runtime: expect.stringMatching(new RegExp(`^${runtime} \\d`)) },
    ]);
    const { health, bootstrap } = await admin.getCluster();
    expect(health.status).not.toBe("critical");
    expect(bootstrap).toEqual([server.kafka]);
  });
});
