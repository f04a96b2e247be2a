import { expect, test } from "vitest";
import { MemoryDisk } from "#io/memory/memory-disk.ts";
import { Segment } from "./segment.ts";
import { saveIndexes } from "./segment-files.ts";

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
