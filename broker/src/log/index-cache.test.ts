import { expect, test } from "vitest";
import { MemoryDisk } from "#io/memory/memory-disk.ts";
import { FileHandles } from "./file-handles.ts";
import { IndexCache, LOADED_BYTES_MAX } from "./index-cache.ts";
import { Segment } from "./segment.ts";
import { ProcessDisk } from "./testing-disk.ts";

const ENTRIES = 400_000;

/** A closed segment with index files of 8 bytes an entry; what they say does not matter here. */
async function newSegment(disk: MemoryDisk, base: number, index: Uint8Array): Promise<Segment> {
  const segment = new Segment("/d", base, 0);
  segment.writtenSize = 2 ** 31;
  segment.indexes = null;
  const file = await disk.open(segment.path(".index"), { create: true });
  await file.write([index], 0);
  await disk.open(segment.path(".timeindex"), { create: true });
  return segment;
}

function indexBytes(): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * ENTRIES));
  for (let i = 0; i < ENTRIES; i += 1) {
    view.setInt32(8 * i, i);
    view.setInt32(8 * i + 4, 5000 * i);
  }
  return new Uint8Array(view.buffer);
}

test("indexes used last stay in memory, within the limit, and are read once", async () => {
  const memory = new MemoryDisk();
  await memory.makeDirectory("/d");
  const disk = new ProcessDisk(memory);
  const io = { disk, files: new FileHandles(disk, 10) };
  const cache = new IndexCache();
  const index = indexBytes();
  const segments: Segment[] = [];
  for (let i = 0; i < 14; i += 1) segments.push(await newSegment(memory, i, index));
  const first = segments[0] as Segment;
  await Promise.all([cache.indexesOf(io, first, 4096), cache.indexesOf(io, first, 4096)]);
  expect([disk.bytesRead, cache.bytes]).toEqual([index.length, index.length]);
  for (const segment of segments) await cache.indexesOf(io, segment, 4096);
  expect(disk.bytesRead).toBe(14 * index.length);
  expect(cache.bytes).toBeLessThanOrEqual(LOADED_BYTES_MAX);
  expect(cache.bytes).toBe(10 * index.length);
  expect(segments.filter((one) => one.indexes !== null)).toEqual(segments.slice(4));
  expect(disk.openFiles).toBe(0);
});
