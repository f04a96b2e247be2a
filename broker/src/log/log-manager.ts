/**
 * All logs of one data folder: opens, checks, trims, deletes and closes them, and keeps the checkpoints
 * from which a restart knows where to begin. Where the disk under it fails, the folder goes offline.
 */
import { assert } from "@runnel/kit/assert.ts";
import { IoError, messageOf } from "@runnel/kit/errors.ts";
import type { Logger, Scheduler, Timer } from "@runnel/kit/world.ts";
import type { Disk, Workers } from "#io/ports.ts";
import { dropSegments } from "./apply-retention.ts";
import { replaceFile, syncAncestors } from "./atomic-file.ts";
import {
  type Checkpoint,
  LOG_STARTS,
  RECOVERY_POINTS,
  readCheckpoint,
  writeCheckpoint,
} from "./checkpoint-file.ts";
import { isDiskFailure } from "./failures.ts";
import type { LogEnvironment, OpenLogOptions } from "./log-environment.ts";
import { DELETED_SUFFIX } from "./names.ts";
import { PartitionLog } from "./partition-log.ts";
import type { LogConfig } from "./ports.ts";
import {
  NO_RECOVERY_POINT,
  numbersOf,
  type RecoveryPoint,
  recoveryPointOf,
} from "./recovery-point.ts";
import { Semaphore } from "./semaphore.ts";

/** Written last at an orderly stop, removed first at the next start. */
const CLEAN_MARKER = "clean-shutdown";
/**
 * Written where a sync failed, as far as that still works: the system may have forgotten what it had not
 * written, and shows it all the same. With the mark, what lies behind the recovery points is written anew.
 */
const SYNC_FAILED_MARKER = "sync-failed";
/** Marks a partition folder whose topic the cluster does not know; a person may look at it. */
const STRAY_SUFFIX = ".stray";
const CHECKPOINT_INTERVAL_MS = 10_000;
/** Logs that are opened, closed or checkpointed at the same time. */
const LOGS_AT_ONCE = 8;

/** Topic id, dash, partition. */
const PARTITION_FOLDER = /^([0-9a-f-]{36})-(\d+)$/;

/** The code of an error about a data folder that is not in service. */
export const FOLDER_OFFLINE = "RUNNEL_DATA_FOLDER_OFFLINE";

/** What is to become of a partition's folder that is found at the start. */
export type FolderFate = "kept" | "deleted" | "unknown";

export interface LogManagerOptions {
  readonly dataFolder: string;
  readonly disk: Disk;
  readonly scheduler: Scheduler;
  readonly workers: Pick<Workers, "decompress">;
  readonly logger: Logger;
  readonly shared: SharedParts;
  nowMs(): number;
  /** Told once, when the folder goes offline. */
  onFailed(): void;
}

/** What the logs of all data folders of a node share. */
export type SharedParts = Pick<
  LogEnvironment,
  "files" | "indexCache" | "tailCache" | "transactions"
>;

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
  /** Folders that are to be written anew before the mark of a failed sync may go. */
  readonly #doubted: Set<string>;
  readonly #savers = new Map<string, Saver>();
  readonly #folderSync: Saver;
  /** Whether the node before this one stopped in order. */
  readonly wasClean: boolean;
  /** Names of the partition folders that were found at the start. */
  readonly folders: ReadonlySet<string>;
  #timer: Timer | null = null;
  #isClosed = false;
  #failure: string | null = null;
  /** Settles when the mark of a failure is written, or cannot be. */
  #marking: Promise<void> = Promise.resolve();

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
    const doubt = `${dataFolder}/${SYNC_FAILED_MARKER}`;
    const isDoubted = (await disk.stat(doubt)) !== null;
    if (isDoubted && !names.some(isPartitionFolder)) await disk.removeFile(doubt);
    return new LogManager(options, { wasClean, names, isDoubted, ...checkpoints });
  }

  private constructor(
    options: LogManagerOptions,
    found: {
      readonly wasClean: boolean;
      readonly names: readonly string[];
      readonly isDoubted: boolean;
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
    this.#doubted = new Set(found.isDoubted ? found.names.filter(isPartitionFolder) : []);
    this.folders = new Set(found.names.filter(isPartitionFolder));
    const { disk, scheduler, workers, logger, dataFolder } = options;
    this.#folderSync = new Saver(() => disk.syncDirectory(dataFolder));
    this.#environment = {
      disk,
      scheduler,
      workers,
      logger,
      ...options.shared,
      nowMs: options.nowMs,
      onFenced: (_folder, error) => {
        if (isDiskFailure(error, "writing")) this.fail(error);
      },
      checkpointAt: (folder, offset) => this.#checkpointAt(folder, offset),
      onCheckpointDue: (folder) => {
        const log = this.#logs.get(keyOf(folder));
        if (log !== undefined) void this.#checkpointLogs([log]);
      },
    };
    this.#schedule();
  }

  get dataFolder(): string {
    return this.#options.dataFolder;
  }

  /** Why the folder is offline; null where it is not. */
  get failure(): string | null {
    return this.#failure;
  }

  /**
   * Takes the folder out of service, for good: what waits in its logs fails, and nothing is begun any
   * more. The mark in it is for the next start.
   */
  fail(error: unknown): void {
    if (this.#failure !== null) return;
    this.#failure = messageOf(error);
    const { dataFolder, logger } = this.#options;
    const fields = { dataFolder, error: this.#failure };
    logger.error(fields, "a data folder failed and goes offline with all partitions in it");
    this.#marking = this.#mark().catch((failure: unknown) => {
      logger.warn({ dataFolder, error: messageOf(failure) }, "the failure could not be marked");
    });
    if (this.#isClosed) return;
    this.#timer?.cancel();
    for (const log of this.#logs.values()) {
      if (log.state !== "fenced") void log.abandon().catch(() => {});
    }
    this.#options.onFailed();
  }

  /** Every open log by folder name (topic id, dash, partition). */
  get logs(): ReadonlyMap<string, PartitionLog> {
    return this.#logs;
  }

  /** Opens the log of a partition, made where it is missing; the same one if it is open. */
  async openLog(topicId: string, partition: number, config: LogConfig): Promise<PartitionLog> {
    const key = `${topicId}-${partition}`;
    this.#checkNotFailed();
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
      const [, topicId, index] = PARTITION_FOLDER.exec(name) ?? [];
      if (topicId === undefined) continue;
      const fate = fateOf(topicId, Number(index));
      if (fate === "deleted") await this.deleteLog(topicId, Number(index));
      if (fate !== "unknown") continue;
      logger.warn({ folder: name }, "no topic has this partition; the folder is set aside");
      this.#doubted.delete(name);
      await disk.rename(`${dataFolder}/${name}`, `${dataFolder}/${name}${STRAY_SUFFIX}`);
    }
  }

  /** Deletes a partition's log: gone from its folder's name at once, its files soon after. */
  async deleteLog(topicId: string, partition: number): Promise<void> {
    const key = `${topicId}-${partition}`;
    const { disk, dataFolder, scheduler } = this.#options;
    this.#checkNotFailed();
    const log = this.#logs.get(key);
    this.#logs.delete(key);
    this.#doubted.delete(key);
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
    await dropSegments(log);
  }

  /** Says whether a recovery point at `offset` or behind it is durable; makes one where none is. */
  async #checkpointAt(folder: string, offset: number): Promise<boolean> {
    const key = keyOf(folder);
    const log = this.#logs.get(key);
    const pointOf = (): number => recoveryPointOf(this.#recoveryPoints.get(key))?.offset ?? 0;
    if (log !== undefined && pointOf() < offset) await this.#checkpointLogs([log]);
    return pointOf() >= offset;
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
      await this.#marking;
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
    if (this.#failure !== null) return;
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
    const options: OpenLogOptions = {
      folder,
      config,
      recoveryPoint,
      logStartOffset: Math.max(logStart, recoveryPoint?.logStartOffset ?? 0),
      isDurable: this.#untouched.delete(key),
      isDoubted: this.#doubted.has(key),
    };
    try {
      const log = await this.#openings.run(() => PartitionLog.open(this.#environment, options));
      if (!this.#durableFolders.has(key)) {
        await this.#folderSync.save();
        this.#durableFolders.add(key);
      }
      if (this.#failure !== null) await log.abandon();
      this.#checkNotFailed();
      this.#logs.set(key, log);
      await this.#believe(key);
      return log;
    } catch (error) {
      if (isDiskFailure(error, "loading")) this.fail(error);
      throw error;
    }
  }

  #checkNotFailed(): void {
    const { dataFolder } = this.#options;
    if (this.#failure === null) return;
    throw new IoError(FOLDER_OFFLINE, `data folder ${dataFolder} is offline: ${this.#failure}`);
  }

  async #mark(): Promise<void> {
    const { disk, dataFolder } = this.#options;
    const file = await disk.open(`${dataFolder}/${SYNC_FAILED_MARKER}`, { create: true });
    await file.close();
    await disk.syncDirectory(dataFolder);
  }

  /** The log `key` was loaded and is durable: with the last one in doubt the mark goes. */
  async #believe(key: string): Promise<void> {
    if (!this.#doubted.delete(key) || this.#doubted.size > 0) return;
    const { disk, dataFolder } = this.#options;
    await disk.removeFile(`${dataFolder}/${SYNC_FAILED_MARKER}`);
    await disk.syncDirectory(dataFolder);
  }

  #schedule(): void {
    this.#timer = this.#options.scheduler.after(CHECKPOINT_INTERVAL_MS, () => {
      const due = [...this.#logs.values()].filter((log) => log.bytesSinceCheckpoint > 0);
      void this.#checkpointLogs(due).finally(() => {
        if (!this.#isClosed && this.#failure === null) this.#schedule();
      });
    });
  }

  async #checkpointLogs(logs: readonly PartitionLog[]): Promise<void> {
    if (this.#isClosed || this.#failure !== null || logs.length === 0) return;
    try {
      await inBatches(logs, async (log) => {
        try {
          if (log.state === "open") this.#setPoint(log, await log.checkpoint());
        } catch (error) {
          const { folder } = log;
          this.#options.logger.warn({ folder, error: messageOf(error) }, "a checkpoint failed");
          if (isDiskFailure(error, "writing")) this.fail(error);
        }
      });
      if (this.#isClosed || this.#failure !== null) return;
      await this.#save(RECOVERY_POINTS, this.#recoveryPoints);
    } catch (error) {
      this.#options.logger.warn({ error: messageOf(error) }, "a checkpoint could not be written");
      if (isDiskFailure(error, "writing")) this.fail(error);
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

function isPartitionFolder(name: string): boolean {
  return PARTITION_FOLDER.test(name);
}

/** The data folder that a log is in. */
export function dataFolderOf({ folder }: Pick<PartitionLog, "folder">): string {
  return folder.slice(0, folder.lastIndexOf("/"));
}

/** The name of a log's folder. */
export function keyOf(folder: string): string {
  return folder.slice(folder.lastIndexOf("/") + 1);
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
    // Also between the end of one run and the begin of the next that waited for it.
    if (this.#next !== null) return this.#next;
    if (this.#running === null) return this.#run();
    this.#next = this.#running
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
