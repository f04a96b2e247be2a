import { seededRandom } from "@runnel/kit/seeded-random.ts";
import { describe, expect, it } from "vitest";
import { ManualTime } from "#io/memory/manual-time.ts";
import { MemoryDisk } from "#io/memory/memory-disk.ts";
import { makeDataFolder, openDataFolder } from "./data-folder.ts";

async function diskHolding(text: string | null): Promise<MemoryDisk> {
  const disk = new MemoryDisk({ clock: new ManualTime() });
  await disk.makeDirectory("/data");
  if (text === null) return disk;
  const file = await disk.open("/data/meta.json", { create: true });
  await file.write([new TextEncoder().encode(text)], 0);
  await file.close();
  return disk;
}

const open = (disk: MemoryDisk, nodeId = 1, seed = 7) =>
  openDataFolder(disk, "/data", { nodeId, random: seededRandom(seed) });

describe("openDataFolder()", () => {
  it("makes a cluster id once and keeps it", async () => {
    const disk = await diskHolding(null);
    const first = await open(disk);
    expect(first).toMatchObject({ formatVersion: 1, nodeId: 1 });
    expect(first.clusterId).toMatch(/^[\w]{22}$/);
    expect(await open(disk, 1, 8)).toEqual(first);
    expect(await disk.list("/data")).toEqual(["meta.json"]);
  });

  it("refuses a newer format in a sentence", async () => {
    const disk = await diskHolding(
      '{"formatVersion": 2, "clusterId": "abc", "nodeId": 1, "more": []}',
    );
    await expect(open(disk)).rejects.toThrow(
      "/data/meta.json: format 2 is of a newer Runnel; this one reads up to 1",
    );
  });

  it("refuses a folder of another node", async () => {
    const disk = await diskHolding('{"formatVersion": 1, "clusterId": "abc", "nodeId": 3}');
    await expect(open(disk)).rejects.toThrow("belongs to node 3, but node.id is 1");
  });

  it.each([
    "",
    "{",
    "null",
    "[]",
    '"x"',
    "{}",
    '{"formatVersion":1}',
    '{"formatVersion":"1"}',
    '{"formatVersion":1,"clusterId":"../x","nodeId":1}',
    '{"formatVersion":1,"clusterId":"x"}',
  ])("refuses %j", async (text) => {
    await expect(open(await diskHolding(text))).rejects.toMatchObject({
      code: "RUNNEL_METADATA_FORMAT",
    });
  });
});

describe("makeDataFolder()", () => {
  it.each([
    ["EEXIST", "there is a file of this name"],
    ["EACCES", "this user may not make it"],
  ])("says what to do on %s", async (code, reason) => {
    const disk = new MemoryDisk({ clock: new ManualTime() });
    disk.fault = () => ({ kind: "fail", code });
    await expect(makeDataFolder(disk, "/data")).rejects.toThrow(
      `data folder /data: ${reason}; choose another with --data-dir`,
    );
  });
});
