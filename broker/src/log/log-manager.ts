/**
 * All logs of one data folder: opens, checks, trims, deletes and closes them, and keeps the checkpoints
 * from which a restart knows where to begin.
 */
import { assert } from "@runnel/kit/assert.ts";
import { messageOf } from "@runnel/kit/errors.ts";
import type { Logger, Scheduler, Timer } from "@runnel/kit/world.ts";
import type { Disk, Workers } from "#io/ports.ts";
import { replaceFile, syncAncestors } from "./atomic-file.ts";
import {
  type Checkpoint,
  LOG_STARTS,
  RECOVERY_POINTS,
  readCheckpoint,
  writeCheckpoint,
} from "./checkpoint-file.ts";
import { FileHandles } from "./file-handles.ts";
import { IndexCache } from "./index-cache.ts";
import type { LogEnvironment } from "./log-environment.ts";
import { DELETED_SUFFIX } from "./names.ts";
import { PartitionLog } from "./partition-log.ts";
import type { LogConfig } from "./ports.ts";
import {
  NO_RECOVERY_POINT,
  numbersOf,
  type RecoveryPoint,
  recoveryPointOf,
} from "./recovery-point.ts";
import { expiredCount } from "./retention.ts";
import type { Segment } from "./segment.ts";
import { confirmNewest } from "./segment-files.ts";
import { Semaphore } from "./semaphore.ts";
import { TailCache } from "./tail-cache.ts";
import { TransactionCache } from "./transaction-files.ts";

/** Written last at an orderly stop, removed first at the next start. */
const CLEAN_MARKER = "clean-shutdown";
/** Marks a partition folder whose topic the cluster does not know; a person may look at it. */
const STRAY_SUFFIX = ".stray";
const CHECKPOINT_INTERVAL_MS = 10_000;
/** Logs that are opened, closed or checkpointed at the same time. */
const LOGS_AT_ONCE = 8;

/** What is to become of a partition's folder that is found at the start. */
export type FolderFate = "kept" | "deleted" | "unknown";

export interface LogManagerOptions {
  readonly dataFolder: string;
  readonly disk: Disk;
  readonly scheduler: Scheduler;
  readonly workers: Pick<Workers, "decompress">;
  readonly logger: Logger;
  readonly openFilesMax: number;
  readonly tailCacheBytes: number;
  nowMs(): number;
}

export class LogManager {
  readonly #options: LogManagerOptions;
  readonly #environment: LogEnvironment;
  readonly #logs = new Map<string, PartitionLog>();
  readonly #opening = new Map<string, Promise<PartitionLog>>();
  readonly #recoveryPoints: Checkpoint;
  readonly #logStarts: Checkpoint;
  /** Log starts by folder name, as far as they are durable. */
  readonly #savedStarts: Map<string, number>;
  /** Folders that were there at the start after an orderly stop, and were not opened since. */
  readonly #untouched: Set<string>;
  /** Folders whose name is durable. */
  readonly #durableFolders: Set<string>;
  readonly #openings = new Semaphore(LOGS_AT_ONCE);
  readonly #savers = new Map<string, Saver>();
  readonly #folderSync: Saver;
  /** Whether the node before this one stopped in order. */
  readonly wasClean: boolean;
  #timer: Timer | null = null;
  #isClosed = false;

  /** Reads the checkpoints of the data folder and sweeps what was being deleted. */
  static async open(options: LogManagerOptions): Promise<LogManager> {
    const { disk, dataFolder, logger } = options;
    await disk.makeDirectory(dataFolder);
    await syncAncestors(disk, dataFolder);
    const marker = `${dataFolder}/${CLEAN_MARKER}`;
    const wasClean = (await disk.stat(marker)) !== null;
    await disk.removeFile(marker);
    await disk.syncDirectory(dataFolder);
    const names = await disk.list(dataFolder);
    for (const name of names) {
      if (name.endsWith(DELETED_SUFFIX)) await disk.removeDirectory(`${dataFolder}/${name}`);
    }
    const read = async (name: string): Promise<Checkpoint> => {
      const checkpoint = await readCheckpoint(disk, dataFolder, name);
      if (checkpoint === null) logger.warn({ name }, "checkpoint is damaged; all logs are checked");
      return checkpoint ?? new Map();
    };
    const checkpoints = { points: await read(RECOVERY_POINTS), starts: await read(LOG_STARTS) };
    return new LogManager(options, { wasClean, names, ...checkpoints });
  }

  private constructor(
    options: LogManagerOptions,
    found: {
      readonly wasClean: boolean;
      readonly names: readonly string[];
      readonly points: Checkpoint;
      readonly starts: Checkpoint;
    },
  ) {
    this.#options = options;
    this.wasClean = found.wasClean;
    this.#recoveryPoints = found.points;
    this.#logStarts = found.starts;
    this.#savedStarts = new Map([...found.starts].map(([key, [start = 0]]) => [key, start]));
    this.#durableFolders = new Set(found.names);
    this.#untouched = new Set(found.wasClean ? found.names : []);
    const { disk, scheduler, workers, logger, dataFolder } = options;
    this.#folderSync = new Saver(() => disk.syncDirectory(dataFolder));
    this.#environment = {
      disk,
      scheduler,
      workers,
      logger,
      files: new FileHandles(disk, options.openFilesMax),
      tailCache: new TailCache(options.tailCacheBytes, (length) => disk.allocate(length)),
      indexCache: new IndexCache(),
      transactions: new TransactionCache(),
      nowMs: options.nowMs,
      onCheckpointDue: (folder) => {
        const log = this.#logs.get(keyOf(folder));
        if (log !== undefined) void this.#checkpointLogs([log]);
      },
    };
    this.#schedule();
  }

  get tailCache(): TailCache {
    return this.#environment.tailCache;
  }

  get openFiles(): number {
    return this.#environment.files.openCount;
  }

  /** Every open log by folder name (topic id, dash, partition). */
  get logs(): ReadonlyMap<string, PartitionLog> {
    return this.#logs;
  }

  /** Opens the log of a partition, made where it is missing; the same one if it is open. */
  async openLog(topicId: string, partition: number, config: LogConfig): Promise<PartitionLog> {
    const key = `${topicId}-${partition}`;
    const known = this.#logs.get(key) ?? this.#opening.get(key);
    if (known !== undefined) return await known;
    assert(!this.#isClosed, `log ${key} is opened after the manager was closed`);
    const opening = this.#open(key, config).finally(() => this.#opening.delete(key));
    this.#opening.set(key, opening);
    return await opening;
  }

  /**
   * Deletes the folders of partitions that were to go when the node stopped, and renames those that
   * nobody knows: nothing is deleted that no one asked to.
   */
  async sortFolders(fateOf: (topicId: string, partition: number) => FolderFate): Promise<void> {
    const { disk, dataFolder, logger } = this.#options;
    for (const name of await disk.list(dataFolder)) {
      const [, topicId, index] = /^([0-9a-f-]{36})-(\d+)$/.exec(name) ?? [];
      if (topicId === undefined) continue;
      const fate = fateOf(topicId, Number(index));
      if (fate === "deleted") await this.deleteLog(topicId, Number(index));
      if (fate !== "unknown") continue;
      logger.warn({ folder: name }, "no topic has this partition; the folder is set aside");
      await disk.rename(`${dataFolder}/${name}`, `${dataFolder}/${name}${STRAY_SUFFIX}`);
    }
  }

  /** Deletes a partition's log: gone from its folder's name at once, its files soon after. */
  async deleteLog(topicId: string, partition: number): Promise<void> {
    const key = `${topicId}-${partition}`;
    const { disk, dataFolder, scheduler } = this.#options;
    const log = this.#logs.get(key);
    this.#logs.delete(key);
    this.#recoveryPoints.delete(key);
    this.#logStarts.delete(key);
    this.#savedStarts.delete(key);
    await log?.abandon();
    const path = `${dataFolder}/${key}`;
    if ((await disk.stat(path)) !== null) await disk.rename(path, path + DELETED_SUFFIX);
    await this.#folderSync.save();
    this.#durableFolders.delete(key);
    if ((await disk.stat(path + DELETED_SUFFIX)) === null) return;
    scheduler.after(log?.config.fileDeleteDelayMs ?? 0, () => {
      disk.removeDirectory(path + DELETED_SUFFIX).catch((error: unknown) => {
        this.#options.logger.warn({ path, error: messageOf(error) }, "deleting a folder failed");
      });
    });
  }

  /** Moves a log's start up to `offset`, durable when it returns, and drops what lies below. */
  async deleteRecords(log: PartitionLog, offset: number): Promise<void> {
    const key = keyOf(log.folder);
    if (offset <= (this.#savedStarts.get(key) ?? 0)) return;
    log.advanceStart(offset);
    const start = log.logStartOffset;
    this.#logStarts.set(key, [start]);
    // Kept twice, because nothing else could tell that deleted records are not to be seen.
    const point = recoveryPointOf(this.#recoveryPoints.get(key)) ?? NO_RECOVERY_POINT;
    this.#recoveryPoints.set(key, numbersOf({ ...point, logStartOffset: start }));
    await this.#save(LOG_STARTS, this.#logStarts);
    await this.#save(RECOVERY_POINTS, this.#recoveryPoints);
    this.#savedStarts.set(key, Math.max(start, this.#savedStarts.get(key) ?? 0));
    await log.dropSegments();
  }

  /** Deletes what a log no longer has to keep. Returns how many segments went. */
  async applyRetention(log: PartitionLog, highWatermark: number): Promise<number> {
    if (log.state !== "open") return 0;
    for (const segment of log.segments.slice(0, this.#expired(log, highWatermark))) {
      await confirm(log, segment);
    }
    const count = log.state === "open" ? this.#expired(log, highWatermark) : 0;
    if (count === 0) {
      await log.dropSegments();
      return 0;
    }
    if (count === log.segments.length) log.rollIfFilled();
    log.advanceStart(log.segments[count]?.baseOffset ?? log.nextOffset);
    await log.dropSegments();
    return count;
  }

  #expired(log: PartitionLog, highWatermark: number): number {
    const { cleanupPolicy, retentionMs, retentionBytes } = log.config;
    if (!cleanupPolicy.includes("delete")) return 0;
    const ages = log.segments.map((segment) => ({
      baseOffset: segment.baseOffset,
      size: segment.size,
      newestAt: segment.maxTimestamp >= 0 ? segment.maxTimestamp : segment.createdAt,
    }));
    return expiredCount(ages, {
      retentionMs,
      retentionBytes,
      highWatermark,
      endOffset: log.nextOffset,
      nowMs: this.#options.nowMs(),
    });
  }

  /** Closes every log in order and leaves the mark of an orderly stop. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer?.cancel();
    await Promise.allSettled(this.#opening.values());
    try {
      await this.#closeLogs();
    } finally {
      await this.#environment.files.close();
    }
  }

  async #closeLogs(): Promise<void> {
    let failed = 0;
    await inBatches([...this.#logs.values()], async (log) => {
      if (log.state !== "open") failed += 1;
      try {
        this.#setPoint(log, await log.close());
      } catch (error) {
        failed += 1;
        const { folder } = log;
        this.#options.logger.error({ folder, error: messageOf(error) }, "closing a log failed");
      }
    });
    await this.#save(RECOVERY_POINTS, this.#recoveryPoints);
    await this.#save(LOG_STARTS, this.#logStarts);
    if (failed > 0) return;
    const { disk, dataFolder } = this.#options;
    await replaceFile(disk, dataFolder, CLEAN_MARKER, new Uint8Array());
  }

  /** Opens a log; the folder of a new one is durable before anything in it can be acknowledged. */
  async #open(key: string, config: LogConfig): Promise<PartitionLog> {
    const folder = `${this.#options.dataFolder}/${key}`;
    const recoveryPoint = recoveryPointOf(this.#recoveryPoints.get(key));
    const [logStart = 0] = this.#logStarts.get(key) ?? [];
    const log = await this.#openings.run(() =>
      PartitionLog.open(this.#environment, {
        folder,
        config,
        recoveryPoint,
        logStartOffset: Math.max(logStart, recoveryPoint?.logStartOffset ?? 0),
        isDurable: this.#untouched.delete(key),
      }),
    );
    if (!this.#durableFolders.has(key)) {
      await this.#folderSync.save();
      this.#durableFolders.add(key);
    }
    this.#logs.set(key, log);
    return log;
  }

  #schedule(): void {
    this.#timer = this.#options.scheduler.after(CHECKPOINT_INTERVAL_MS, () => {
      const due = [...this.#logs.values()].filter((log) => log.bytesSinceCheckpoint > 0);
      void this.#checkpointLogs(due).finally(() => {
        if (!this.#isClosed) this.#schedule();
      });
    });
  }

  async #checkpointLogs(logs: readonly PartitionLog[]): Promise<void> {
    if (this.#isClosed || logs.length === 0) return;
    try {
      await inBatches(logs, async (log) => {
        try {
          if (log.state === "open") this.#setPoint(log, await log.checkpoint());
        } catch (error) {
          const { folder } = log;
          this.#options.logger.warn({ folder, error: messageOf(error) }, "a checkpoint failed");
        }
      });
      if (!this.#isClosed) await this.#save(RECOVERY_POINTS, this.#recoveryPoints);
    } catch (error) {
      this.#options.logger.warn({ error: messageOf(error) }, "a checkpoint could not be written");
    }
  }

  #setPoint(log: PartitionLog, point: RecoveryPoint): void {
    const key = keyOf(log.folder);
    if (this.#logs.get(key) === log) this.#recoveryPoints.set(key, numbersOf(point));
  }

  /** Writes a checkpoint; calls that come while one is written share the next. */
  #save(name: string, checkpoint: Checkpoint): Promise<void> {
    const { disk, dataFolder } = this.#options;
    let saver = this.#savers.get(name);
    if (saver === undefined) {
      saver = new Saver(() => writeCheckpoint(disk, dataFolder, name, checkpoint));
      this.#savers.set(name, saver);
    }
    return saver.save();
  }
}

function keyOf(folder: string): string {
  return folder.slice(folder.lastIndexOf("/") + 1);
}

/** Makes sure that a closed segment is as old as its index says, before it goes because of that. */
async function confirm(log: PartitionLog, segment: Segment): Promise<void> {
  if (segment.isNewestKnown) return;
  const { indexCache } = log.environment;
  const indexes = await indexCache.indexesOf(log.io, segment, log.config.indexIntervalBytes);
  await confirmNewest(log.io, segment, indexes);
}

/** Runs `work` again and again, never twice at once; each call gets a run that began after it. */
class Saver {
  readonly #work: () => Promise<void>;
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  save(): Promise<void> {
    if (this.#running === null) return this.#run();
    this.#next ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#next = null;
        return this.#run();
      });
    return this.#next;
  }

  #run(): Promise<void> {
    const running = this.#work().finally(() => {
      if (this.#running === running) this.#running = null;
    });
    this.#running = running;
    return running;
  }
}

/** Runs `work` for every item, at most `LOGS_AT_ONCE` at a time. */
export async function inBatches<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const item = items[next] as T;
      next += 1;
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(LOGS_AT_ONCE, items.length) }, worker));
}
