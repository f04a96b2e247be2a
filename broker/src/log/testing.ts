/** What the tests of the storage engine share: a log manager on a disk in memory, with manual time. */
import { assert } from "@runnel/kit/assert.ts";
import { silentLogger } from "@runnel/kit/world.ts";
import { type BatchHeader, readBatchHeader } from "@runnel/protocol/records/batch.ts";
import { buildBatch } from "@runnel/protocol/records/build.ts";
import { ManualTime } from "#io/memory/manual-time.ts";
import { MemoryDisk } from "#io/memory/memory-disk.ts";
import { inlineWorkers } from "#io/memory/world.ts";
import type { Disk } from "#io/ports.ts";
import { applyRetention } from "./apply-retention.ts";
import { type DataFolder, LogDirs } from "./log-dirs.ts";
import { readCached, readStored } from "./log-lookup.ts";
import type { ReadRange } from "./log-reader.ts";
import type { PartitionLog } from "./partition-log.ts";
import type { Append, LogConfig } from "./ports.ts";
import { encodeSnapshot, type ProducerSnapshot } from "./producer-snapshot.ts";

export const TOPIC = "00000000-0000-4000-8000-000000000001";
export const DATA = "/data";
/** Rounds of settling after which a promise is taken for one that never ends. */
const ROUNDS_MAX = 10_000;

export const CONFIG: LogConfig = {
  cleanupPolicy: ["delete"],
  segmentBytes: 1024 * 1024,
  segmentMs: 7 * 24 * 3600 * 1000,
  segmentJitterMs: 0,
  segmentIndexBytes: 10 * 1024 * 1024,
  indexIntervalBytes: 4096,
  flushMessages: 1,
  flushMs: Number.MAX_SAFE_INTEGER,
  retentionMs: -1,
  retentionBytes: -1,
  fileDeleteDelayMs: 1000,
  deleteRetentionMs: 24 * 3600 * 1000,
  minCompactionLagMs: 0,
  maxCompactionLagMs: Number.MAX_SAFE_INTEGER,
  minCleanableDirtyRatio: 0.5,
};

export interface RigOptions {
  readonly disk?: Disk;
  readonly time?: ManualTime;
  readonly tailCacheBytes?: number;
  readonly openFilesMax?: number;
  /** One folder, `DATA`, where it is left out. */
  readonly folders?: readonly DataFolder[];
}

/** A log manager with the world it lives in. */
export class Rig {
  readonly time: ManualTime;
  readonly disk: Disk;
  readonly manager: LogDirs;

  private constructor(time: ManualTime, disk: Disk, manager: LogDirs) {
    this.time = time;
    this.disk = disk;
    this.manager = manager;
  }

  static async open(options: RigOptions = {}): Promise<Rig> {
    const time = options.time ?? new ManualTime();
    const disk = options.disk ?? new MemoryDisk({ clock: time });
    const opening = LogDirs.open({
      folders: options.folders ?? [{ path: DATA, problem: null }],
      disk,
      scheduler: time,
      workers: inlineWorkers,
      logger: silentLogger,
      openFilesMax: options.openFilesMax ?? 64,
      tailCacheBytes: options.tailCacheBytes ?? 1024 * 1024,
      nowMs: () => time.nowMs(),
    });
    return new Rig(time, disk, await drive(time, opening));
  }

  /** Opens the log of one partition of `topicId`. */
  log(config: Partial<LogConfig> = {}, partition = 0, topicId = TOPIC): Promise<PartitionLog> {
    return this.run(this.manager.openLog(topicId, partition, { ...CONFIG, ...config }, true));
  }

  /** Applies retention to all of a log that can be read. */
  retain(log: PartitionLog): Promise<number> {
    return applyRetention(log, { highWatermark: log.logEndOffset, nowMs: this.time.nowMs() });
  }

  /** Lets the world go on until `promise` has settled. */
  run<T>(promise: Promise<T>): Promise<T> {
    return drive(this.time, promise);
  }

  /** Lets everything under way come to its end. */
  settle(): Promise<void> {
    return settle(this.time);
  }

  /** The same disk and time under a new manager, after this one was closed. */
  async reopen(options: RigOptions = {}): Promise<Rig> {
    await this.run(this.manager.close());
    return Rig.open({ time: this.time, disk: this.disk, ...options });
  }
}

/** Lets microtasks and `soon` work run until `promise` has settled; fails if it never does. */
export async function drive<T>(time: ManualTime, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const noted = promise.finally(() => {
    isSettled = true;
  });
  noted.catch(() => {});
  for (let round = 0; !isSettled; round += 1) {
    assert(round < ROUNDS_MAX, "a promise that nothing will settle");
    await time.settle();
  }
  return noted;
}

/** Many rounds of settling: more than any chain of promises in the log needs. */
export async function settle(time: ManualTime): Promise<void> {
  for (let round = 0; round < 20; round += 1) await time.settle();
}

const utf8 = new TextEncoder();

export interface BatchOptions {
  readonly values: readonly string[];
  readonly timestamp?: number;
  readonly producerId?: bigint;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly isTransactional?: boolean;
}

/** A batch of records without keys, as a producer sends it. */
export function batchOf({ values, timestamp = 1000, ...producer }: BatchOptions): Uint8Array {
  const records = values.map((value) => ({ key: null, value: utf8.encode(value), timestamp }));
  return buildBatch({ records, ...producer });
}

/** Appends a batch as the partition's leader does. */
export function append(log: PartitionLog, batch: Uint8Array, leaderEpoch = 0): Append {
  return log.append(batch, readBatchHeader(batch, 0), leaderEpoch);
}

/** Appends batches of one record each with these values and waits until they are durable. */
export async function fill(rig: Rig, log: PartitionLog, values: readonly string[]): Promise<void> {
  for (const value of values) append(log, batchOf({ values: [value] }));
  await rig.settle();
}

/** The snapshot file of `producers` at `offset`, all of it at once. */
export function snapshotOf(
  { producers, aborted }: ProducerSnapshot,
  offset: number,
): { readonly bytes: Uint8Array; readonly turns: number } {
  const content = { producers: [...producers.entries()], aborted };
  const encoding = encodeSnapshot(content, offset);
  for (let turns = 1; ; turns += 1) {
    const step = encoding.next();
    if (step.done === true) return { bytes: step.value, turns };
  }
}

export const EVERYTHING = Number.MAX_SAFE_INTEGER;

/** What a consumer gets: from memory where it is there, else from the disk; one piece of bytes. */
export async function read(
  rig: Rig,
  log: PartitionLog,
  range: Partial<ReadRange> & { readonly offset: number },
): Promise<Uint8Array> {
  const whole = { endOffset: log.logEndOffset, bytesMax: EVERYTHING, atLeastOne: true, ...range };
  const found = readCached(log, whole) ?? (await rig.run(readStored(log, whole)));
  return concat(found.parts);
}

/** Every batch from `offset` to the log's end. */
export async function readToEnd(rig: Rig, log: PartitionLog, offset: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (let at = offset; at < log.logEndOffset; ) {
    const bytes = await read(rig, log, { offset: at });
    assert(bytes.length > 0, `nothing to read at ${at}, the log ends at ${log.logEndOffset}`);
    const last = headersOf(bytes).at(-1) as BatchHeader;
    parts.push(bytes);
    at = last.baseOffset + last.lastOffsetDelta + 1;
  }
  return concat(parts);
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The headers of batches that lie one behind the other. */
export function headersOf(bytes: Uint8Array): BatchHeader[] {
  const headers: BatchHeader[] = [];
  for (let at = 0; at < bytes.length; ) {
    const header = readBatchHeader(bytes, at);
    headers.push(header);
    at += header.sizeInBytes;
  }
  return headers;
}
