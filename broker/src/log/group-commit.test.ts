import { expect, test } from "vitest";
import { ManualTime } from "#io/memory/manual-time.ts";
import { MemoryDisk } from "#io/memory/memory-disk.ts";
import { FileHandles } from "./file-handles.ts";
import { GroupCommit } from "./group-commit.ts";
import { Segment } from "./segment.ts";
import { drive, settle } from "./testing.ts";

const NEVER = Number.MAX_SAFE_INTEGER;

/** A commit with two segments; what was synced and told, in order. */
async function newRig() {
  const time = new ManualTime();
  const disk = new MemoryDisk({ clock: time });
  await disk.makeDirectory("f");
  const files = new FileHandles(disk, 8);
  const [older, newer] = [new Segment("f", 0, 0), new Segment("f", 10, 0)];
  for (const segment of [older, newer]) await files.create(segment.path(".log"));
  const rig = { flushMessages: NEVER, events: [] as string[] };
  disk.fault = (operation, path) => {
    if (operation === "sync")
      rig.events.push(`sync ${path === older.path(".log") ? "old" : "new"}`);
    return null;
  };
  const commit = new GroupCommit(files, time, {
    flushMessages: () => rig.flushMessages,
    onCommitted: (endOffset) => void rig.events.push(`committed ${endOffset}`),
    onFailed: (error) => void rig.events.push(`failed ${String(error)}`),
  });
  const write = async (segment: Segment, endOffset: number, recordCount: number) => {
    const position = segment.writtenSize;
    commit.write({ segment, bytes: new Uint8Array(10), position, endOffset, recordCount });
    await settle(time);
  };
  return { time, disk, rig, commit, older, newer, write };
}

test("a sync by count covers older segments that wait for theirs", async () => {
  const { rig, older, newer, write } = await newRig();
  await write(older, 10, 10);
  rig.flushMessages = 1;
  await write(newer, 11, 1);
  expect(rig.events).toEqual(["committed 10", "sync old", "sync new", "committed 11"]);
});

test("the sync of one segment leaves the count of another", async () => {
  const { time, rig, commit, older, newer, write } = await newRig();
  rig.flushMessages = 8;
  await write(older, 3, 3);
  await write(newer, 14, 4);
  await drive(time, commit.sync(older));
  expect(commit.unflushedRecords).toBe(4);
  await write(newer, 17, 3);
  expect(rig.events.filter((one) => one.startsWith("sync"))).toEqual(["sync old"]);
  await write(newer, 18, 1);
  expect(rig.events.slice(-2)).toEqual(["sync new", "committed 18"]);
  expect(commit.unflushedRecords).toBe(0);
});

test("a sync by count passes over a segment whose file is gone", async () => {
  const { disk, rig, commit, older, newer, write } = await newRig();
  await write(older, 10, 10);
  commit.forget([older]);
  await disk.removeFile(older.path(".log"));
  rig.flushMessages = 1;
  await write(newer, 11, 1);
  expect(rig.events).toEqual(["committed 10", "sync new", "committed 11"]);
});
