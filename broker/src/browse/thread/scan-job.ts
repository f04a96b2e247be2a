/** A scan as a job of a thread: finds its ranges, runs, and tells of events and progress on the way. */
import { FileHandles } from "#log/file-handles.ts";
import { compileFilter, type FilterOptions } from "../filter/compile.ts";
import type { RecordMatcher } from "../filter/matcher.ts";
import { KeyFinder } from "../keys/key-finder.ts";
import {
  CHUNK_BYTES_MAX,
  CHUNK_BYTES_MIN,
  CHUNKS_BYTES_MAX,
  OPEN_FILES_MAX,
  PARTITIONS_TOLD_MAX,
  POSITION_BYTES,
  PROGRESS_MS,
  SCAN_STALLED_MS_MAX,
} from "../limits.ts";
import { LatestMatcher } from "../scan/latest-matcher.ts";
import { PartitionScan } from "../scan/partition-scan.ts";
import { Scan } from "../scan/scan.ts";
import { locateTimes } from "../source/locate.ts";
import { MemoryBook } from "../source/memory-book.ts";
import { type OffsetRange, PartitionReader } from "../source/partition-reader.ts";
import type { SourceWorld } from "../source/segment-source.ts";
import { Skips } from "../source/skips.ts";
import { type PartitionSnapshot, segmentsOf } from "../source/snapshot.ts";
import { EventOutbox } from "./event-outbox.ts";
import { type Job, JobCancelled } from "./job.ts";
import type { PartitionProgress, ScanCounts, ScanSaid, ScanTask } from "./scan-task.ts";

/** Runs `task` to its end. */
export async function runScan(task: ScanTask, job: Job): Promise<void> {
  const files = new FileHandles(job.disk, OPEN_FILES_MAX);
  try {
    await new ScanJob(task, job, files).run();
  } finally {
    await files.close();
  }
}

class ScanJob {
  readonly #task: ScanTask;
  readonly #job: Job;
  readonly #world: SourceWorld;
  readonly #outbox: EventOutbox;
  readonly #matcher: RecordMatcher | LatestMatcher | null;
  readonly #skips = new Skips();
  /** One for each partition, where only some keys are wanted. */
  readonly #finders: KeyFinder[] = [];
  #bytesInRange = 0;
  /** Positions that were told, by partition. */
  readonly #told = new Map<number, number>();
  /** Up to where the client must have taken what was said before there is more progress to say. */
  #progressEndsAt = 0;
  #isStalled = false;

  constructor(task: ScanTask, job: Job, files: FileHandles) {
    this.#task = task;
    this.#job = job;
    this.#outbox = new EventOutbox(job, task.form);
    const now = { nowMs: () => job.clock.monotonicMs() };
    this.#matcher = matcherOf(task, now);
    const share = CHUNKS_BYTES_MAX / Math.max(1, task.snapshots.length);
    this.#world = {
      files,
      allocate: (length) => job.disk.allocate(length),
      list: (folder) => job.disk.list(folder),
      chunkBytes: Math.min(CHUNK_BYTES_MAX, Math.max(CHUNK_BYTES_MIN, Math.floor(share))),
    };
  }

  async run(): Promise<void> {
    this.#say({ kind: "phase", phase: "locating" });
    const parts = await this.#locate();
    this.#say({ kind: "phase", phase: "scanning" });
    const { hasControl, fromMs, toMs, limits } = this.#task;
    const job = this.#job;
    const stop = (): "cancelled" | "keys" | "stalled" | null => this.#stop;
    let saidAt = job.clock.monotonicMs();
    const scan: Scan = new Scan(parts, {
      rules: {
        hasControl,
        fromMs,
        toMs,
        matcher: this.#matcher,
        isNewestFirst: this.#task.latest !== null,
      },
      limits,
      control: {
        get stop() {
          return stop();
        },
        monotonicMs: () => job.clock.monotonicMs(),
        breathe: () => job.breathe(),
        onProgress: () => {
          this.#outbox.flush();
          if (job.clock.monotonicMs() - saidAt < PROGRESS_MS) return;
          saidAt = job.clock.monotonicMs();
          this.#sayProgress(scan);
        },
      },
    });
    const end = await scan.run({
      get isFull() {
        return job.isFull;
      },
      drained: (untilMs) => this.#drained(untilMs),
      take: (record) => this.#outbox.add(record),
    });
    if (end === "cancelled") throw new JobCancelled();
    this.#outbox.flush();
    const { listed, count, offsets } = this.#skips;
    this.#say({
      kind: "done",
      reason: end,
      counts: this.#counts(scan),
      positions: scan.positions,
      firstFilterError: this.#matcher?.firstError ?? null,
      keyIndex: this.#keyIndex(),
      skips: { listed, count, offsets },
    });
  }

  get #stop(): "cancelled" | "keys" | "stalled" | null {
    if (this.#job.isCancelled) return "cancelled";
    if (this.#isStalled) return "stalled";
    return this.#matcher instanceof LatestMatcher && this.#matcher.isFull ? "keys" : null;
  }

  /** Waits for a client that takes nothing, but not for ever: others wait for the thread. */
  async #drained(untilMs: number): Promise<void> {
    const job = this.#job;
    this.#outbox.flush();
    await job.waitForClient(Math.min(untilMs, job.tookAt + SCAN_STALLED_MS_MAX));
    const silentMs = job.clock.monotonicMs() - job.tookAt;
    this.#isStalled = job.isFull && silentMs >= SCAN_STALLED_MS_MAX;
  }

  async #locate(): Promise<PartitionScan[]> {
    const { snapshots, order } = this.#task;
    const memory = new MemoryBook(CHUNKS_BYTES_MAX);
    const parts: PartitionScan[] = [];
    for (const snapshot of snapshots) {
      const range = await this.#rangeOf(snapshot);
      this.#bytesInRange += bytesWithin(snapshot, range);
      const planner = this.#finderFor(snapshot);
      const options = {
        snapshot,
        order,
        range,
        world: this.#world,
        memory,
        skips: this.#skips,
        planner,
      };
      const resumeAt = this.#task.latest === null ? null : this.#task.positions;
      const reader = new PartitionReader(options);
      const { partition } = snapshot;
      parts.push(new PartitionScan(reader, order, this.#skips, resumeAt?.get(partition)));
    }
    return parts;
  }

  #finderFor({ folder }: PartitionSnapshot): KeyFinder | null {
    const { keys } = this.#task;
    if (keys === null) return null;
    const finder = new KeyFinder(this.#world.files, folder, keys);
    this.#finders.push(finder);
    return finder;
  }

  async #rangeOf(snapshot: PartitionSnapshot): Promise<OffsetRange> {
    const { order, ranges, latest, fromMs, toMs } = this.#task;
    // The latest of each key are known by what is newer, wherever an earlier scan stopped.
    const positions = latest === null ? this.#task.positions : null;
    const { partition, logStartOffset, endOffset } = snapshot;
    const asked = ranges.get(partition) ?? { low: 0, high: Infinity };
    let low = Math.max(asked.low, logStartOffset);
    let high = Math.min(asked.high, endOffset);
    const position = positions?.get(partition);
    if (position !== undefined && order === "oldest") low = Math.max(low, position);
    if (position !== undefined && order === "newest") high = Math.min(high, position);
    // Bounds that a position replaces need not be looked for again.
    const isLowKnown = position !== undefined && order === "oldest";
    const isHighKnown = position !== undefined && order === "newest";
    const times = await locateTimes(this.#world, snapshot, {
      fromMs: isLowKnown ? -Infinity : fromMs,
      toMs: isHighKnown ? Infinity : toMs,
    });
    low = Math.max(low, times.low);
    high = Math.min(high, times.high);
    return { low, high: Math.max(low, high) };
  }

  /** Says how far the scan is, unless the client has not even taken what was said of that before. */
  #sayProgress(scan: Scan): void {
    const job = this.#job;
    if (!job.hasTaken(this.#progressEndsAt)) return;
    const partitions: PartitionProgress[] = [];
    for (const part of scan.parts) {
      const { partition } = part.reader;
      const { position: offset, reachedAt: timestamp } = part;
      if (this.#told.get(partition) === offset) continue;
      if (partitions.length === PARTITIONS_TOLD_MAX) break;
      this.#told.set(partition, offset);
      partitions.push({ partition, offset, timestamp });
    }
    const { positions } = scan;
    const message = {
      kind: "progress",
      counts: this.#counts(scan),
      partitions,
      positions,
    } as const;
    job.say(message satisfies ScanSaid, POSITION_BYTES * (1 + positions.size + partitions.length));
    this.#progressEndsAt = job.saidBytes;
  }

  #keyIndex(): { readonly bytes: number; readonly indexedBytes: number } | null {
    if (this.#task.keys === null) return null;
    const total = { bytes: 0, indexedBytes: 0 };
    for (const { bytes, indexedBytes } of this.#finders) {
      total.bytes += bytes;
      total.indexedBytes += indexedBytes;
    }
    return total;
  }

  #counts({ tally, taken, parts }: Scan): ScanCounts {
    return {
      ...tally,
      passedBytes: parts.reduce((sum, { reader }) => sum + reader.passedBytes, 0),
      bytesInRange: this.#bytesInRange,
      matches: taken,
      filterErrors: this.#matcher?.errorCount ?? 0,
    };
  }

  #say(message: ScanSaid): void {
    this.#job.say(message);
  }
}

function matcherOf(task: ScanTask, options: FilterOptions): RecordMatcher | LatestMatcher | null {
  const { condition, latest, positions } = task;
  if (latest !== null) return new LatestMatcher({ ...options, ...latest, condition, positions });
  return condition === null ? null : compileFilter(condition, options);
}

/** About how many bytes a range has: of segments that it has in part, that share of their bytes. */
function bytesWithin(snapshot: PartitionSnapshot, { low, high }: OffsetRange): number {
  let bytes = 0;
  for (const { baseOffset, endOffset, size } of segmentsOf(snapshot)) {
    const within = Math.min(endOffset, high) - Math.max(baseOffset, low);
    if (within > 0) bytes += (size * within) / (endOffset - baseOffset);
  }
  return Math.round(bytes);
}
