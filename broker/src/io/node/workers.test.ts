import { compress } from "@runnel/protocol/compression/codecs.ts";
import { CODEC_NAMES } from "@runnel/protocol/records/batch.ts";
import { describe, expect, test } from "vitest";
import { createNodeWorkers } from "./workers.ts";

const text = new TextEncoder().encode("runnel ".repeat(1000));
const codec = (name: (typeof CODEC_NAMES)[number]): number => CODEC_NAMES.indexOf(name);

describe("node workers", () => {
  test("decompress many jobs of every codec, and leave the input alone", async () => {
    const workers = createNodeWorkers({ threadsMax: 2 });
    const jobs = (["gzip", "snappy", "lz4", "zstd"] as const).flatMap((name) => {
      const packed = compress(name, text);
      return Array.from({ length: 5 }, async () => {
        const out = await workers.decompress(codec(name), packed, text.length);
        expect(Buffer.compare(out, text)).toBe(0);
        expect(packed.length).toBeGreaterThan(0);
      });
    });
    await Promise.all(jobs);
    await workers.close();
  });

  test("compress in every codec, at the level asked for", async () => {
    const workers = createNodeWorkers({ threadsMax: 1 });
    for (const name of CODEC_NAMES) {
      const packed = await workers.compress(codec(name), text, null);
      expect(Buffer.compare(packed, compress(name, text))).toBe(0);
    }
    const fast = await workers.compress(codec("gzip"), text, 1);
    expect(Buffer.compare(fast, compress("gzip", text, 1))).toBe(0);
    await workers.close();
  });

  test("a raw snappy block, whose content a native library owns, comes back", async () => {
    const workers = createNodeWorkers({ threadsMax: 1 });
    const hello = text.subarray(0, 6);
    // Its length, and one literal of six bytes.
    const packed = Uint8Array.of(6, 5 << 2, ...hello);
    expect(await workers.decompress(codec("snappy"), packed, 6)).toEqual(hello);
    await workers.close();
  });

  test("bad input is a DecodeError, and the thread goes on", async () => {
    const workers = createNodeWorkers({ threadsMax: 1 });
    const packed = compress("gzip", text);
    const rejected = { name: "DecodeError" };
    await expect(workers.decompress(1, packed.subarray(5), 10_000)).rejects.toMatchObject(rejected);
    await expect(workers.decompress(1, packed, 10)).rejects.toMatchObject(rejected);
    await expect(workers.decompress(7, packed, 10)).rejects.toMatchObject(rejected);
    expect(await workers.decompress(1, packed, text.length)).toHaveLength(text.length);
    await workers.close();
  });

  test("refuses what does not fit the queue, and rejects what waits when closed", async () => {
    const workers = createNodeWorkers({ threadsMax: 1, queuedJobsMax: 1 });
    const packed = compress("gzip", text);
    const jobs = [1, 2, 3].map(() =>
      workers.decompress(1, packed, text.length).then(
        () => "done",
        (error: { code: string }) => error.code,
      ),
    );
    expect(await jobs[2]).toBe("RUNNEL_WORKERS_BUSY");
    await workers.close();
    expect(await Promise.all(jobs.slice(0, 2))).toEqual([
      "RUNNEL_WORKER_LOST",
      "RUNNEL_WORKER_LOST",
    ]);
    await expect(workers.decompress(1, packed, 1)).rejects.toMatchObject({
      code: "RUNNEL_WORKER_LOST",
    });
  });

  test("a job that takes too long is given up with its thread", async () => {
    const workers = createNodeWorkers({ threadsMax: 1, jobMsMax: 1 });
    const packed = compress("gzip", new Uint8Array(60 * 1024 * 1024));
    await expect(workers.decompress(1, packed, 64 * 1024 * 1024)).rejects.toThrow("took 1 ms");
    await workers.close();
  });
});
