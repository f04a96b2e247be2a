/**
 * Keeps key indexes up to date: looks now and then which partition has most to index, and has a thread do
 * it. Appends come first: while any waits for the disk, indexing does not go on.
 */
import { messageOf } from "@runnel/kit/errors.ts";
import type { Clock, Logger, Scheduler, Timer } from "@runnel/kit/world.ts";
import type { ThreadCode, Threads } from "#io/ports.ts";
import type { PartitionLog } from "#log/partition-log.ts";
import type { Segment } from "#log/segment.ts";
import type { Partition } from "#replica/partition.ts";
import {
  INDEX_BYTES_DUE,
  INDEX_INTERVAL_MS,
  INDEX_RETRY_MS,
  INDEX_SEGMENT_BYTES_MIN,
  INDEX_WATCH_MS,
} from "../limits.ts";
import type { BrowseProbe } from "../probe.ts";
import { movableOf, snapshotOf } from "../source/snapshot.ts";
import { type JobStream, ThreadPool } from "../thread/thread-pool.ts";
import type { IndexNews, IndexSaid, IndexTask } from "./index-task.ts";

export interface KeyIndexerWorld {
  readonly threads: Threads;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly probe: BrowseProbe;
  /** All that are open. */
  readonly partitions: () => Iterable<Partition>;
  /** `runnel.key.index.enable` of the partition's topic. */
  readonly isEnabled: (partition: Partition) => boolean;
}

const CODE: ThreadCode = {
  name: "runnel-key-index",
  url: new URL("../thread/browse-thread.ts", import.meta.url),
  load: () => import("../thread/browse-thread.ts"),
};

/** What is known of the indexes of one log. */
class LogState {
  /** How often segments of the log had been put in the place of others. */
  readonly rewrites: number;
  /** Segments below it need nothing more. */
  doneTo = 0;
  /** Bytes indexed, of segments that are not done, by base offset. */
  readonly covered = new Map<number, number>();
  /** Not before, monotonic ms: the last attempt got nowhere. */
  retryAt = 0;

  constructor(rewrites: number) {
    this.rewrites = rewrites;
  }
}

export class KeyIndexer {
  readonly #world: KeyIndexerWorld;
  readonly #pool: ThreadPool;
  readonly #states = new WeakMap<PartitionLog, LogState>();
  #timer: Timer | null = null;
  #watch: Timer | null = null;
  #job: JobStream<IndexSaid> | null = null;
  #retryAt = 0;
  #isPaused = false;
  #isClosed = false;
  /** Appends under way at the last look, as where their log ends with them. */
  #waiting = new Map<PartitionLog, number>();

  constructor(world: KeyIndexerWorld) {
    this.#world = world;
    const limits = { threadsMax: 1, jobsPerThreadMax: 1, waitingMax: 0 };
    this.#pool = new ThreadPool(world, CODE, limits);
    world.probe.watchIndexing(() => this.#allDueBytes());
    this.#schedule();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#watch?.cancel();
    await this.#pool.close();
  }

  #schedule(): void {
    this.#timer = this.#world.scheduler.after(INDEX_INTERVAL_MS, () => this.#next());
  }

  /** Begins with the partition that has most to index, or looks again later. */
  #next(): void {
    if (this.#isClosed) return;
    const { clock } = this.#world;
    const isLater = this.#doAppendsWait() || clock.monotonicMs() < this.#retryAt;
    const partition = isLater ? null : this.#mostDue();
    if (partition === null) {
      this.#schedule();
      return;
    }
    this.#index(partition)
      .catch((error: unknown) => {
        if (this.#isClosed) return;
        this.#retryAt = clock.monotonicMs() + INDEX_RETRY_MS;
        const { folder } = partition.log;
        this.#world.logger.warn({ folder, error: messageOf(error) }, "indexing keys failed");
      })
      .finally(() => {
        this.#watch?.cancel();
        this.#job = null;
        this.#next();
      });
  }

  #allDueBytes(): number {
    let due = 0;
    for (const partition of this.#world.partitions()) {
      const isWanted = !partition.identity.isInternal && this.#world.isEnabled(partition);
      if (isWanted) due += this.#dueBytes(partition);
    }
    return due;
  }

  #mostDue(): Partition | null {
    let most: Partition | null = null;
    let mostBytes = 0;
    const now = this.#world.clock.monotonicMs();
    for (const partition of this.#world.partitions()) {
      if (partition.identity.isInternal || partition.log.state !== "open") continue;
      if (this.#stateOf(partition.log).retryAt > now) continue;
      const bytes = this.#dueBytes(partition);
      if (bytes <= mostBytes || !this.#world.isEnabled(partition)) continue;
      most = partition;
      mostBytes = bytes;
    }
    return most;
  }

  /** Bytes that are to be indexed: of closed segments all, of the active one when they are enough. */
  #dueBytes({ log, highWatermark }: Partition): number {
    const state = this.#stateOf(log);
    let due = 0;
    for (let at = log.segments.length - 1; at >= 0; at -= 1) {
      const segment = log.segments[at] as Segment;
      if (segment.baseOffset < state.doneTo) break;
      const bytes = segment.writtenSize - (state.covered.get(segment.baseOffset) ?? 0);
      const isClosed = isClosedBelow(log, at, highWatermark);
      const least = isClosed ? INDEX_SEGMENT_BYTES_MIN : INDEX_BYTES_DUE;
      if (bytes >= least || (isClosed && state.covered.has(segment.baseOffset))) due += bytes + 1;
    }
    return due;
  }

  async #index(partition: Partition): Promise<void> {
    const { log, identity, highWatermark } = partition;
    const state = this.#stateOf(log);
    const snapshot = snapshotOf(log, {
      partition: identity.index,
      endOffset: highWatermark,
      fromOffset: state.doneTo,
    });
    const bases = log.segments.map(({ baseOffset }) => baseOffset);
    const first = bases.indexOf(snapshot.segments[0] ?? -1);
    if (first < 0) return;
    let closedCount = 0;
    while (isClosedBelow(log, first + closedCount, highWatermark)) closedCount += 1;
    const dueBytes = this.#dueBytes(partition);
    const task: IndexTask = { kind: "index", snapshot, closedCount };
    this.#job = this.#pool.run<IndexSaid>(task, movableOf(snapshot));
    this.#isPaused = false;
    this.#watchAppends();
    for await (const said of this.#job) this.#note(log, state, said);
    // Damage, for example: what cannot be read is not tried again and again.
    if (this.#dueBytes(partition) < dueBytes) return;
    state.retryAt = this.#world.clock.monotonicMs() + INDEX_RETRY_MS;
  }

  /** What is known of the indexes of `log`: nothing any more once compaction has put segments in its place. */
  #stateOf(log: PartitionLog): LogState {
    let state = this.#states.get(log);
    if (state === undefined || state.rewrites !== log.rewrites) {
      state = new LogState(log.rewrites);
      this.#states.set(log, state);
    }
    return state;
  }

  #note(log: PartitionLog, state: LogState, said: IndexSaid): void {
    const { baseOffset, coveredTo, indexedBytes, isDone } = said;
    this.#world.probe.indexedBytes.add(indexedBytes);
    state.covered.set(baseOffset, coveredTo);
    if (!isDone) return;
    state.covered.delete(baseOffset);
    // Segments come in order: all in front of this one are done, too.
    const next = log.segments.find((segment) => segment.baseOffset > baseOffset);
    state.doneTo = Math.max(state.doneTo, next?.baseOffset ?? baseOffset + 1);
  }

  /** Lets the thread pause while an append that was under way at the last look still is. */
  #watchAppends(): void {
    this.#watch = this.#world.scheduler.after(INDEX_WATCH_MS, () => {
      const isPaused = this.#doAppendsWait();
      if (isPaused !== this.#isPaused) this.#job?.tell({ isPaused } satisfies IndexNews);
      this.#isPaused = isPaused;
      this.#watchAppends();
    });
  }

  #doAppendsWait(): boolean {
    let isWaiting = false;
    for (const [log, endOffset] of this.#waiting) isWaiting ||= log.logEndOffset < endOffset;
    this.#waiting = new Map();
    for (const { log } of this.#world.partitions()) {
      if (log.nextOffset > log.logEndOffset) this.#waiting.set(log, log.nextOffset);
    }
    return isWaiting;
  }
}

/** Whether segment `at` takes no more batches, and all of them may be read. */
function isClosedBelow(log: PartitionLog, at: number, highWatermark: number): boolean {
  const next = log.segments[at + 1];
  return next !== undefined && next.baseOffset <= highWatermark;
}
