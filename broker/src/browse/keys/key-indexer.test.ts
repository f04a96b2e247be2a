import { silentLogger } from "@runnel/kit/world.ts";
import { describe, expect, test } from "vitest";
import { inlineThreads } from "#io/memory/inline-threads.ts";
import type { MemoryDisk } from "#io/memory/memory-disk.ts";
import { compact } from "#log/compaction/testing.ts";
import { MetricRegistry } from "#metrics/metric.ts";
import type { Partition } from "#replica/partition.ts";
import { INDEX_INTERVAL_MS, INDEX_RETRY_MS, INDEX_SEGMENT_BYTES_MIN } from "../limits.ts";
import { BrowseProbe } from "../probe.ts";
import { runScan, snapshot, type TestBatch } from "../testing-logs.ts";
import { openService, type ServiceRig } from "../testing-service.ts";
import { KeyIndexer, type KeyIndexerWorld } from "./key-indexer.ts";

const large = (key: string, n: number): TestBatch => ({
  events: [{ key, value: "x".repeat(20_000), timestamp: n }],
});

const many = (count: number): TestBatch[] =>
  Array.from({ length: count }, (_, n) => large(`k${n}`, n));

interface IndexRig extends ServiceRig {
  readonly indexer: KeyIndexer;
  readonly probe: BrowseProbe;
  readonly disk: MemoryDisk;
  names(partition?: number): Promise<string[]>;
  /** Lets time pass until nothing is to be indexed. */
  settle(ms?: number): Promise<void>;
}

function worldOf({ rig, partitions }: ServiceRig): Omit<KeyIndexerWorld, "probe" | "isEnabled"> {
  const { disk, time } = rig;
  return {
    threads: inlineThreads({ disk, clock: time, scheduler: time }),
    clock: time,
    scheduler: time,
    logger: silentLogger,
    partitions: () => partitions,
  };
}

async function openIndexed(
  partitionCount: number,
  isEnabled: (partition: Partition) => boolean = () => true,
): Promise<IndexRig> {
  const rig = await openService(partitionCount, {
    config: { segmentBytes: 100_000, fileDeleteDelayMs: 1 },
  });
  const { time } = rig.rig;
  const disk = rig.rig.disk as MemoryDisk;
  const probe = new BrowseProbe(new MetricRegistry());
  const indexer = new KeyIndexer({ ...worldOf(rig), probe, isEnabled });
  return {
    ...rig,
    indexer,
    probe,
    disk,
    names: async (partition = 0) => {
      const names = await disk.list(rig.partitions[partition]?.log.folder ?? "");
      return names.filter((name) => name.includes(".keyindex")).sort();
    },
    settle: async (ms = 3 * INDEX_INTERVAL_MS) => {
      for (let passed = 0; passed < ms; passed += 100) {
        await new Promise<void>((resolve) => setImmediate(resolve));
        await time.advanceAsync(100);
      }
    },
  };
}

describe("KeyIndexer", () => {
  test("counts the bytes that it indexed, and none that another life did", async () => {
    const rig = await openIndexed(1);
    await rig.append(0, many(12));
    await rig.settle();
    await rig.indexer.close();
    const log = rig.partitions[0]?.log;
    const closed = log?.segments
      .slice(0, -1)
      .reduce((sum, { writtenSize }) => sum + writtenSize, 0);
    expect(rig.probe.indexedBytes.value).toBe(closed);
    const probe = new BrowseProbe(new MetricRegistry());
    const next = new KeyIndexer({ ...worldOf(rig), probe, isEnabled: () => true });
    await rig.settle();
    await next.close();
    expect(probe.indexedBytes.value).toBe(0);
  });

  test("indexes closed segments, and the active one when it is worth it", async () => {
    const rig = await openIndexed(2);
    await rig.append(0, many(12));
    await rig.append(1, many(3));
    await rig.settle();
    const log = rig.partitions[0]?.log;
    expect((await rig.names(0)).length).toBe((log?.segments.length ?? 0) - 1);
    expect(await rig.names(1)).toEqual([]);
    const snapshots = log === undefined ? [] : [snapshot(log)];
    const found = await runScan(rig.disk, snapshots, {
      order: "oldest",
      matches: ({ key }) => key === "k3",
      keys: ["k3"],
    });
    expect(found.events).toHaveLength(1);
    expect(found.passedBytes).toBeGreaterThan(found.bytes);
    await rig.indexer.close();
  });

  test("leaves topics alone that do not want it, and the broker's own", async () => {
    const rig = await openIndexed(1, () => false);
    await rig.append(0, many(12));
    await rig.settle();
    expect(await rig.names()).toEqual([]);
    await rig.indexer.close();
  });

  test("an index goes with its segment, also in the next life", async () => {
    const rig = await openIndexed(1);
    await rig.append(0, many(30));
    await rig.settle();
    const log = rig.partitions[0]?.log;
    if (log === undefined) throw new Error("no log");
    const before = (await rig.names()).length;
    await rig.rig.run(rig.rig.manager.deleteRecords(log, log.segments[2]?.baseOffset ?? 0));
    await rig.settle(1_000);
    expect((await rig.names()).length).toBe(before - 2);
    await rig.indexer.close();
    // A crash may leave one whose segment is gone.
    const stray = `${log.folder}/00000000000000000001.keyindex`;
    await (await rig.disk.open(stray, { create: true })).close();
    const next = await rig.rig.reopen();
    await next.log({ segmentBytes: 100_000 });
    expect(await rig.disk.stat(stray)).toBeNull();
    expect((await rig.names()).length).toBe(before - 2);
  });

  test("what compaction put in the place of other segments is indexed anew", async () => {
    const rig = await openIndexed(1);
    // Two events of each key, of which the first goes.
    await rig.append(0, [...many(20), ...many(20)]);
    await rig.settle();
    const log = rig.partitions[0]?.log;
    if (log === undefined) throw new Error("no log");
    log.rollIfFilled();
    log.configure({ ...log.config, cleanupPolicy: ["compact"], minCleanableDirtyRatio: 0 });
    const before = await rig.names();
    await compact(rig.rig, log);
    await rig.settle();
    const closed = log.segments.slice(0, -1).filter(({ size }) => size >= INDEX_SEGMENT_BYTES_MIN);
    expect((await rig.names()).length).toBe(closed.length);
    expect(closed.length).toBeLessThan(before.length);
    const found = await runScan(rig.disk, [snapshot(log)], {
      order: "oldest",
      matches: ({ key }) => key === "k7",
      keys: ["k7"],
    });
    expect(found.events).toMatchObject([{ key: "k7", offset: 27 }]);
    expect(found.skips.count).toBe(0);
    expect(found.passedBytes).toBeGreaterThan(found.bytes);
    await rig.indexer.close();
  });

  test("a full disk is left alone for a while", async () => {
    const rig = await openIndexed(1);
    await rig.append(0, many(12));
    let attempts = 0;
    rig.disk.fault = (operation, path) => {
      if (!path.includes(".keyindex") || operation !== "write") return null;
      attempts += 1;
      return { kind: "fail", code: "ENOSPC" };
    };
    await rig.settle();
    expect(attempts).toBe(1);
    await rig.settle(INDEX_RETRY_MS + INDEX_INTERVAL_MS);
    expect(attempts).toBe(2);
    rig.disk.fault = null;
    await rig.settle(INDEX_RETRY_MS + INDEX_INTERVAL_MS);
    expect((await rig.names()).length).toBeGreaterThan(0);
    await rig.indexer.close();
  });

  test("leaves the last of the disk to appends", async () => {
    const rig = await openIndexed(1);
    await rig.append(0, many(12));
    rig.disk.freeBytes = 100_000_000;
    await rig.settle();
    expect(await rig.names()).toEqual([]);
    rig.disk.freeBytes = 10_000_000_000;
    await rig.settle(INDEX_RETRY_MS + INDEX_INTERVAL_MS);
    expect((await rig.names()).length).toBeGreaterThan(0);
    await rig.indexer.close();
  });

  test("waits while an append waits for the disk", async () => {
    const rig = await openIndexed(2);
    await rig.append(0, many(30));
    const [, other] = rig.partitions;
    if (other === undefined) throw new Error("no partition");
    // A log whose end does not move while something was appended to it.
    let hasArrived = false;
    Object.defineProperty(other.log, "nextOffset", { get: () => (hasArrived ? 0 : 1) });
    await rig.settle(INDEX_INTERVAL_MS - 100);
    await rig.settle(4 * INDEX_INTERVAL_MS);
    const begun = (await rig.names()).length;
    await rig.append(0, many(30));
    await rig.settle(4 * INDEX_INTERVAL_MS);
    expect((await rig.names()).length).toBe(begun);
    hasArrived = true;
    await rig.settle(4 * INDEX_INTERVAL_MS);
    expect((await rig.names()).length).toBeGreaterThan(begun);
    await rig.indexer.close();
  });
});
