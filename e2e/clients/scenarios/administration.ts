import { ErrorCode } from "@runnel/protocol/errors.ts";
import { describe, expect } from "vitest";
import { waitFor } from "../../harness/wait.ts";
import { type Bench, READ_WITHIN_MS, readAll } from "../bench.ts";
import type { CallName } from "../calls.ts";
import { numbered } from "../dataset.ts";

export function administration(bench: Bench): void {
  describe("administration", () => {
    bench.test("topics are created, listed, grown and deleted", ["createTopic"], () =>
      manageTopic(bench),
    );
    bench.test("topic configs are described and changed", ["describeConfig"], () =>
      changeConfig(bench),
    );
    bench.test("a config value that makes no sense is INVALID_CONFIG", ["alterConfig"], () =>
      refuseConfig(bench),
    );
    bench.test("offsets are listed by end and by time", ["listOffset"], () => listOffsets(bench));
    bench.test("deleted records are gone and the rest stays", ["deleteRecords"], () =>
      deleteRecords(bench),
    );
    bench.test("a group is listed, described, moved and deleted", ["listGroups"], () =>
      manageGroup(bench),
    );
  });
}

async function manageTopic({ client, name }: Bench): Promise<void> {
  const topic = name("managed");
  await client.createTopic({ topic, partitions: 2, configs: { "retention.ms": "3600000" } });
  const isListed = async (): Promise<boolean> => (await client.listTopics({})).includes(topic);
  await waitFor("the topic is listed", isListed);
  expect(await client.countPartitions({ topic })).toBe(2);
  await client.createPartitions({ topic, count: 5 });
  await waitFor("there are 5 partitions", async () => {
    return (await client.countPartitions({ topic })) === 5;
  });
  const again = client.createTopic({ topic, partitions: 2, configs: {} });
  await expect(again).rejects.toMatchObject({ code: ErrorCode.TOPIC_ALREADY_EXISTS });
  await client.deleteTopic({ topic });
  await waitFor("the topic is gone", async () => !(await isListed()));
}

async function changeConfig(bench: Bench): Promise<void> {
  const { client } = bench;
  const topic = await bench.topic(1);
  const read = (): Promise<string | null> => client.describeConfig({ topic, name: "retention.ms" });
  expect(await read()).toBe("604800000");
  await client.alterConfig({ topic, name: "retention.ms", value: "86400000" });
  await waitFor("the new value is described", async () => (await read()) === "86400000");
}

async function refuseConfig(bench: Bench): Promise<void> {
  const topic = await bench.topic(1);
  const refused = bench.client.alterConfig({ topic, name: "retention.ms", value: "soon" });
  await expect(refused).rejects.toMatchObject({ code: ErrorCode.INVALID_CONFIG });
}

async function listOffsets(bench: Bench): Promise<void> {
  const { client, support } = bench;
  const topic = await bench.topic(1);
  const records = numbered("listed", 10, [0]);
  await support.produce({ topic, records, codec: "none", acks: -1 });
  const at = (when: "earliest" | "latest" | number): Promise<number> =>
    client.listOffset({ topic, partition: 0, at: when });
  expect(await at("earliest")).toBe(0);
  expect(await at("latest")).toBe(10);
  expect(await at(records[4]!.timestamp!)).toBe(4);
  expect(await at(records[9]!.timestamp! + 1)).toBe(-1);
}

async function deleteRecords(bench: Bench): Promise<void> {
  const { client, support } = bench;
  const topic = await bench.topic(1);
  const records = numbered("deleted", 10, [0]);
  await support.produce({ topic, records, codec: "none", acks: -1 });
  await client.deleteRecords({ topic, partition: 0, before: 4 });
  expect(await support.listOffset({ topic, partition: 0, at: "earliest" })).toBe(4);
  const got = await readAll(client, bench.name("c"), topic, [0], 6);
  expect(got.map(({ offset }) => offset)).toEqual([4, 5, 6, 7, 8, 9]);
}

/** Goes as far as the client's calls reach; the support client is the member of the group. */
async function manageGroup(bench: Bench): Promise<void> {
  const { client, support, kind } = bench;
  const topic = await bench.topic(2);
  const group = bench.name("group");
  const consumer = bench.name("c");
  await support.produce({ topic, records: numbered("g", 10, [0, 1]), codec: "none", acks: -1 });
  await support.join({ consumer, group, topics: [topic], protocol: "classic", assignor: "range" });
  await support.read({ consumer, count: 10, withinMs: READ_WITHIN_MS });
  await support.commit({ consumer });
  const has = (call: CallName): boolean => kind.lacks[call] === undefined;

  expect(await client.listGroups({})).toContain(group);
  expect(await client.describeGroup({ group })).toEqual({ state: "Stable", memberCount: 1 });
  if (has("deleteGroup")) {
    const refused = client.deleteGroup({ group });
    await expect(refused).rejects.toMatchObject({ code: ErrorCode.NON_EMPTY_GROUP });
  }
  await support.close({ consumer });
  await waitFor("the group is empty", async () => {
    return (await client.describeGroup({ group })).state === "Empty";
  });
  expect(await client.committedOffsets({ group, topic })).toEqual({ 0: 5, 1: 5 });
  if (has("alterOffsets")) {
    await client.alterOffsets({ group, topic, offsets: { 0: 2 } });
    expect(await support.committedOffsets({ group, topic })).toEqual({ 0: 2, 1: 5 });
  }
  if (has("deleteOffsets")) {
    await client.deleteOffsets({ group, topic, partitions: [1] });
    expect(Object.keys(await support.committedOffsets({ group, topic }))).toEqual(["0"]);
  }
  if (has("deleteGroup")) {
    await client.deleteGroup({ group });
    expect(await client.listGroups({})).not.toContain(group);
  }
}
