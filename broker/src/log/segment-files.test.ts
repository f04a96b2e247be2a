import { expect, test } from "vitest";
import { MemoryDisk } from "#io/memory/memory-disk.ts";
import { Segment } from "./segment.ts";
import { learnNewest, rebuildIndexes, saveIndexes } from "./segment-files.ts";
import { append, batchOf, Rig } from "./testing.ts";

test("saveIndexes() leaves both files where only one has entries: Kafka's tools open the pair", async () => {
  const disk = new MemoryDisk();
  await disk.makeDirectory("folder");
  const segment = new Segment("folder", 0, 0);
  segment.book({ lastOffset: 0, position: 0, size: 70, maxTimestamp: 5 }, 4096);
  segment.finishTimes();
  await saveIndexes(disk, segment, { isClosed: false });
  expect((await disk.stat(segment.path(".index")))?.size).toBe(0);
  expect((await disk.stat(segment.path(".timeindex")))?.size).toBe(12);
});

test("rebuildIndexes() leaves files where there is nothing to put into them: they are missed once", async () => {
  const rig = await Rig.open();
  const log = await rig.log();
  append(log, batchOf({ values: ["a"], timestamp: -1 }));
  await rig.settle();
  const segment = log.segments[0] as Segment;
  for (const suffix of [".index", ".timeindex"] as const) {
    await rig.disk.removeFile(segment.path(suffix));
  }
  expect(await rig.run(learnNewest(log.io, segment))).toBe(false);
  await rig.run(rebuildIndexes(log.io, segment, 4096));
  expect(await rig.run(learnNewest(log.io, segment))).toBe(true);
});
