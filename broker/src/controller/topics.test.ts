import { ZERO_UUID } from "@runnel/kit/uuid.ts";
import { ErrorCode, errorName } from "@runnel/protocol/errors.ts";
import { describe, expect, it } from "vitest";
import type { NewTopic } from "./create-topics.ts";
import { newTopic, testCluster } from "./testing.ts";

const APPLY = { isValidateOnly: false };
const ASK = { isValidateOnly: true };
const names = (results: readonly { readonly errorCode: number }[]) =>
  results.map(({ errorCode }) => errorName(errorCode));

describe("Controller.createTopics()", () => {
  it("creates with the broker's defaults, and the image shows it when it answers", async () => {
    const { controller, view } = await testCluster({ settings: { numPartitions: 3 } });
    const [result] = await controller.createTopics([newTopic("a")], APPLY);
    const topic = view.image.topicsByName.get("a");
    expect(result).toMatchObject({
      errorCode: ErrorCode.NONE,
      message: null,
      topicId: topic?.id,
      partitionCount: 3,
      replicationFactor: 1,
    });
    expect(topic?.partitions).toHaveLength(3);
    expect(topic?.partitions[2]).toMatchObject({ leader: 1, leaderEpoch: 0, isr: [1], elr: [] });
    expect(result?.configs.find(({ name }) => name === "flush.messages")?.value).toBe("1");
  });

  it("replicates three times where there are brokers for it", async () => {
    const { controller, topic } = await testCluster({ brokers: 5 });
    const [result] = await controller.createTopics([newTopic("a", { partitionCount: 10 })], APPLY);
    expect(result?.replicationFactor).toBe(3);
    const leaders = new Set(topic("a").partitions.map(({ leader }) => leader));
    expect(leaders.size).toBe(5);
  });

  it("gives every topic an id of its own, a new one to the next of the same name", async () => {
    const { controller } = await testCluster();
    const [first] = await controller.createTopics([newTopic("a")], APPLY);
    await controller.deleteTopics([{ name: "a", topicId: ZERO_UUID }]);
    const [second] = await controller.createTopics([newTopic("a")], APPLY);
    expect(second?.topicId).not.toBe(first?.topicId);
  });

  it("takes assignments and settings", async () => {
    const { controller, topic } = await testCluster({ brokers: 3 });
    const assignments = [
      { partitionIndex: 1, brokerIds: [3, 1] },
      { partitionIndex: 0, brokerIds: [2, 3] },
    ];
    const configs = [{ name: "retention.ms", value: "5" }];
    await controller.createTopics([newTopic("a", { assignments, configs })], APPLY);
    expect(topic("a").partitions.map(({ replicas }) => replicas)).toEqual([
      [2, 3],
      [3, 1],
    ]);
    expect(topic("a").configs).toEqual(new Map([["retention.ms", "5"]]));
  });

  const assigned = (...brokerIds: number[][]): Partial<NewTopic> => ({
    assignments: brokerIds.map((ids, partitionIndex) => ({ partitionIndex, brokerIds: ids })),
  });
  it.each<[string, NewTopic, string]>([
    ["an empty name", newTopic(""), "INVALID_TOPIC_EXCEPTION"],
    [".", newTopic("."), "INVALID_TOPIC_EXCEPTION"],
    ["..", newTopic(".."), "INVALID_TOPIC_EXCEPTION"],
    ["a path", newTopic("a/../b"), "INVALID_TOPIC_EXCEPTION"],
    ["an escaped path", newTopic("%2e%2e%2f"), "INVALID_TOPIC_EXCEPTION"],
    ["a NUL", newTopic("a\0b"), "INVALID_TOPIC_EXCEPTION"],
    ["a line break", newTopic("a\n"), "INVALID_TOPIC_EXCEPTION"],
    ["a look-alike", newTopic("tоpic"), "INVALID_TOPIC_EXCEPTION"],
    ["250 characters", newTopic("x".repeat(250)), "INVALID_TOPIC_EXCEPTION"],
    ["an internal name", newTopic("__consumer_offsets"), "INVALID_TOPIC_EXCEPTION"],
    ["a name that is there", newTopic("there.it.is"), "TOPIC_ALREADY_EXISTS"],
    ["a name that metrics would confuse", newTopic("there_it.is"), "INVALID_TOPIC_EXCEPTION"],
    ["no partitions", newTopic("a", { partitionCount: 0 }), "INVALID_PARTITIONS"],
    ["-2 partitions", newTopic("a", { partitionCount: -2 }), "INVALID_PARTITIONS"],
    ["1e6 partitions", newTopic("a", { partitionCount: 1_000_000 }), "INVALID_PARTITIONS"],
    ["no replicas", newTopic("a", { replicationFactor: 0 }), "INVALID_REPLICATION_FACTOR"],
    ["too many replicas", newTopic("a", { replicationFactor: 4 }), "INVALID_REPLICATION_FACTOR"],
    [
      "assignments beside a count",
      newTopic("a", { ...assigned([1]), partitionCount: 1 }),
      "INVALID_REQUEST",
    ],
    ["a replica twice", newTopic("a", assigned([1, 1])), "INVALID_REPLICA_ASSIGNMENT"],
    ["a partition without replicas", newTopic("a", assigned([])), "INVALID_REPLICA_ASSIGNMENT"],
    ["uneven replicas", newTopic("a", assigned([1], [1, 2])), "INVALID_REPLICA_ASSIGNMENT"],
    ["an unknown broker", newTopic("a", assigned([9])), "INVALID_REPLICA_ASSIGNMENT"],
    [
      "a gap in the partitions",
      newTopic("a", { assignments: [{ partitionIndex: 1, brokerIds: [1] }] }),
      "INVALID_REPLICA_ASSIGNMENT",
    ],
    [
      "a partition twice",
      newTopic("a", {
        assignments: [
          { partitionIndex: 0, brokerIds: [1] },
          { partitionIndex: 0, brokerIds: [2] },
        ],
      }),
      "INVALID_REPLICA_ASSIGNMENT",
    ],
    [
      "an unknown setting",
      newTopic("a", { configs: [{ name: "x", value: "1" }] }),
      "INVALID_CONFIG",
    ],
    [
      "an ill-typed setting",
      newTopic("a", { configs: [{ name: "retention.ms", value: "week" }] }),
      "INVALID_CONFIG",
    ],
    [
      "a setting without value",
      newTopic("a", { configs: [{ name: "retention.ms", value: null }] }),
      "INVALID_CONFIG",
    ],
    [
      "a setting without effect",
      newTopic("a", { configs: [{ name: "remote.storage.enable", value: "true" }] }),
      "INVALID_CONFIG",
    ],
  ])("refuses %s, says why, and creates nothing of it", async (_, topic, code) => {
    const { controller, view } = await testCluster({ brokers: 3 });
    await controller.createTopics([newTopic("there.it.is")], APPLY);
    for (const options of [ASK, APPLY]) {
      const [result] = await controller.createTopics([topic], options);
      expect(names([result ?? { errorCode: 0 }])).toEqual([code]);
      expect(result).toMatchObject({ topicId: ZERO_UUID, partitionCount: -1, configs: [] });
      expect(result?.message?.length).toBeGreaterThan(10);
    }
    expect([...view.image.topicsByName.keys()]).toEqual(["there.it.is"]);
  });

  it("takes names that objects would trip over", async () => {
    const { controller, topic } = await testCluster();
    const results = await controller.createTopics(
      [newTopic("__proto__"), newTopic("constructor"), newTopic("x".repeat(249))],
      APPLY,
    );
    expect(new Set(names(results))).toEqual(new Set(["NONE"]));
    expect(topic("__proto__").partitions).toHaveLength(1);
  });

  it("creates the good ones of a request, and refuses both of two with one name", async () => {
    const { controller, view } = await testCluster();
    const topics = [newTopic("a"), newTopic("b"), newTopic("b"), newTopic("c.d"), newTopic("c_d")];
    const results = await controller.createTopics(topics, APPLY);
    expect(names(results)).toEqual([
      "NONE",
      "INVALID_REQUEST",
      "INVALID_REQUEST",
      "NONE",
      "INVALID_TOPIC_EXCEPTION",
    ]);
    expect([...view.image.topicsByName.keys()]).toEqual(["a", "c.d"]);
  });

  it("checks everything and changes nothing when only asked", async () => {
    const { controller, view } = await testCluster();
    const { revision } = view.image;
    const [result] = await controller.createTopics([newTopic("a", { partitionCount: 2 })], ASK);
    expect(result).toMatchObject({ errorCode: 0, partitionCount: 2, topicId: ZERO_UUID });
    expect(view.image.revision).toBe(revision);
  });

  it("keeps to its caps: partitions per request, partitions of the cluster, replicas per topic", async () => {
    const { controller, view } = await testCluster({
      brokers: 5,
      settings: { runnelMaxPartitions: 12_000 },
    });
    const many = (name: string, partitionCount: number, replicationFactor = 1) =>
      newTopic(name, { partitionCount, replicationFactor });
    const first = await controller.createTopics([many("a", 6_000), many("b", 6_000)], APPLY);
    expect(names(first)).toEqual(["NONE", "INVALID_PARTITIONS"]);
    const second = await controller.createTopics([many("c", 5_000), many("d", 1_001)], APPLY);
    expect(names(second)).toEqual(["NONE", "INVALID_PARTITIONS"]);
    expect(view.image.partitionCount).toBe(11_000);
    const [wide] = await controller.createTopics([many("e", 10_000, 5)], APPLY);
    expect(wide?.message).toContain("replicas");
  });

  it("creates more topics than one transaction holds", async () => {
    const { controller, view } = await testCluster();
    const configs = [{ name: "retention.ms", value: "5" }];
    const topics = Array.from({ length: 500 }, (_, i) => newTopic(`t${i}`, { configs }));
    const results = await controller.createTopics(topics, APPLY);
    expect(new Set(names(results))).toEqual(new Set(["NONE"]));
    expect(results.map(({ name }) => name)).toEqual(topics.map(({ name }) => name));
    expect(view.image.topicsByName.size).toBe(500);
  });

  it("lets the broker make its own topics, with settings that are not served for others", async () => {
    const { controller, topic } = await testCluster();
    const configs = [{ name: "remote.storage.enable", value: "true" }];
    const own = newTopic("__consumer_offsets", { partitionCount: 50, configs });
    const [result] = await controller.createTopics([own], { ...APPLY, isInternal: true });
    expect(result?.errorCode).toBe(ErrorCode.NONE);
    expect(topic("__consumer_offsets")).toMatchObject({ isInternal: true });
  });

  it("creates a name once when several ask at the same time", async () => {
    const { controller } = await testCluster();
    const results = await Promise.all(
      Array.from({ length: 10 }, () => controller.createTopics([newTopic("a")], APPLY)),
    );
    expect(names(results.flat()).filter((name) => name === "NONE")).toHaveLength(1);
  });

  it("answers an empty request with nothing", async () => {
    const { controller } = await testCluster();
    expect(await controller.createTopics([], APPLY)).toEqual([]);
    expect(await controller.deleteTopics([])).toEqual([]);
    expect(await controller.createPartitions([], APPLY)).toEqual([]);
    expect(await controller.alterConfigs([], APPLY)).toEqual([]);
  });
});

describe("Controller.deleteTopics()", () => {
  it("deletes by name and by id, and leaves no key but a note for each broker that had it", async () => {
    const { controller, store, topic } = await testCluster();
    const before = (await store.range("/")).entries.map(({ key }) => key);
    const configs = [{ name: "retention.ms", value: "5" }];
    await controller.createTopics([newTopic("a", { configs }), newTopic("b")], APPLY);
    await controller.reelect([{ topicId: topic("a").id, index: 0 }]);
    const notes = [topic("a").id, topic("b").id].map((id) => `/deleted-topics/1/${id}`);
    const results = await controller.deleteTopics([
      { name: "a", topicId: ZERO_UUID },
      { name: null, topicId: topic("b").id },
    ]);
    expect(results).toMatchObject([
      { name: "a", errorCode: 0 },
      { name: "b", errorCode: 0 },
    ]);
    const after = (await store.range("/")).entries.map(({ key }) => key);
    expect(after).toEqual([...before, ...notes].sort());
  });

  it("refuses what is not there, named badly, named twice, or internal", async () => {
    const { controller, topic, view } = await testCluster();
    await controller.createTopics([newTopic("a")], APPLY);
    await controller.createTopics([newTopic("__consumer_offsets")], { ...APPLY, isInternal: true });
    const id = topic("a").id;
    const results = await controller.deleteTopics([
      { name: "none", topicId: ZERO_UUID },
      { name: null, topicId: "01234567-89ab-4def-8123-456789abcdef" },
      { name: null, topicId: ZERO_UUID },
      { name: "a", topicId: id },
      { name: "__consumer_offsets", topicId: ZERO_UUID },
      { name: "__proto__", topicId: ZERO_UUID },
    ]);
    expect(names(results)).toEqual([
      "UNKNOWN_TOPIC_OR_PARTITION",
      "UNKNOWN_TOPIC_ID",
      "INVALID_REQUEST",
      "INVALID_REQUEST",
      "TOPIC_DELETION_DISABLED",
      "UNKNOWN_TOPIC_OR_PARTITION",
    ]);
    const twice = await controller.deleteTopics([
      { name: "a", topicId: ZERO_UUID },
      { name: null, topicId: id },
    ]);
    expect(names(twice)).toEqual(["NONE", "INVALID_REQUEST"]);
    expect([...view.image.topicsByName.keys()]).toEqual(["__consumer_offsets"]);
  });

  it("deletes more topics than one transaction holds", async () => {
    const { controller, view } = await testCluster();
    const topics = Array.from({ length: 200 }, (_, i) => newTopic(`t${i}`));
    await controller.createTopics(topics, APPLY);
    await controller.deleteTopics(topics.map(({ name }) => ({ name, topicId: ZERO_UUID })));
    expect(view.image).toMatchObject({ partitionCount: 0, topicsByName: new Map() });
  });
});

describe("Controller.createPartitions()", () => {
  it("adds partitions and leaves those that are there as they are", async () => {
    const { controller, topic } = await testCluster({ brokers: 3 });
    await controller.createTopics([newTopic("a", { partitionCount: 2 })], APPLY);
    await controller.reelect([{ topicId: topic("a").id, index: 1 }]);
    const before = topic("a").partitions;
    const results = await controller.createPartitions(
      [{ name: "a", count: 5, assignments: null }],
      APPLY,
    );
    expect(results).toEqual([
      { name: "a", errorCode: 0, message: null, change: { before: 2, after: 5 } },
    ]);
    const after = topic("a").partitions;
    expect(after.slice(0, 2)).toEqual(before);
    expect(after).toHaveLength(5);
    expect(after[4]).toMatchObject({ index: 4, leaderEpoch: 0, modRevision: 0 });
    expect(after.every(({ replicas }) => replicas.length === 3)).toBe(true);
  });

  it("takes assignments for the new ones", async () => {
    const { controller, topic } = await testCluster({ brokers: 3 });
    await controller.createTopics([newTopic("a", { replicationFactor: 2 })], APPLY);
    await controller.createPartitions([{ name: "a", count: 2, assignments: [[3, 2]] }], APPLY);
    expect(topic("a").partitions[1]?.replicas).toEqual([3, 2]);
  });

  it.each<[string, number, (readonly number[])[] | null, string]>([
    ["as many as there are", 2, null, "INVALID_PARTITIONS"],
    ["fewer", 1, null, "INVALID_PARTITIONS"],
    ["a negative count", -1, null, "INVALID_PARTITIONS"],
    ["2^31-1", 2_147_483_647, null, "INVALID_PARTITIONS"],
    ["too few assignments", 4, [[1]], "INVALID_REPLICA_ASSIGNMENT"],
    ["an unknown broker", 3, [[7]], "INVALID_REPLICA_ASSIGNMENT"],
    ["another number of replicas", 3, [[1, 2]], "INVALID_REPLICA_ASSIGNMENT"],
    ["no replicas", 3, [[]], "INVALID_REPLICA_ASSIGNMENT"],
    ["no assignments", 3, [], "INVALID_REPLICA_ASSIGNMENT"],
  ])("refuses %s", async (_, count, assignments, code) => {
    const { controller, topic } = await testCluster({ brokers: 2 });
    const two = newTopic("a", { partitionCount: 2, replicationFactor: 1 });
    await controller.createTopics([two], APPLY);
    const results = await controller.createPartitions([{ name: "a", count, assignments }], APPLY);
    expect(names(results)).toEqual([code]);
    expect(topic("a").partitions).toHaveLength(2);
  });

  it("refuses unknown topics, internal ones, and a topic named twice; only checks when asked", async () => {
    const { controller, topic } = await testCluster();
    await controller.createTopics([newTopic("a")], APPLY);
    await controller.createTopics([newTopic("__consumer_offsets")], { ...APPLY, isInternal: true });
    const grow = (name: string) => ({ name, count: 2, assignments: null });
    const requests = [grow("none"), grow("__consumer_offsets"), grow("a"), grow("a")];
    expect(names(await controller.createPartitions(requests, ASK))).toEqual([
      "UNKNOWN_TOPIC_OR_PARTITION",
      "INVALID_PARTITIONS",
      "NONE",
      "INVALID_REQUEST",
    ]);
    expect(topic("a").partitions).toHaveLength(1);
  });
});
