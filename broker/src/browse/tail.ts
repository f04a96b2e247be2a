/**
 * A live tail: tells its thread whenever there is more to look at, and passes on what that says.
 *
 * Partitions wake it when their high watermark moves; what comes within a short while is one look. A tail
 * that cannot keep up leaves events out and counts them: its client sees what happens now.
 */
import type { Clock, Scheduler, Timer } from "@runnel/kit/world.ts";
import type { Partition } from "#replica/partition.ts";
import { encodeCursor } from "./cursor.ts";
import type { WatchGrowth } from "./growth.ts";
import {
  TAIL_BEHIND_MAX,
  TAIL_HEARTBEAT_MS,
  TAIL_MS_MAX,
  TAIL_PAUSE_MS,
  TAIL_PROGRESS_MS,
  TAIL_REJOIN_EVENTS,
  TAIL_STALLED_MS_MAX,
} from "./limits.ts";
import { movableOf, type PartitionSnapshot, snapshotOf } from "./source/snapshot.ts";
import type { TailCounts, TailNews, TailSaid } from "./thread/tail-task.ts";
import type { JobStream } from "./thread/thread-pool.ts";

export type TailMessage =
  /** It follows from here on. */
  | { readonly kind: "phase"; readonly phase: "following" }
  /** Events as JSON, in the order of offsets within a partition. */
  | { readonly kind: "events"; readonly events: readonly string[] }
  | {
      readonly kind: "progress";
      readonly counts: TailCounts;
      /** Goes on behind the events so far; null where it has no room in a URL. */
      readonly cursor: string | null;
    }
  | {
      readonly kind: "done";
      readonly reason: "time" | "deleted";
      readonly counts: TailCounts;
      readonly cursor: string | null;
    };

export interface TailOptions {
  readonly partitions: readonly Partition[];
  /** Tells of partitions that come while it runs; they are followed from their first event. */
  readonly watchGrowth: WatchGrowth;
  /** Where an earlier tail stopped, which knew no other partitions; null to begin at their ends. */
  readonly positions: ReadonlyMap<number, number> | null;
  readonly digest: number;
}

const NO_COUNTS: TailCounts = { records: 0, bytes: 0, matches: 0, dropped: 0, filterErrors: 0 };

export class Tail implements AsyncIterable<TailMessage> {
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #job: JobStream<TailSaid>;
  readonly #partitions: Partition[];
  readonly #watchGrowth: WatchGrowth;
  readonly #digest: number;
  /** The first offset that was not told of, by partition. */
  readonly #told = new Map<number, number>();
  /** The first offset that was not looked at, by partition. */
  #looked: ReadonlyMap<number, number> = new Map();
  #counts = NO_COUNTS;
  /** Events left out because the tail was too far behind to look at them. */
  #passed = 0;
  /** The thread is looking at what it was told. */
  #isBusy = false;
  /** When the client was given what it has not taken yet, monotonic ms; null while it waits for more. */
  #givenAt: number | null = null;
  #timer: Timer | null = null;
  #heart: Timer | null = null;
  #end: "time" | "deleted" | null = null;
  readonly #onProgress = (): void => this.#wake();

  constructor(
    { clock, scheduler }: { readonly clock: Clock; readonly scheduler: Scheduler },
    job: JobStream<TailSaid>,
    { partitions, watchGrowth, positions, digest }: TailOptions,
  ) {
    this.#clock = clock;
    this.#scheduler = scheduler;
    this.#job = job;
    this.#partitions = [...partitions];
    this.#watchGrowth = watchGrowth;
    this.#digest = digest;
    for (const { identity, log, highWatermark } of partitions) {
      const end = Math.max(highWatermark, log.logStartOffset);
      const position =
        positions === null ? end : (positions.get(identity.index) ?? log.logStartOffset);
      this.#told.set(identity.index, Math.min(position, end));
    }
    this.#looked = new Map(this.#told);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TailMessage, void> {
    for await (const message of this.#messages()) {
      this.#givenAt = this.#clock.monotonicMs();
      yield message;
      this.#givenAt = null;
    }
  }

  async *#messages(): AsyncGenerator<TailMessage, void> {
    const overTimer = this.#scheduler.after(TAIL_MS_MAX, () => this.#finish("time"));
    this.#beat();
    for (const partition of this.#partitions) partition.addReader(this.#onProgress);
    const stopWatching = this.#watchGrowth((partition) => this.#add(partition));
    this.#wake();
    let saidAt = this.#clock.monotonicMs();
    try {
      yield { kind: "phase", phase: "following" };
      yield this.#progress();
      for await (const said of this.#job) {
        if (said.kind === "events") {
          yield said;
          continue;
        }
        this.#catch(said.counts);
        if (this.#clock.monotonicMs() - saidAt < TAIL_PROGRESS_MS) continue;
        saidAt = this.#clock.monotonicMs();
        yield this.#progress();
      }
      if (this.#end !== null) yield { ...this.#progress(), kind: "done", reason: this.#end };
    } finally {
      overTimer.cancel();
      this.#timer?.cancel();
      this.#heart?.cancel();
      stopWatching();
      for (const partition of this.#partitions) partition.removeReader(this.#onProgress);
      this.#job.cancel();
    }
  }

  #add(partition: Partition): void {
    const { identity, log } = partition;
    this.#partitions.push(partition);
    this.#told.set(identity.index, log.logStartOffset);
    partition.addReader(this.#onProgress);
    this.#wake();
  }

  #progress(): TailMessage & { readonly kind: "progress" } {
    const counts = { ...this.#counts, dropped: this.#counts.dropped + this.#passed };
    const positions = this.#looked;
    const cursor = encodeCursor({ order: "oldest", query: this.#digest, positions, ends: null });
    return { kind: "progress", counts, cursor };
  }

  /** The thread has looked at all it was told. */
  #catch(counts: TailCounts): void {
    this.#isBusy = false;
    this.#counts = counts;
    this.#looked = new Map(this.#told);
    this.#wake();
  }

  #finish(reason: "time" | "deleted"): void {
    this.#end ??= reason;
    this.#job.cancel();
  }

  /** Lets the thread say that it is there, when there was nothing else to say; ends with its client. */
  #beat(): void {
    this.#heart = this.#scheduler.after(TAIL_HEARTBEAT_MS, () => {
      const silentMs = this.#clock.monotonicMs() - (this.#givenAt ?? this.#clock.monotonicMs());
      if (silentMs > TAIL_STALLED_MS_MAX) {
        this.#job.cancel();
        return;
      }
      if (!this.#isBusy) this.#tell([], new Map());
      this.#beat();
    });
  }

  /** Looks soon, unless it will anyway. */
  #wake(): void {
    if (this.#isBusy || this.#timer !== null || this.#end !== null) return;
    this.#timer = this.#scheduler.after(TAIL_PAUSE_MS, () => {
      this.#timer = null;
      // It was told something meanwhile, and looks again when that is done.
      if (!this.#isBusy) this.#look();
    });
  }

  #look(): void {
    if (this.#partitions.some(({ isOpen }) => !isOpen)) {
      this.#finish("deleted");
      return;
    }
    const snapshots: PartitionSnapshot[] = [];
    const positions = new Map<number, number>();
    for (const partition of this.#partitions) {
      const { log, identity, highWatermark } = partition;
      const { index } = identity;
      let from = this.#told.get(index) ?? highWatermark;
      if (from >= highWatermark) continue;
      if (highWatermark - from > TAIL_BEHIND_MAX) {
        this.#passed += highWatermark - TAIL_REJOIN_EVENTS - from;
        from = highWatermark - TAIL_REJOIN_EVENTS;
      }
      positions.set(index, from);
      this.#told.set(index, highWatermark);
      const ends = { partition: index, endOffset: highWatermark, fromOffset: from };
      snapshots.push(snapshotOf(log, ends));
    }
    if (snapshots.length > 0) this.#tell(snapshots, positions);
  }

  #tell(snapshots: readonly PartitionSnapshot[], positions: ReadonlyMap<number, number>): void {
    this.#isBusy = true;
    const news: TailNews = { snapshots, positions };
    this.#job.tell(news, snapshots.flatMap(movableOf));
  }
}
