/** Reads that are under way while compaction or retention takes away what they read. */
import { silentLogger } from "@runnel/kit/world.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { isControl } from "@runnel/protocol/records/batch.ts";
import { buildBatch } from "@runnel/protocol/records/build.ts";
import { recordsOf } from "@runnel/protocol/records/iterate.ts";
import { expect, test } from "vitest";
import { MemoryDisk } from "#io/memory/memory-disk.ts";
import type { DiskFile } from "#io/ports.ts";
import { COMPACTED, compact } from "#log/compaction/testing.ts";
import type { LogConfig } from "#log/ports.ts";
import { Semaphore } from "#log/semaphore.ts";
import { append, concat, headersOf, Rig, TOPIC } from "#log/testing.ts";
import { type FetchContext, type FetchedPartition, fetch } from "./fetch.ts";
import { Partition } from "./partition.ts";
import { PARTITION_CONFIG } from "./testing.ts";

/** A disk on which one read of a file takes as long as a test wants. */
class HeldDisk extends MemoryDisk {
  /** The next read of a file with this suffix is held, with what it has read. */
  heldSuffix: string | null = null;
  #release: () => void = () => {};

  override async open(path: string, options: { readonly create: boolean }): Promise<DiskFile> {
    const file = await super.open(path, options);
    const read = file.read.bind(file);
    file.read = async (target, position) => {
      const count = await read(target, position);
      if (this.heldSuffix !== null && path.endsWith(this.heldSuffix)) {
        this.heldSuffix = null;
        await new Promise<void>((resolve) => {
          this.#release = resolve;
        });
      }
      return count;
    };
    return file;
  }

  release(): void {
    this.#release();
  }
}

const utf8 = new TextEncoder();
const text = new TextDecoder();

async function newWorld(settings: Partial<LogConfig>) {
  const disk = new HeldDisk();
  const rig = await Rig.open({ disk, tailCacheBytes: 0 });
  const config = { ...PARTITION_CONFIG, ...settings };
  const identity = { topicId: TOPIC, topicName: "t", index: 0, isInternal: false };
  const partition = new Partition(identity, await rig.log(config), config, 0);
  const { log } = partition;
  const send = async (key: string, value: string, transactionOf?: bigint): Promise<void> => {
    const records = [
      { key: utf8.encode(key), value: utf8.encode(value), timestamp: rig.time.nowMs() },
    ];
    const identity = { producerId: transactionOf ?? -1n, isTransactional: true };
    const producer =
      transactionOf === undefined ? {} : { ...identity, producerEpoch: 0, baseSequence: 0 };
    append(log, buildBatch({ records, ...producer }));
    await rig.settle();
  };
  const abort = async (producerId: bigint): Promise<void> => {
    const marker = { producerId, producerEpoch: 0, coordinatorEpoch: 0, isCommit: false };
    log.appendMarker({ ...marker, transactionVersion: 1 }, 0);
    await rig.settle();
  };
  const roll = async (): Promise<void> => {
    log.rollIfFilled();
    await rig.settle();
  };
  const context: FetchContext = {
    clock: rig.time,
    scheduler: rig.time,
    logger: silentLogger,
    reads: new Semaphore(2),
    answerBytesMax: () => 1e6,
  };
  const read = (fetchOffset: number, maxBytes = 1e6): Promise<FetchedPartition> => {
    const epochs = { currentLeaderEpoch: -1, lastFetchedEpoch: -1 };
    const wanted = { topic: "t", index: 0, fetchOffset, maxBytes, ...epochs };
    const target = { wanted, partition, errorCode: ErrorCode.NONE };
    const limits = { maxWaitMs: 0, minBytes: 1, maxBytes: 1e6, reader: { isGone: false } };
    const results = fetch(context, [target], { ...limits, readCommitted: true });
    return Promise.resolve(results).then(([one]) => one as FetchedPartition);
  };
  return { disk, rig, partition, log, send, abort, roll, read };
}

/** The values that a reader of committed data hands on. */
function shown({ parts, aborted }: FetchedPartition): string[] {
  const bytes = concat(parts);
  const values: string[] = [];
  let at = 0;
  for (const header of headersOf(bytes)) {
    const { producerId, baseOffset, attributes } = header;
    const isAborted = aborted.some(
      (one) =>
        one.producerId === producerId &&
        one.firstOffset <= baseOffset &&
        baseOffset <= one.lastOffset,
    );
    for (const { offset, value } of recordsOf(bytes, { at, header, maxOutputLength: 1e6 })) {
      if (isAborted || isControl(attributes) || value === null) continue;
      values.push(`${offset} ${text.decode(value)}`);
    }
    at += header.sizeInBytes;
  }
  return values;
}

test("aborted records that were read before compaction removed them are still told of", async () => {
  const { disk, rig, log, send, abort, roll, read } = await newWorld({
    ...COMPACTED,
    segmentBytes: 100_000,
  });
  await send("a", "aborted", 7n);
  await abort(7n);
  await send("b", "1");
  await roll();
  await rig.run(log.checkpoint());
  disk.heldSuffix = ".log";
  const reading = read(0);
  await rig.settle();
  expect(disk.heldSuffix).toBeNull();
  expect((await compact(rig, log))?.lastPass?.recordsRemoved).toBe(1);
  disk.release();
  const answer = await rig.run(reading);
  expect([answer.errorCode, shown(answer)]).toEqual([ErrorCode.NONE, ["2 1"]]);
});

test("aborted records that were read before retention took their segment are not shown", async () => {
  const { disk, rig, partition, log, send, abort, roll, read } = await newWorld({
    fileDeleteDelayMs: 0,
  });
  await send("a", "aborted", 7n);
  await abort(7n);
  await roll();
  await send("b", "1");
  await rig.run(log.checkpoint());
  disk.heldSuffix = ".log";
  const reading = read(0);
  await rig.settle();
  expect(disk.heldSuffix).toBeNull();
  await rig.run(rig.manager.deleteRecords(log, 2));
  expect(partition.log.segments).toHaveLength(1);
  disk.release();
  const answer = await rig.run(reading);
  expect([answer.errorCode, shown(answer)]).toEqual([ErrorCode.OFFSET_OUT_OF_RANGE, []]);
});

test("a read that passes over emptied segments misses nothing when they become one", async () => {
  const { disk, rig, log, send, roll, read } = await newWorld({
    ...COMPACTED,
    segmentBytes: 100_000,
  });
  for (const value of ["1", "2", "3", "4"]) {
    await send("a", value);
    await roll();
  }
  await send("b", "5");
  await roll();
  await send("a", "6");
  await send("c", "7");
  await roll();
  // Every segment stays by itself for now.
  log.configure({ ...log.config, segmentBytes: 1 });
  await compact(rig, log);
  expect(log.segments).toHaveLength(7);
  disk.heldSuffix = ".log";
  const reading = read(1, 1);
  await rig.settle();
  expect(disk.heldSuffix).toBeNull();
  log.configure({ ...log.config, segmentBytes: 200 });
  await send("d", "8");
  await roll();
  await compact(rig, log);
  expect(log.segments.length).toBeLessThan(6);
  disk.release();
  const answer = await rig.run(reading);
  expect([answer.errorCode, shown(answer)]).toEqual([ErrorCode.NONE, ["4 5"]]);
});
