import { describe, expect, it } from "vitest";
import { UsageError } from "../cli/failure.ts";
import type { ClusterView, Partition } from "../kafka/cluster.ts";
import type { Member } from "../kafka/groups.ts";
import { backOffMs } from "../supervisor.ts";
import { addressesOf } from "./addresses.ts";
import { settingsOf } from "./broker.ts";
import { brokersOf } from "./cluster-read.ts";
import { partitionsOfGroup } from "./group-read.ts";
import { parseTopicChoice } from "./group-write.ts";

describe("settingsOf()", () => {
  it("turns flags into settings, the named ones last", () => {
    const flags = {
      set: ["log.retention.hours=24", "listeners=PLAINTEXT://127.0.0.1:1"],
      dataDir: "/d",
      kafka: "[::1]:9092",
      admin: "off",
      brokers: "1",
      metadata: "embedded",
    };
    expect(Object.fromEntries(settingsOf(flags))).toEqual({
      "log.retention.hours": "24",
      listeners: "PLAINTEXT://[::1]:9092",
      "log.dirs": "/d",
      "runnel.admin.listener": "off",
      "runnel.metadata": "embedded",
    });
  });

  it.each([
    [{ brokers: "3" }, /replication, which is not built yet/],
    [{ brokers: "0" }, /1 or more/],
    [{ metadata: "etcd://127.0.0.1:2379" }, /not built yet/],
    [{ kafka: "9092" }, /--kafka: .* HOST:PORT/],
    [{ admin: "no" }, /--admin: .* HOST:PORT/],
    [{ set: ["x"] }, /NAME=VALUE/],
  ])("refuses %j", (flags, message) => {
    expect(() => settingsOf(flags)).toThrow(UsageError);
    expect(() => settingsOf(flags)).toThrow(message);
  });
});

describe("addressesOf()", () => {
  it("reads the line with which a broker says that it is ready", () => {
    const line = "runnel broker ready: kafka 127.0.0.1:9092  admin [::1]:9644";
    expect(addressesOf(line)).toEqual({ kafka: "127.0.0.1:9092", admin: "[::1]:9644" });
    expect(addressesOf("ready: kafka 127.0.0.1:9092")).toEqual({
      kafka: "127.0.0.1:9092",
      admin: null,
    });
    expect(addressesOf("starting on kafka")).toBeNull();
  });
});

describe("backOffMs()", () => {
  it("grows and ends", () => {
    const delays = Array.from({ length: 9 }, (_, index) => backOffMs(index + 1));
    expect(delays.at(-1)).toBeNull();
    const given = delays.slice(0, -1) as number[];
    expect(given).toEqual(given.toSorted((a, b) => a - b));
  });
});

const MEMBER: Member = {
  id: "m-1",
  instanceId: null,
  clientId: "c",
  host: "/127.0.0.1",
  assignments: [{ topic: "b", partitions: [1, 0] }],
  targets: null,
  epoch: null,
  subscription: null,
};

describe("partitionsOfGroup()", () => {
  it("joins what was committed with what is owned, and counts the lag", () => {
    const committed = new Map([
      ["b", new Map([[0, 5n]])],
      [
        "a",
        new Map([
          [3, 9n],
          [4, 1n],
        ]),
      ],
    ]);
    const ends = new Map([
      [
        "b",
        new Map([
          [0, 12n],
          [1, 3n],
        ]),
      ],
      ["a", new Map([[3, 7n]])],
    ]);
    const rows = partitionsOfGroup({ members: [MEMBER] }, committed, ends);
    const short = rows.map(({ topic, partition, lag, member }) => [
      topic,
      partition,
      lag,
      member?.id,
    ]);
    expect(short).toEqual([
      // Committed beyond the end: the topic was made anew.
      ["a", 3, 0n, undefined],
      // No end known: the partition has no leader.
      ["a", 4, null, undefined],
      ["b", 0, 7n, "m-1"],
      ["b", 1, null, "m-1"],
    ]);
  });
});

describe("parseTopicChoice()", () => {
  it("reads a topic with or without partitions", () => {
    expect(parseTopicChoice("orders")).toEqual({ topic: "orders", partitions: null });
    expect(parseTopicChoice("orders:0,2-3")).toEqual({ topic: "orders", partitions: [0, 2, 3] });
    for (const text of ["", ":1", "a:", "a:b", "a:1:2"]) {
      expect(() => parseTopicChoice(text)).toThrow(UsageError);
    }
  });
});

describe("brokersOf()", () => {
  it("counts what each broker leads, holds and is behind with", () => {
    const partition = (leader: number, replicas: number[], isr: number[]): Partition => {
      return { partition: 0, errorCode: 0, leader, leaderEpoch: 0, replicas, isr, offline: [] };
    };
    const topic = { name: "t", id: "", errorCode: 0, isInternal: false };
    const view: ClusterView = {
      clusterId: "c",
      controllerId: 2,
      brokers: new Map([
        [2, { nodeId: 2, host: "b", port: 2, rack: "r" }],
        [1, { nodeId: 1, host: "a", port: 1, rack: null }],
      ]),
      topics: [{ ...topic, partitions: [partition(1, [1, 2], [1]), partition(-1, [2], [2])] }],
    };
    const counts = brokersOf(view).map((each) => [
      each.id,
      each.controller,
      each.leaders,
      each.replicas,
      each.outOfSync,
    ]);
    expect(counts).toEqual([
      [1, false, 1, 1, 0],
      [2, true, 0, 2, 1],
    ]);
  });
});
