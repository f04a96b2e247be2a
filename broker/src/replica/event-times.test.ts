import { silentLogger } from "@runnel/kit/world.ts";
import { buildBatch, type NewBatch } from "@runnel/protocol/records/build.ts";
import { describe, expect, test } from "vitest";
import { inlineWorkers } from "#io/memory/world.ts";
import { timeOfEvent } from "#log/event-time.ts";
import { Rig, TOPIC } from "#log/testing.ts";
import { appendBatch } from "./append.ts";
import { EventTimes } from "./event-times.ts";
import { Partition } from "./partition.ts";
import { NO_GATE, PARTITION_CONFIG } from "./testing.ts";

async function partitionOf(tailCacheBytes: number, ...batches: Partial<NewBatch>[]) {
  const rig = await Rig.open({ tailCacheBytes });
  const config = PARTITION_CONFIG;
  const identity = { topicId: TOPIC, topicName: "t", index: 0, isInternal: false };
  const partition = new Partition(identity, await rig.log(config), config, 0);
  for (const batch of batches) {
    const bytes = buildBatch({ records: [], ...batch });
    const request = { acks: -1, timeoutMs: 1000, allowsZstd: true, transaction: null };
    const context = { clock: rig.time, workers: inlineWorkers, gate: NO_GATE };
    await rig.run(Promise.resolve(appendBatch(context, partition, bytes, request)));
  }
  return { rig, partition };
}

const records = (...timestamps: number[]): NewBatch["records"] =>
  timestamps.map((timestamp) => ({ key: null, value: new Uint8Array(3), timestamp }));

for (const [where, cacheBytes] of [
  ["memory", 1024 * 1024],
  ["disk", 0],
] as const) {
  describe(`timeOfEvent() from ${where}`, () => {
    test("is the event's own; the first of a batch speaks for all of a compressed one", async () => {
      const { rig, partition } = await partitionOf(
        cacheBytes,
        { records: records(10, 30, 20) },
        { records: records(50, 60), codec: "gzip" },
        { records: records(-1) },
      );
      const times: (number | null)[] = [];
      for (let offset = 0; offset < 7; offset += 1) {
        const end = partition.highWatermark;
        times.push(await rig.run(timeOfEvent(partition.log, offset, end)));
      }
      expect(times).toEqual([10, 30, 20, 50, 50, null, null]);
    });
  });
}

describe("EventTimes", () => {
  test("reads no more than it may for one caller, and remembers for all", async () => {
    const { rig, partition } = await partitionOf(
      0,
      { records: records(10) },
      { records: records(20) },
    );
    const times = new EventTimes(silentLogger);
    const first = times.reader(1);
    expect(await rig.run(first(partition, 0))).toBe(10);
    expect(await rig.run(first(partition, 1))).toBe(undefined);
    expect(await rig.run(first(partition, 0))).toBe(10);
    expect(await rig.run(times.reader(0)(partition, 0))).toBe(10);
    expect(await rig.run(times.reader()(partition, 1))).toBe(20);
    expect(await rig.run(times.reader()(partition, 2))).toBe(null);
  });

  test("asks for what is still there, once the log begins behind an offset", async () => {
    const { rig, partition } = await partitionOf(
      0,
      { records: records(10) },
      { records: records(20) },
    );
    const times = new EventTimes(silentLogger);
    expect(await rig.run(times.reader()(partition, 0))).toBe(10);
    await rig.run(rig.manager.deleteRecords(partition.log, 1));
    expect(await rig.run(times.reader()(partition, 0))).toBe(20);
  });
});
