import { describe, expect, it } from "vitest";
import { describeBrokerConfigs, describeBrokerDefaults, describeTopicConfigs } from "./describe.ts";
import {
  type BrokerLayers,
  NO_LAYERS,
  NO_OVERRIDES,
  resolveBrokerConfig,
  resolveTopicConfig,
} from "./effective.ts";

const map = (values: Record<string, string>): ReadonlyMap<string, string> =>
  new Map(Object.entries(values));

const layers = (
  parts: Partial<Record<keyof BrokerLayers, Record<string, string>>>,
): BrokerLayers => ({
  dynamicBroker: map(parts.dynamicBroker ?? {}),
  dynamicDefault: map(parts.dynamicDefault ?? {}),
  fixed: map(parts.fixed ?? {}),
});

describe("resolveTopicConfig()", () => {
  it("takes the topic's own value before every other", () => {
    const below = layers({ dynamicBroker: { "log.retention.ms": "5000" } });
    expect(resolveTopicConfig(map({ "retention.ms": "7" }), below).retentionMs).toBe(7);
    expect(resolveTopicConfig(NO_OVERRIDES, below).retentionMs).toBe(5_000);
  });

  it("ranks dynamic of the broker, dynamic default, static, default", () => {
    const name = "message.max.bytes";
    const all = {
      dynamicBroker: { [name]: "4" },
      dynamicDefault: { [name]: "3" },
      fixed: { [name]: "2" },
    };
    const read = (parts: Parameters<typeof layers>[0]): number =>
      resolveTopicConfig(NO_OVERRIDES, layers(parts)).maxMessageBytes;
    expect(read(all)).toBe(4);
    expect(read({ ...all, dynamicBroker: {} })).toBe(3);
    expect(read({ fixed: all.fixed })).toBe(2);
    expect(read({})).toBe(1_048_588);
  });

  it("turns hours and minutes into ms, the finest unit first", () => {
    const hours = { "log.retention.hours": "2" };
    expect(resolveTopicConfig(NO_OVERRIDES, layers({ fixed: hours })).retentionMs).toBe(7_200_000);
    const both = layers({ fixed: { ...hours, "log.retention.minutes": "5" } });
    expect(resolveTopicConfig(NO_OVERRIDES, both).retentionMs).toBe(300_000);
    const none = layers({ fixed: { "log.retention.hours": "-1" } });
    expect(resolveTopicConfig(NO_OVERRIDES, none).retentionMs).toBe(-1);
  });

  it("syncs before every acknowledgement unless told otherwise", () => {
    expect(resolveTopicConfig(NO_OVERRIDES, NO_LAYERS).flushMessages).toBe(1);
  });
});

describe("resolveBrokerConfig()", () => {
  it("parses what is set and fills in the rest", () => {
    const broker = resolveBrokerConfig(
      map({ listeners: "PLAINTEXT://[::1]:0", "num.partitions": "3" }),
    );
    expect(broker.listeners).toEqual([{ name: "PLAINTEXT", host: "::1", port: 0 }]);
    expect(broker.numPartitions).toBe(3);
    expect(broker.advertisedListeners).toBeNull();
    expect(broker.defaultReplicationFactor).toBe(-1);
  });
});

describe("describeTopicConfigs()", () => {
  it("lists every setting with its source, the chain behind it and its type", () => {
    const below = layers({ fixed: { "log.retention.hours": "1" } });
    const entries = describeTopicConfigs(map({ "retention.ms": "9" }), below, null);
    expect(entries.length).toBeGreaterThanOrEqual(31);
    expect(entries.find(({ name }) => name === "retention.ms")).toMatchObject({
      value: "9",
      source: 1,
      type: 5,
      isReadOnly: false,
      synonyms: [
        { name: "retention.ms", value: "9", source: 1 },
        { name: "log.retention.hours", value: "1", source: 4 },
        { name: "log.retention.hours", value: "168", source: 5 },
      ],
    });
  });

  it("shows the value in the topic's own unit", () => {
    const below = layers({ dynamicDefault: { "log.retention.hours": "1" } });
    const [entry] = describeTopicConfigs(NO_OVERRIDES, below, ["retention.ms"]);
    expect(entry).toMatchObject({ value: "3600000", source: 3 });
  });

  it("marks what cannot be changed yet, and says so", () => {
    const [entry] = describeTopicConfigs(NO_OVERRIDES, NO_LAYERS, ["preallocate"]);
    expect(entry).toMatchObject({ isReadOnly: true, value: "false", source: 5, type: 1 });
    expect(entry?.doc).toContain("Not changeable yet");
  });

  it("leaves out unknown names and names given twice", () => {
    const wanted = ["__proto__", "flush.ms", "constructor", "flush.ms"];
    expect(describeTopicConfigs(NO_OVERRIDES, NO_LAYERS, wanted)).toHaveLength(1);
    expect(describeTopicConfigs(NO_OVERRIDES, NO_LAYERS, ["__proto__"])).toEqual([]);
  });
});

describe("describeBrokerConfigs()", () => {
  it("marks static settings as read only, dynamic ones as not", () => {
    const entries = describeBrokerConfigs(layers({ fixed: { "node.id": "4" } }), null);
    const find = (wanted: string) => entries.find(({ name }) => name === wanted);
    expect(find("node.id")).toMatchObject({ value: "4", source: 4, isReadOnly: true });
    expect(find("log.segment.bytes")).toMatchObject({ source: 5, isReadOnly: false });
    expect(find("broker.rack")).toMatchObject({ value: null, synonyms: [] });
  });
});

describe("describeBrokerDefaults()", () => {
  it("lists what was set and nothing else", () => {
    const entries = describeBrokerDefaults(map({ "log.retention.ms": "1" }), null);
    expect(entries).toMatchObject([{ name: "log.retention.ms", value: "1", source: 3 }]);
  });
});
