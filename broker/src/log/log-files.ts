/**
 * What a log does with its files beside the group commit: closing segments, saving indexes and producer
 * snapshots. One task at a time, in order, while appends go on; so no two ever write the same file.
 */
import { messageOf } from "@runnel/kit/errors.ts";
import type { Logger, Scheduler } from "@runnel/kit/world.ts";
import { replaceFile } from "./atomic-file.ts";
import { type Swap, swapSegments } from "./compaction/segment-swap.ts";
import type { ReaderIo } from "./log-reader.ts";
import { DELETED_SUFFIX, fileName, INDEX_SUFFIXES, offsetOfName } from "./names.ts";
import type { Segment } from "./segment.ts";
import { saveIndexes } from "./segment-files.ts";
import { saveTransactions } from "./transaction-files.ts";

/** Snapshots kept beside the one that the recovery point needs. */
const SNAPSHOTS_KEPT = 2;

export interface SwapOptions {
  readonly isWanted: () => boolean;
  /** Called when the files are in their places, before anything else is done with them. */
  readonly onSwapped: () => void;
  readonly scheduler: Scheduler;
  readonly delayMs: number;
}

export class LogFiles {
  readonly #folder: string;
  readonly #io: ReaderIo;
  readonly #logger: Logger;
  readonly #sync: (segment: Segment) => Promise<void>;
  /** Settles when all that was asked for is done. Never rejects. */
  #tasks: Promise<void> = Promise.resolve();
  #isStopped = false;
  /** Segments that are not the active one any more and whose files are not complete yet. */
  readonly #closing = new Set<Segment>();

  /** `sync` makes a segment's batches durable, or rejects and has fenced the log. */
  constructor(options: {
    readonly folder: string;
    readonly io: ReaderIo;
    readonly logger: Logger;
    readonly sync: (segment: Segment) => Promise<void>;
  }) {
    this.#folder = options.folder;
    this.#io = options.io;
    this.#logger = options.logger;
    this.#sync = options.sync;
  }

  /** Resolves once nothing is under way. */
  async idle(): Promise<void> {
    for (let seen: Promise<void> | null = null; seen !== this.#tasks; ) {
      seen = this.#tasks;
      await seen;
    }
  }

  /** Begins nothing more. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Makes the file of a new segment; its name is durable when it returns. */
  async create(segment: Segment): Promise<void> {
    await this.#io.files.create(segment.path(".log"));
    await this.#io.disk.syncDirectory(this.#folder);
  }

  /** Closes those of `segments`, none of which is the active one, that a crash left without their files. */
  adopt(segments: readonly Segment[]): void {
    for (const segment of segments) {
      if (segment.indexes === null && segment.aborted === null) continue;
      segment.finishTimes();
      this.close(segment);
    }
  }

  /** Completes the files of a segment that takes no more batches; `complete` waits for it. */
  close(segment: Segment): void {
    this.#closing.add(segment);
    void this.#run(() => this.#complete(segment)).catch((error: unknown) => {
      this.#logger.warn(
        { path: segment.path(".log"), error: messageOf(error) },
        "closing a segment failed; it is tried again with the next checkpoint",
      );
    });
  }

  /** Everything in closed segments is durable and indexed when it returns. */
  async completeAll(): Promise<void> {
    await this.#run(async () => {
      for (const segment of this.#closing) await this.#complete(segment);
    });
  }

  /** Brings the active segment's indexes to their files. */
  async saveIndexes(segment: Segment): Promise<void> {
    await this.#run(() => saveIndexes(this.#io.disk, segment, { isClosed: false }));
  }

  /** Saves a producer snapshot; those that are not needed for `recoveryOffset` go. */
  async saveSnapshot(offset: number, bytes: Uint8Array, recoveryOffset: number): Promise<void> {
    await this.#run(async () => {
      const { disk } = this.#io;
      await replaceFile(disk, this.#folder, fileName(offset, ".snapshot"), bytes);
      const names = await disk.list(this.#folder);
      const offsets = names.flatMap((name) => offsetOfName(name, ".snapshot") ?? []);
      offsets.sort((a, b) => b - a);
      const needed = offsets.findIndex((one) => one <= recoveryOffset);
      for (const [index, old] of offsets.entries()) {
        if (index < SNAPSHOTS_KEPT || index === needed) continue;
        await disk.removeFile(`${this.#folder}/${fileName(old, ".snapshot")}`);
      }
    });
  }

  /** Saves a snapshot that nothing relies on: the next checkpoint makes another. */
  offerSnapshot(offset: number, bytes: Uint8Array, recoveryOffset: number): void {
    this.saveSnapshot(offset, bytes, recoveryOffset).catch((error: unknown) => {
      const fields = { folder: this.#folder, error: messageOf(error) };
      this.#logger.warn(fields, "saving a producer snapshot failed");
    });
  }

  /** Takes the files of `segments` out of the log for good, oldest first; they go after `delayMs`. */
  async remove(
    segments: readonly Segment[],
    { scheduler, delayMs }: { readonly scheduler: Scheduler; readonly delayMs: number },
  ): Promise<void> {
    const { disk, files } = this.#io;
    const aside: string[] = [];
    for (const segment of segments) {
      this.#closing.delete(segment);
      for (const suffix of [".log", ...INDEX_SUFFIXES] as const) {
        const path = segment.path(suffix);
        await files.release(path);
        if ((await disk.stat(path)) === null) continue;
        await disk.rename(path, path + DELETED_SUFFIX);
        aside.push(path + DELETED_SUFFIX);
      }
    }
    await disk.syncDirectory(this.#folder);
    scheduler.after(delayMs, () => {
      for (const path of aside) disk.removeFile(path).catch(() => {});
    });
  }

  /**
   * As `swapSegments`, when its turn has come and it still is wanted; false where it is not, or nothing is
   * begun any more. The old files go after `delayMs`.
   */
  async swap(swap: Swap, options: SwapOptions): Promise<boolean> {
    let isDone = false;
    await this.#run(async () => {
      if (!options.isWanted()) return;
      const aside = await swapSegments(this.#io, swap);
      options.onSwapped();
      isDone = true;
      options.scheduler.after(options.delayMs, () => {
        for (const path of aside) void this.#discard(path);
      });
    });
    return isDone;
  }

  async #discard(path: string): Promise<void> {
    await this.#io.files.release(path);
    await this.#io.disk.removeFile(path).catch(() => {});
  }

  async #complete(segment: Segment): Promise<void> {
    if (!this.#closing.has(segment)) return;
    await this.#sync(segment);
    await saveIndexes(this.#io.disk, segment, { isClosed: true });
    await saveTransactions(this.#io.disk, segment);
    segment.indexes = null;
    await this.#io.files.release(segment.path(".log"));
    this.#closing.delete(segment);
  }

  #run(work: () => Promise<void>): Promise<void> {
    const task = this.#tasks.then(() => (this.#isStopped ? undefined : work()));
    this.#tasks = task.catch(() => {});
    return task;
  }
}
