import { expect, test } from "vitest";
import { compact } from "#log/compaction/testing.ts";
import { fill, openLogs, placed, runScan, snapshot, type TestBatch } from "../testing-logs.ts";

const ORDERS = ["oldest", "newest"] as const;

/** Batches of one to three events of eight keys; their times go up and down a little. */
const BATCHES: readonly TestBatch[] = Array.from({ length: 60 }, (_, at) => ({
  codec: at % 4 === 0 ? "gzip" : "none",
  events: Array.from({ length: 1 + (at % 3) }, (_, n) => ({
    key: `k${(at * 5 + n) % 8}`,
    value: at % 7 === 0 ? null : `${at}.${n} ${"x".repeat((at * 13) % 50)}`,
    timestamp: 1_000 + 10 * at + ((at * 7) % 5) + n,
  })),
}));

async function openCompacted() {
  const config = { segmentBytes: 700, indexIntervalBytes: 150, minCleanableDirtyRatio: 0 };
  const { rig, logs } = await openLogs(1, { ...config, cleanupPolicy: ["compact"] });
  const log = logs[0];
  if (log === undefined) throw new Error("no log");
  await fill(rig, log, BATCHES);
  log.rollIfFilled();
  await fill(rig, log, [{ events: [{ key: "last", value: "v", timestamp: 5_000 }] }]);
  const all = placed(0, [...BATCHES, { events: [{ key: "last", value: "v", timestamp: 5_000 }] }]);
  return { rig, log, all };
}

test("a scan of a compacted log finds what is left, and takes no gap for damage", async () => {
  const { rig, log, all } = await openCompacted();
  await compact(rig, log);
  const newest = new Map(all.map((event) => [event.key, event]));
  const left = all.filter((event) => newest.get(event.key) === event);
  for (const order of ORDERS) {
    const { events, skips } = await rig.run(
      runScan(rig.disk, [snapshot(log)], { order, chunkBytes: 200 }),
    );
    expect(skips.listed).toEqual([]);
    expect(events).toEqual(order === "oldest" ? left : left.toReversed());
  }
});

test("a scan that began before a pass goes on in the segments that it knew", async () => {
  for (const order of ORDERS) {
    const { rig, log, all } = await openCompacted();
    const before = snapshot(log);
    await compact(rig, log);
    const { events, skips } = await rig.run(
      runScan(rig.disk, [before], { order, chunkBytes: 200 }),
    );
    expect(skips.listed).toEqual([]);
    expect(events).toEqual(order === "oldest" ? all : all.toReversed());
    // Once their files are gone it finds what is left, or says that it does not.
    await rig.time.advanceAsync(log.config.fileDeleteDelayMs);
    const late = await rig.run(runScan(rig.disk, [before], { order, chunkBytes: 200 }));
    const found = new Set(late.events.map(({ offset }) => offset));
    const newest = new Map(all.map(({ key, offset }) => [key, offset]));
    for (const offset of newest.values()) {
      const isTold = late.skips.listed.some(
        ({ fromOffset, toOffset }) => offset >= fromOffset && offset < toOffset,
      );
      expect(found.has(offset) || isTold).toBe(true);
    }
  }
});
