import { seededRandom } from "@runnel/kit/seeded-random.ts";
import { describe, expect, it } from "vitest";
import type { Disk, DiskFile } from "#io/ports.ts";
import { openDataFolder } from "./data-folder.ts";

/** A disk that knows whole files and no faults; those are the log's tests of `replaceFile`. */
function memoryDisk(files: Map<string, Uint8Array>): Disk {
  const fail = () => Promise.reject(new Error("not part of this test"));
  const open = async (path: string): Promise<DiskFile> => ({
    path,
    size: async () => files.get(path)?.length ?? 0,
    read: async (target) => {
      const bytes = files.get(path) ?? new Uint8Array();
      target.set(bytes);
      return bytes.length;
    },
    write: async ([part]) => void files.set(path, part as Uint8Array),
    sync: async () => {},
    truncate: async () => {},
    close: async () => {},
  });
  return {
    open,
    stat: async (path) => {
      const bytes = files.get(path);
      return bytes === undefined ? null : { size: bytes.length, isDirectory: false, modifiedAt: 0 };
    },
    rename: async (source, target) => {
      files.set(target, files.get(source) as Uint8Array);
      files.delete(source);
    },
    syncDirectory: async () => {},
    allocate: (length) => new Uint8Array(length),
    list: fail,
    makeDirectory: fail,
    removeFile: fail,
    removeDirectory: fail,
    space: fail,
  };
}

const open = (files: Map<string, Uint8Array>, nodeId = 1, seed = 7) =>
  openDataFolder(memoryDisk(files), "/data", { nodeId, random: seededRandom(seed) });

const holding = (text: string) => new Map([["/data/meta.json", new TextEncoder().encode(text)]]);

describe("openDataFolder()", () => {
  it("makes a cluster id once and keeps it", async () => {
    const files = new Map<string, Uint8Array>();
    const first = await open(files);
    expect(first).toMatchObject({ formatVersion: 1, nodeId: 1 });
    expect(first.clusterId).toMatch(/^[\w]{22}$/);
    expect(await open(files, 1, 8)).toEqual(first);
    expect([...files.keys()]).toEqual(["/data/meta.json"]);
  });

  it("refuses a newer format in a sentence", async () => {
    const files = holding('{"formatVersion": 2, "clusterId": "abc", "nodeId": 1, "more": []}');
    await expect(open(files)).rejects.toThrow(
      "/data/meta.json: format 2 is of a newer Runnel; this one reads up to 1",
    );
  });

  it("refuses a folder of another node", async () => {
    const files = holding('{"formatVersion": 1, "clusterId": "abc", "nodeId": 3}');
    await expect(open(files)).rejects.toThrow("belongs to node 3, but node.id is 1");
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
    await expect(open(holding(text))).rejects.toMatchObject({ code: "RUNNEL_METADATA_FORMAT" });
  });
});
