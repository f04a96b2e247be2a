/**
 * `node broker/bench/log/compaction.bench.ts [MIB] [KEYS]`: how fast one thread compacts a log of 1 KiB
 * records that lies in the page cache, beside the floor: reading it twice with its checksums, and writing
 * what is left.
 */
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { checkCrc, readBatchHeader } from "@runnel/protocol/records/batch.ts";
import { buildBatch } from "@runnel/protocol/records/build.ts";
import { blockingDisk } from "#io/node/blocking-disk.ts";
import { nodeClock, nodeScheduler } from "#io/node/time.ts";
import { runPass } from "#log/compaction/compaction-pass.ts";
import type { CompactionTask, TaskSegment } from "#log/compaction/messages.ts";
import { Pace } from "#log/compaction/pace.ts";
import { fileName } from "#log/names.ts";

const MIB = Number(process.argv[2] ?? 1024);
const KEYS = Number(process.argv[3] ?? 1_000_000);
const SEGMENT_MIB = 256;
const BATCH_RECORDS = 64;
const ROUNDS = 3;
const utf8 = new TextEncoder();
const value = utf8.encode("x".repeat(1000));

async function writeLog(folder: string): Promise<TaskSegment[]> {
  const segments: TaskSegment[] = [];
  let offset = 0;
  let random = 12345;
  for (let done = 0; done < MIB; done += SEGMENT_MIB) {
    const baseOffset = offset;
    const file = await open(join(folder, fileName(baseOffset, ".log")), "w");
    let size = 0;
    while (size < SEGMENT_MIB * 1024 * 1024) {
      const records = Array.from({ length: BATCH_RECORDS }, (_, i) => {
        random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
        const key = utf8.encode(`order-${random % KEYS}`);
        return { key, value, timestamp: 1_700_000_000_000 + offset + i };
      });
      const batch = buildBatch({ records, baseOffset: offset, partitionLeaderEpoch: 0 });
      await file.write(batch);
      size += batch.length;
      offset += BATCH_RECORDS;
    }
    await file.close();
    segments.push({ baseOffset, size, endOffset: offset });
  }
  return segments;
}

/** What no compaction can do without: every byte read twice and checked, what is left written and synced. */
async function floor(
  folder: string,
  segments: readonly TaskSegment[],
  left: number,
): Promise<void> {
  const buffer = Buffer.allocUnsafeSlow(1024 * 1024);
  for (let round = 0; round < 2; round += 1) {
    for (const { baseOffset, size } of segments) {
      const path = join(folder, fileName(baseOffset, ".log"));
      const file = await blockingDisk.open(path, { create: false });
      for (let position = 0; position < size; ) {
        const count = await file.read(buffer, position);
        let at = 0;
        while (count - at >= 61) {
          const header = readBatchHeader(buffer, at);
          if (header.sizeInBytes > count - at) break;
          if (!checkCrc(buffer, at, header)) throw new Error("damaged");
          at += header.sizeInBytes;
        }
        position += at;
      }
      await file.close();
    }
  }
  const out = await blockingDisk.open(join(folder, "floor"), { create: true });
  for (let position = 0; position < left; position += buffer.length) {
    await out.write([buffer], position);
    if (position % (8 * buffer.length) === 0) await out.sync();
  }
  await out.sync();
  await out.close();
  await blockingDisk.removeFile(join(folder, "floor"));
}

async function measure(folder: string, segments: readonly TaskSegment[]) {
  const task: CompactionTask = {
    folder,
    segments,
    endOffset: segments.at(-1)?.endOffset ?? 0,
    dirtyOffset: 0,
    aborted: [],
    producers: [],
    nowMs: Date.now(),
    seed: 1,
    deleteRetentionMs: 86_400_000,
    segmentBytes: 1024 ** 3,
    segmentIndexBytes: 10 * 1024 ** 2,
    indexIntervalBytes: 4096,
    dedupeBufferBytes: 134_217_728,
    dedupeLoadFactor: 0.9,
    readBytes: 524_288,
    bytesPerSecondMax: Number.POSITIVE_INFINITY,
  };
  const pace = new Pace(nodeClock, nodeScheduler, task.bytesPerSecondMax);
  const cpu = process.cpuUsage();
  const beganAt = performance.now();
  const summary = await runPass(
    {
      disk: blockingDisk,
      clock: nodeClock,
      pace,
      onProgress: () => {},
      onSegment: async ({ baseOffset }) => {
        for (const suffix of [".log", ".index", ".timeindex"] as const) {
          await blockingDisk.removeFile(`${join(folder, fileName(baseOffset, suffix))}.cleaned`);
        }
      },
    },
    task,
  );
  const ms = performance.now() - beganAt;
  const used = process.cpuUsage(cpu);
  return { ms, cpuMs: (used.user + used.system) / 1000, summary };
}

// Timers of the world keep no process alive.
const awake = setInterval(() => {}, 1000);
const folder = await mkdtemp(join(tmpdir(), "runnel-compaction-"));
try {
  const segments = await writeLog(folder);
  const bytes = segments.reduce((sum, { size }) => sum + size, 0);
  const rate = (ms: number): string => `${Math.round(bytes / 1000 / ms)} MB/s`;
  console.log(`${MIB} MiB of 1 KiB records, ${KEYS} keys, batches of ${BATCH_RECORDS}`);
  for (let round = 0; round < ROUNDS; round += 1) {
    const { ms, cpuMs, summary } = await measure(folder, segments);
    const floorAt = performance.now();
    await floor(folder, segments, summary.bytesAfter);
    const floorMs = performance.now() - floorAt;
    const { recordsRead, recordsRemoved, bytesAfter } = summary;
    console.log(
      `compaction ${rate(ms)}, by CPU time ${rate(cpuMs)}; floor ${rate(floorMs)};`,
      `${recordsRemoved} of ${recordsRead} records removed, ${bytesAfter} bytes left`,
    );
  }
} finally {
  clearInterval(awake);
  await rm(folder, { recursive: true, force: true });
}
