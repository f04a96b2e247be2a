/** What the tests of browsing share: logs made from plain events, and scans over them. */
import type { CodecName } from "@runnel/protocol/records/batch.ts";
import { buildBatch } from "@runnel/protocol/records/build.ts";
import type { Disk } from "#io/ports.ts";
import { FileHandles } from "#log/file-handles.ts";
import type { PartitionLog } from "#log/partition-log.ts";
import type { LogConfig } from "#log/ports.ts";
import { append, Rig } from "#log/testing.ts";
import type { RecordMatcher } from "./filter/matcher.ts";
import { KeyFinder } from "./keys/key-finder.ts";
import { CHUNKS_BYTES_MAX, OPEN_FILES_MAX } from "./limits.ts";
import { PartitionScan } from "./scan/partition-scan.ts";
import { Scan, type ScanEnd, type ScanLimits } from "./scan/scan.ts";
import { MemoryBook } from "./source/memory-book.ts";
import { type OffsetRange, PartitionReader, type ScanOrder } from "./source/partition-reader.ts";
import { Skips } from "./source/skips.ts";
import { type PartitionSnapshot, snapshotOf } from "./source/snapshot.ts";

/** An event of a test; where it lies follows from the order in which batches are appended. */
export interface TestEvent {
  readonly key: string | null;
  readonly value: string | null;
  readonly timestamp: number;
}

export interface TestBatch {
  readonly events: readonly TestEvent[];
  readonly codec?: CodecName;
  /** LogAppendTime, with this time. */
  readonly appendedAt?: number;
}

/** An event with its place. */
export interface PlacedEvent extends TestEvent {
  readonly partition: number;
  readonly offset: number;
}

const utf8 = new TextEncoder();

/** Appends batches to a log and waits until they are readable. */
export async function fill(
  rig: Rig,
  log: PartitionLog,
  batches: readonly TestBatch[],
): Promise<void> {
  const encode = (text: string | null): Uint8Array | null =>
    text === null ? null : utf8.encode(text);
  for (const { events, codec = "none", appendedAt } of batches) {
    const records = events.map(({ key, value, timestamp }) => {
      return { key: encode(key), value: encode(value), timestamp };
    });
    const time = appendedAt === undefined ? {} : { logAppendTimeMs: appendedAt };
    append(log, buildBatch({ records, codec, ...time }));
  }
  await rig.settle();
}

/** What a scan of these batches can find, in the order of offsets. */
export function placed(partition: number, batches: readonly TestBatch[]): PlacedEvent[] {
  const events = batches.flatMap(({ events: all, appendedAt }) =>
    all.map((event) => ({ ...event, timestamp: appendedAt ?? event.timestamp })),
  );
  return events.map((event, offset) => ({ ...event, partition, offset }));
}

export interface ScanOptions {
  readonly order: ScanOrder;
  readonly ranges?: ReadonlyMap<number, OffsetRange>;
  readonly limits?: Partial<ScanLimits>;
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly matches?: (event: PlacedEvent) => boolean;
  /** Why to stop, from some time on. */
  readonly stop?: () => "keys" | null;
  /** What stands in for `matches`. */
  readonly matcher?: RecordMatcher;
  readonly chunkBytes?: number;
  readonly memoryBytes?: number;
  /** Look these keys up in the key indexes; `matches` must hold for no other. */
  readonly keys?: readonly string[];
}

export interface ScanOutcome {
  readonly events: PlacedEvent[];
  readonly end: ScanEnd;
  readonly positions: ReadonlyMap<number, number>;
  readonly skips: Skips;
  /** The most bytes held at once, as booked. */
  readonly bytesHeld: number;
  /** Bytes that were read, and bytes that an index let it pass over. */
  readonly bytes: number;
  readonly passedBytes: number;
}

/** Everything that can be read of `log` now. */
export function snapshot(log: PartitionLog, partition = 0): PartitionSnapshot {
  return snapshotOf(log, { partition, endOffset: log.logEndOffset });
}

/** Runs a scan to its end over snapshots. */
export async function runScan(
  disk: Disk,
  snapshots: readonly PartitionSnapshot[],
  options: ScanOptions,
): Promise<ScanOutcome> {
  const files = new FileHandles(disk, OPEN_FILES_MAX);
  const memory = new MemoryBook(options.memoryBytes ?? CHUNKS_BYTES_MAX);
  const skips = new Skips();
  const world = {
    files,
    allocate: (length: number) => new Uint8Array(length),
    list: (folder: string) => disk.list(folder),
    chunkBytes: options.chunkBytes ?? 64 * 1024,
  };
  const { order } = options;
  const parts = snapshots.map((one) => {
    const { logStartOffset: low, endOffset: high } = one;
    const range = options.ranges?.get(one.partition) ?? { low, high };
    const keys = options.keys?.map((key) => utf8.encode(key));
    const planner = keys === undefined ? null : new KeyFinder(files, one.folder, keys);
    const read = { snapshot: one, order, range, world, memory, skips, planner };
    const reader = new PartitionReader(read);
    return new PartitionScan(reader, order, skips);
  });
  let bytesHeld = 0;
  const scan = new Scan(parts, {
    rules: {
      fromMs: options.fromMs ?? Number.NEGATIVE_INFINITY,
      toMs: options.toMs ?? Number.POSITIVE_INFINITY,
      hasControl: false,
      matcher:
        options.matcher ?? (options.matches === undefined ? null : matcherOf(options.matches)),
    },
    limits: { results: Infinity, bytes: Infinity, timeMs: Infinity, ...options.limits },
    control: {
      get stop() {
        return options.stop?.() ?? null;
      },
      monotonicMs: () => 0,
      breathe: async () => {},
      onProgress: () => {},
    },
  });
  const events: PlacedEvent[] = [];
  const end = await scan.run({
    isFull: false,
    drained: async () => {},
    take(record) {
      bytesHeld = Math.max(bytesHeld, memory.bytes);
      events.push(toEvent(record));
    },
  });
  await files.close();
  const passedBytes = parts.reduce((sum, { reader }) => sum + reader.passedBytes, 0);
  const { bytes } = scan.tally;
  return { events, end, positions: scan.positions, skips, bytesHeld, bytes, passedBytes };
}

type Seen = Parameters<RecordMatcher["matches"]>[0];

function matcherOf(matches: (event: PlacedEvent) => boolean): RecordMatcher {
  return { matches: (record) => matches(toEvent(record)), errorCount: 0, firstError: null };
}

function toEvent({ partition, offset, timestamp, key, value }: Seen): PlacedEvent {
  return { partition, offset, timestamp, key: textOf(key), value: textOf(value) };
}

function textOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : new TextDecoder().decode(bytes);
}

/** A rig with logs of several partitions, small segments and dense indexes. */
export async function openLogs(
  count: number,
  config: Partial<LogConfig> = {},
): Promise<{ readonly rig: Rig; readonly logs: readonly PartitionLog[] }> {
  const rig = await Rig.open();
  const logs: PartitionLog[] = [];
  for (let partition = 0; partition < count; partition += 1) {
    logs.push(
      await rig.log({ segmentBytes: 2_000, indexIntervalBytes: 200, ...config }, partition),
    );
  }
  return { rig, logs };
}
