/**
 * The data folders of a broker, each on a disk of its own. A partition lives in one of them: where its
 * folder was found, else in the one that has the fewest. A folder whose disk fails is offline alone; the
 * broker goes on with the others until there is none.
 */
import { IoError, messageOf } from "@runnel/kit/errors.ts";
import { FileHandles } from "./file-handles.ts";
import { IndexCache } from "./index-cache.ts";
import {
  FOLDER_OFFLINE,
  type FolderFate,
  keyOf,
  LogManager,
  type LogManagerOptions,
  type SharedParts,
} from "./log-manager.ts";
import type { PartitionLog } from "./partition-log.ts";
import type { LogConfig } from "./ports.ts";
import { TailCache } from "./tail-cache.ts";
import { TransactionCache } from "./transaction-files.ts";

/** A data folder as the process that starts the broker found it. */
export interface DataFolder {
  readonly path: string;
  /** Why it cannot be used; null where nothing is known against it. */
  readonly problem: string | null;
}

export interface LogDirsOptions
  extends Omit<LogManagerOptions, "dataFolder" | "shared" | "onFailed"> {
  /** At least one. */
  readonly folders: readonly DataFolder[];
  readonly openFilesMax: number;
  readonly tailCacheBytes: number;
}

/** Told when a data folder goes offline while the broker runs. */
export interface FolderListener {
  onFolderLost(path: string): void;
  /** There is no other. */
  onAllLost(): void;
}

/** A data folder, for whoever asks how it is. */
export interface FolderState extends DataFolder {
  readonly logs: ReadonlyMap<string, PartitionLog>;
}

interface Home {
  readonly path: string;
  /** Null where it could not be opened. */
  readonly manager: LogManager | null;
  readonly problem: string | null;
  partitionCount: number;
}

const NO_LOGS: ReadonlyMap<string, PartitionLog> = new Map();

export class LogDirs {
  readonly #shared: SharedParts;
  readonly #homes: readonly Home[];
  /** Where each partition folder is, by its name. */
  readonly #placed = new Map<string, Home>();
  /** Partition folders that are in two data folders: no one can say which of them counts. */
  readonly #twice = new Map<string, string>();
  /** Folders whose failure was told of. */
  readonly #told = new Set<string>();
  #listener: FolderListener | null = null;

  /** Opens every folder that can be. Rejects where none can. */
  static async open(options: LogDirsOptions): Promise<LogDirs> {
    const { folders, openFilesMax, tailCacheBytes, disk, logger } = options;
    const shared: SharedParts = {
      files: new FileHandles(disk, openFilesMax),
      tailCache: new TailCache(tailCacheBytes, (length) => disk.allocate(length)),
      indexCache: new IndexCache(),
      transactions: new TransactionCache(),
    };
    const homes: Home[] = [];
    const opened: { dirs: LogDirs | null } = { dirs: null };
    const onFailed = (): void => {
      if (opened.dirs !== null) opened.dirs.#tellOfFailures();
    };
    for (const { path, problem } of folders) {
      if (problem !== null) {
        logger.error({ dataFolder: path, problem }, "a data folder is offline");
        homes.push({ path, manager: null, problem, partitionCount: 0 });
        continue;
      }
      try {
        const own = { ...options, dataFolder: path, shared, onFailed };
        const manager = await LogManager.open(own);
        homes.push({ path, manager, problem: null, partitionCount: 0 });
      } catch (error) {
        if (folders.length === 1) throw error;
        logger.error({ dataFolder: path, error: messageOf(error) }, "a data folder is offline");
        homes.push({ path, manager: null, problem: messageOf(error), partitionCount: 0 });
      }
    }
    const dirs = new LogDirs(shared, homes);
    opened.dirs = dirs;
    if (dirs.#online().length > 0) return dirs;
    const reasons = homes.map(({ path, problem }) => `${path}: ${problem}`).join("; ");
    throw new IoError(FOLDER_OFFLINE, `no data folder can be used: ${reasons}`);
  }

  private constructor(shared: SharedParts, homes: readonly Home[]) {
    this.#shared = shared;
    this.#homes = homes;
    for (const home of homes) {
      for (const key of home.manager?.folders ?? []) {
        const other = this.#placed.get(key);
        if (other === undefined) this.#put(key, home);
        else this.#twice.set(key, `${other.path} and ${home.path}`);
      }
    }
  }

  set listener(listener: FolderListener) {
    this.#listener = listener;
  }

  /** Whether the node before this one stopped in order, and nothing of what it had is missing. */
  get wasClean(): boolean {
    return this.#homes.every(({ manager }) => manager?.wasClean === true);
  }

  /** Whether every data folder is in service: what is not found then is not there. */
  get isWhole(): boolean {
    return this.#online().length === this.#homes.length;
  }

  get tailCache(): TailCache {
    return this.#shared.tailCache;
  }

  get openFiles(): number {
    return this.#shared.files.openCount;
  }

  /** Every data folder in the order of the setting, those that are offline with the reason. */
  get folders(): readonly FolderState[] {
    return this.#homes.map(({ path, manager, problem }) => ({
      path,
      problem: manager === null ? problem : manager.failure,
      logs: manager === null || manager.failure !== null ? NO_LOGS : manager.logs,
    }));
  }

  /** Every open log by folder name (topic id, dash, partition). */
  get logs(): ReadonlyMap<string, PartitionLog> {
    return new Map(this.folders.flatMap(({ logs }) => [...logs]));
  }

  /**
   * Opens the log of a partition, made where it is missing; the same one if it is open. One that `isNew`
   * does not say was never there before is not made while a data folder is offline: it may be in that.
   */
  async openLog(
    topicId: string,
    partition: number,
    config: LogConfig,
    isNew: boolean,
  ): Promise<PartitionLog> {
    const key = `${topicId}-${partition}`;
    const both = this.#twice.get(key);
    if (both !== undefined) {
      const advice = "stop the broker and move the one that is not wanted elsewhere";
      throw new IoError(FOLDER_OFFLINE, `${key} is in ${both}: ${advice}`);
    }
    const home = this.#placed.get(key) ?? this.#place(key, isNew);
    return await managerIn(home).openLog(topicId, partition, config);
  }

  /** As `LogManager.sortFolders`, in every folder that is in service. */
  async sortFolders(fateOf: (topicId: string, partition: number) => FolderFate): Promise<void> {
    for (const { manager } of this.#online()) {
      await manager.sortFolders((topicId, partition) => {
        const fate = fateOf(topicId, partition);
        if (fate !== "kept") this.#forget(`${topicId}-${partition}`);
        return fate;
      });
    }
  }

  /** Deletes a partition's log. Rejects where it is, or may be, in a folder that is offline. */
  async deleteLog(topicId: string, partition: number): Promise<void> {
    const key = `${topicId}-${partition}`;
    const home = this.#placed.get(key);
    if (home === undefined) {
      this.#checkWhole(key);
      return;
    }
    await managerIn(home).deleteLog(topicId, partition);
    this.#forget(key);
  }

  /** As `LogManager.deleteRecords`. */
  async deleteRecords(log: PartitionLog, offset: number): Promise<void> {
    await this.managerOf(log).deleteRecords(log, offset);
  }

  /** All logs of the data folder that holds `log`. */
  managerOf(log: PartitionLog): LogManager {
    const key = keyOf(log.folder);
    const home = this.#placed.get(key);
    if (home === undefined) throw new IoError(FOLDER_OFFLINE, `${key} is in no data folder`);
    return managerIn(home);
  }

  /** Closes every log in order and leaves the mark of an orderly stop in every folder. */
  async close(): Promise<void> {
    const managers = this.#homes.flatMap(({ manager }) => manager ?? []);
    const closed = await Promise.allSettled(managers.map((manager) => manager.close()));
    await this.#shared.files.close();
    for (const one of closed) if (one.status === "rejected") throw one.reason;
  }

  #tellOfFailures(): void {
    for (const { path, manager } of this.#homes) {
      if (manager === null || manager.failure === null || this.#told.has(path)) continue;
      this.#told.add(path);
      this.#listener?.onFolderLost(path);
    }
    if (this.#online().length === 0) this.#listener?.onAllLost();
  }

  #online(): { readonly home: Home; readonly manager: LogManager }[] {
    return this.#homes.flatMap((home) => {
      const { manager } = home;
      return manager === null || manager.failure !== null ? [] : [{ home, manager }];
    });
  }

  /** Gives a partition that was not found a place: where the fewest are, the first of equals. */
  #place(key: string, isNew: boolean): Home {
    if (!isNew) this.#checkWhole(key);
    let best: Home | null = null;
    for (const { home } of this.#online()) {
      if (best === null || home.partitionCount < best.partitionCount) best = home;
    }
    if (best === null) throw new IoError(FOLDER_OFFLINE, `${key}: every data folder is offline`);
    this.#put(key, best);
    return best;
  }

  #checkWhole(key: string): void {
    if (this.isWhole) return;
    const offline = this.folders.flatMap(({ path, problem }) => (problem === null ? [] : path));
    const message = `${key} may be in ${offline.join(", ")}, which is offline`;
    throw new IoError(FOLDER_OFFLINE, message);
  }

  #put(key: string, home: Home): void {
    this.#placed.set(key, home);
    home.partitionCount += 1;
  }

  #forget(key: string): void {
    const home = this.#placed.get(key);
    if (home !== undefined) home.partitionCount -= 1;
    this.#placed.delete(key);
    this.#twice.delete(key);
  }
}

function managerIn({ path, manager, problem }: Home): LogManager {
  if (manager !== null) return manager;
  throw new IoError(FOLDER_OFFLINE, `data folder ${path} is offline: ${problem}`);
}
