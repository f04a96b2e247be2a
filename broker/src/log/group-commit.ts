/**
 * The order in which a log reaches the disk: appends and tasks, strictly one behind the other.
 *
 * All appends that wait when a cycle begins share one write and, where the topic asks for it, one sync;
 * what arrives meanwhile waits for the next cycle. The first failure empties the queue for good: its
 * owner decides whether a new queue may begin.
 */
import type { Scheduler } from "@runnel/kit/world.ts";
import type { DiskFile } from "#io/ports.ts";
import { syncFile } from "./failures.ts";
import type { FileHandles } from "./file-handles.ts";
import type { Segment } from "./segment.ts";
import { appendPart } from "./tail-cache.ts";

/** Bytes one write takes at most. */
export const WRITE_BYTES_MAX = 8 * 1024 * 1024;

export interface QueuedWrite {
  readonly segment: Segment;
  readonly bytes: Uint8Array;
  /** Where in the segment's file. */
  readonly position: number;
  /** The offset behind its last record. */
  readonly endOffset: number;
  readonly recordCount: number;
}

export interface CommitOwner {
  /** Records after which a write is followed by a sync. */
  flushMessages(): number;
  /** What lies below `endOffset` is as durable as asked. */
  onCommitted(endOffset: number): void;
  /** A write, a task or, with `SyncFailure`, a sync failed; nothing more will be done. */
  onFailed(error: unknown): void;
}

type Task = () => Promise<void>;

export class GroupCommit {
  readonly #files: FileHandles;
  readonly #scheduler: Scheduler;
  readonly #owner: CommitOwner;
  #queue: (QueuedWrite | Task)[] = [];
  #isRunning = false;
  #isFailed = false;
  /** Segments that hold more than is synced. */
  readonly #unsynced = new Set<Segment>();

  constructor(files: FileHandles, scheduler: Scheduler, owner: CommitOwner) {
    this.#files = files;
    this.#scheduler = scheduler;
    this.#owner = owner;
  }

  /** Records written since the last sync. */
  get unflushedRecords(): number {
    let count = 0;
    for (const segment of this.#unsynced) count += segment.writtenRecords - segment.syncedRecords;
    return count;
  }

  /** Adds an append; it is written at the end of this turn or when the cycle under way has ended. */
  write(work: QueuedWrite): void {
    if (this.#isFailed) return;
    this.#queue.push(work);
    this.#start();
  }

  /** Runs `task` once all before it is done, and before anything behind it. Rejects if it cannot. */
  run<T>(task: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const failed = () => reject(new Error("the log stopped before its turn came"));
      if (this.#isFailed) {
        failed();
        return;
      }
      const work: Task & { cancel?: () => void } = async () => {
        try {
          resolve(await task());
        } catch (error) {
          reject(error);
          throw error;
        }
      };
      work.cancel = failed;
      this.#queue.push(work);
      this.#start();
    });
  }

  /** Syncs `segment` unless it is; what was written before is durable when it returns. */
  async sync(segment: Segment): Promise<void> {
    if (segment.syncedSize >= segment.writtenSize) return;
    await this.#files.use(segment.path(".log"), (file) => this.#sync(segment, file));
  }

  /** No sync waits for `segments` any more: their files go. */
  forget(segments: readonly Segment[]): void {
    for (const segment of segments) this.#unsynced.delete(segment);
  }

  /** Drops what waits. No callback comes any more. */
  stop(): void {
    this.#isFailed = true;
    const dropped = this.#queue;
    this.#queue = [];
    for (const work of dropped) {
      if (typeof work === "function") (work as Task & { cancel?: () => void }).cancel?.();
    }
  }

  #start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#scheduler.soon(() => void this.#drain());
  }

  async #drain(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        const head = this.#queue[0] as QueuedWrite | Task;
        if (typeof head === "function") {
          this.#queue.shift();
          await head();
        } else await this.#commit(head);
      }
    } catch (error) {
      if (!this.#isFailed) {
        this.stop();
        this.#owner.onFailed(error);
      }
    } finally {
      this.#isRunning = false;
    }
  }

  /** One cycle: the writes at the head of the queue that go to one segment. */
  async #commit(head: QueuedWrite): Promise<void> {
    const parts: Uint8Array[] = [];
    let size = 0;
    let count = 0;
    let records = 0;
    let last = head;
    for (const work of this.#queue) {
      if (typeof work === "function" || work.segment !== head.segment) break;
      if (size + work.bytes.length > WRITE_BYTES_MAX && count > 0) break;
      appendPart(parts, work.bytes);
      size += work.bytes.length;
      records += work.recordCount;
      count += 1;
      last = work;
    }
    this.#queue.splice(0, count);
    const { segment } = head;
    await this.#files.use(segment.path(".log"), async (file) => {
      await file.write(parts, head.position);
      segment.writtenSize = head.position + size;
      segment.writtenRecords += records;
      this.#unsynced.add(segment);
      if (this.unflushedRecords < this.#owner.flushMessages()) return;
      // What lies below is acknowledged with it: a closed segment may still wait for its sync.
      for (const other of this.#unsynced) if (other !== segment) await this.sync(other);
      await this.#sync(segment, file);
    });
    if (!this.#isFailed) this.#owner.onCommitted(last.endOffset);
  }

  async #sync(segment: Segment, file: DiskFile): Promise<void> {
    const { writtenSize, writtenRecords } = segment;
    await syncFile(file);
    segment.syncedSize = Math.max(segment.syncedSize, writtenSize);
    segment.syncedRecords = Math.max(segment.syncedRecords, writtenRecords);
    if (segment.syncedSize >= segment.writtenSize) this.#unsynced.delete(segment);
  }
}
