import { errorName } from "@runnel/protocol/errors.ts";
import { describe, expect, it } from "vitest";
import type { ConfigChange } from "#config/change.ts";
import { TopicConfigs } from "#metadata/topic-configs.ts";
import { type ConfigRequest, ResourceType } from "./change-configs.ts";
import { newTopic, testCluster } from "./testing.ts";

const APPLY = { isValidateOnly: false };
const set = (name: string, value: string): ConfigChange => ({ name, operation: "set", value });
const topic = (name: string, ...changes: ConfigChange[]): ConfigRequest => ({
  type: ResourceType.TOPIC,
  name,
  changes,
  isReplacing: false,
});
const broker = (name: string, ...changes: ConfigChange[]): ConfigRequest => ({
  ...topic(name, ...changes),
  type: ResourceType.BROKER,
});

async function cluster() {
  const test = await testCluster();
  await test.controller.createTopics([newTopic("a"), newTopic("b")], APPLY);
  const alter = async (...requests: ConfigRequest[]) => {
    const results = await test.controller.alterConfigs(requests, APPLY);
    return results.map(({ errorCode }) => errorName(errorCode));
  };
  return { ...test, alter };
}

describe("Controller.alterConfigs()", () => {
  it("changes a topic's settings one by one, or all at once", async () => {
    const test = await cluster();
    await test.alter(topic("a", set("retention.ms", "5"), set("flush.ms", "7")));
    await test.alter(topic("a", { name: "flush.ms", operation: "delete", value: null }));
    expect(test.topic("a").configs).toEqual(new Map([["retention.ms", "5"]]));
    await test.alter({ ...topic("a", set("segment.ms", "9")), isReplacing: true });
    expect(test.topic("a").configs).toEqual(new Map([["segment.ms", "9"]]));
    await test.alter({ ...topic("a"), isReplacing: true });
    expect(test.topic("a")).toMatchObject({ configs: new Map(), configsRevision: 0 });
    expect(test.topic("b").configs).toEqual(new Map());
  });

  it("changes brokers, one or all, and every topic's effective settings with them", async () => {
    const test = await cluster();
    const configs = new TopicConfigs(test.view, 1, new Map());
    await test.alter(broker("", set("log.retention.hours", "2")));
    expect(configs.of(test.topic("a")).retentionMs).toBe(7_200_000);
    await test.alter(broker("1", set("log.retention.hours", "3")));
    expect(configs.of(test.topic("a")).retentionMs).toBe(10_800_000);
    await test.alter(topic("a", set("retention.ms", "1")));
    expect(configs.of(test.topic("a")).retentionMs).toBe(1);
    await test.alter({ ...broker("1"), isReplacing: true });
    await test.alter(broker("", { name: "log.retention.hours", operation: "delete", value: null }));
    expect(configs.of(test.topic("b")).retentionMs).toBe(604_800_000);
    expect(test.view.image.brokerConfigs.size).toBe(0);
  });

  it("changes a group's settings, also before there is such a group, within the broker's bounds", async () => {
    const test = await cluster();
    const group = (...changes: ConfigChange[]): ConfigRequest => ({
      ...topic("g/1", ...changes),
      type: ResourceType.GROUP,
    });
    const shown = () => {
      const resource = { type: ResourceType.GROUP, name: "g/1" };
      const { entries } = test.controller.describeConfigs(resource, null);
      return entries?.map(({ value, source }) => [value, source]);
    };
    expect(shown()).toEqual([
      ["5000", 5],
      ["45000", 5],
    ]);
    const session = "consumer.session.timeout.ms";
    expect(await test.alter(group(set(session, "50000")))).toEqual(["NONE"]);
    expect(shown()?.[1]).toEqual(["50000", 8]);
    expect(test.view.image.groupConfigs.get("g/1")).toEqual(new Map([[session, "50000"]]));
    for (const [name, value] of [
      [session, "1000"],
      [session, "70000"],
      ["consumer.heartbeat.interval.ms", "1"],
      ["consumer.heartbeat.interval.ms", "x"],
      ["no.such.setting", "1"],
    ] as const) {
      expect(await test.alter(group(set(name, value)))).toEqual(["INVALID_CONFIG"]);
    }
    await test.alter(group({ name: session, operation: "delete", value: null }));
    expect(test.view.image.groupConfigs.size).toBe(0);
    const long = { ...group(set(session, "50000")), name: "g".repeat(2_000) };
    expect(await test.alter(long)).toEqual(["INVALID_REQUEST"]);
  });

  it("refuses each bad resource with a reason and does the good ones", async () => {
    const test = await cluster();
    const requests: ConfigRequest[] = [
      topic("none", set("flush.ms", "1")),
      topic("a", set("flush.ms", "1"), set("remote.storage.enable", "true")),
      topic("b", set("flush.ms", "1")),
      broker("7", set("log.retention.ms", "1")),
      broker("one", set("log.retention.ms", "1")),
      broker("1", set("node.id", "7")),
      broker("", set("no.such", "7")),
      { ...topic("x"), type: ResourceType.BROKER_LOGGER },
      { ...topic("x"), type: ResourceType.CLIENT_METRICS },
      { ...topic("x"), type: 99 },
      { ...topic(""), type: ResourceType.GROUP },
      { ...topic("g", set("consumer.session.timeout.ms", "1")), type: ResourceType.GROUP },
    ];
    const results = await test.controller.alterConfigs(requests, APPLY);
    expect(results.map(({ errorCode }) => errorName(errorCode))).toEqual([
      "UNKNOWN_TOPIC_OR_PARTITION",
      "INVALID_CONFIG",
      "NONE",
      "INVALID_REQUEST",
      "INVALID_REQUEST",
      "INVALID_CONFIG",
      "INVALID_CONFIG",
      "INVALID_REQUEST",
      "INVALID_REQUEST",
      "INVALID_REQUEST",
      "INVALID_REQUEST",
      "INVALID_CONFIG",
    ]);
    expect(
      results.every(({ errorCode, message }) => (message === null) === (errorCode === 0)),
    ).toBe(true);
    expect(test.topic("a").configs.size).toBe(0);
    expect(test.topic("b").configs.size).toBe(1);
  });

  it("refuses a resource that is named twice, in both places", async () => {
    const test = await cluster();
    const codes = await test.alter(
      topic("a", set("flush.ms", "1")),
      topic("a", set("flush.ms", "2")),
    );
    expect(codes).toEqual(["INVALID_REQUEST", "INVALID_REQUEST"]);
  });

  it("changes nothing when only asked", async () => {
    const test = await cluster();
    const { revision } = test.view.image;
    const options = { isValidateOnly: true };
    const requests = [topic("a", set("flush.ms", "1")), topic("b", set("flush.ms", "x"))];
    const results = await test.controller.alterConfigs(requests, options);
    expect(results.map(({ errorCode }) => errorName(errorCode))).toEqual([
      "NONE",
      "INVALID_CONFIG",
    ]);
    expect(test.view.image.revision).toBe(revision);
  });

  it("loses no change when many come at once", async () => {
    const test = await cluster();
    const settings = [
      "flush.ms",
      "segment.ms",
      "retention.ms",
      "retention.bytes",
      "flush.messages",
    ];
    await Promise.all(settings.map((name) => test.alter(topic("a", set(name, "5")))));
    expect([...test.topic("a").configs.keys()]).toEqual(settings.toSorted());
  });
});

describe("Controller.describeConfigs()", () => {
  it("shows a topic, this broker, the defaults of all brokers, and a group", async () => {
    const { controller, alter } = await cluster();
    await alter(broker("", set("log.retention.ms", "5")));
    const describe = (type: number, name: string) =>
      controller.describeConfigs({ type, name }, null);
    const find = (described: ReturnType<typeof describe>, wanted: string) =>
      described.entries?.find(({ name }) => name === wanted);
    expect(find(describe(2, "a"), "retention.ms")).toMatchObject({ value: "5", source: 3 });
    expect(find(describe(4, "1"), "log.retention.ms")).toMatchObject({ value: "5", source: 3 });
    expect(find(describe(4, "1"), "node.id")).toMatchObject({ value: "1", source: 5 });
    expect(describe(4, "").entries).toHaveLength(1);
    expect(describe(32, "g").entries?.map(({ name }) => name)).toContain(
      "consumer.session.timeout.ms",
    );
  });

  it.each([
    [2, "none", "UNKNOWN_TOPIC_OR_PARTITION"],
    [2, "", "UNKNOWN_TOPIC_OR_PARTITION"],
    [4, "9", "INVALID_REQUEST"],
    [4, "x", "INVALID_REQUEST"],
    [8, "1", "INVALID_REQUEST"],
    [16, "m", "INVALID_REQUEST"],
    [32, "", "INVALID_REQUEST"],
    [0, "a", "INVALID_REQUEST"],
    [-1, "a", "INVALID_REQUEST"],
  ])("refuses type %i, name %j", async (type, name, code) => {
    const { controller } = await cluster();
    const described = controller.describeConfigs({ type, name }, null);
    expect(errorName(described.errorCode)).toBe(code);
    expect(described.entries).toBeNull();
  });
});
