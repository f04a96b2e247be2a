/**
 * Reading events for people: what the admin API asks of browsing.
 *
 * Everything that reads logs runs in threads; here questions are checked, partitions are found, and what
 * threads say is passed on.
 */

import { IoError } from "@runnel/kit/errors.ts";
import type { Clock, Logger, Scheduler } from "@runnel/kit/world.ts";
import type { ThreadCode, Threads } from "#io/ports.ts";
import type { MetadataView, TopicImage } from "#metadata/image.ts";
import { withPartition } from "#replica/lookup.ts";
import type { Partition } from "#replica/partition.ts";
import type { ReplicaManager } from "#replica/replica-manager.ts";
import type { Coverage, MissingPartition } from "./coverage.ts";
import { type Cursor, decodeCursor, digestOf } from "./cursor.ts";
import { boundsOf } from "./filter/bounds.ts";
import { growthOf } from "./growth.ts";
import type { Histogram, HistogramTask } from "./histogram/histogram-task.ts";
import {
  BUCKETS_MAX,
  KEYS_MAX,
  PARTITIONS_MAX,
  SCANS_AT_ONCE,
  SCANS_WAITING_MAX,
  TAILS_MAX,
} from "./limits.ts";
import { type BrowseProbe, probed } from "./probe.ts";
import {
  boundsOfQuery,
  type EventQuery,
  type HistogramQuery,
  identityOf,
  type LatestQuery,
  type PartitionPlan,
  planPartitions,
  type ScanOptions,
} from "./query.ts";
import { BrowseRefusal } from "./refusal.ts";
import { type ScanMessage, scanMessages } from "./scan-messages.ts";
import type { OffsetRange, ScanOrder } from "./source/partition-reader.ts";
import { movableOf, type PartitionSnapshot, snapshotOf } from "./source/snapshot.ts";
import { Tail, type TailMessage } from "./tail.ts";
import type { ScanSaid, ScanTask } from "./thread/scan-task.ts";
import type { TailSaid, TailTask } from "./thread/tail-task.ts";
import { type JobStream, ThreadPool } from "./thread/thread-pool.ts";

export interface BrowseWorld {
  readonly view: MetadataView;
  readonly replicas: Pick<ReplicaManager, "find">;
  readonly threads: Threads;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly probe: BrowseProbe;
}

const CODE: ThreadCode = {
  name: "runnel-browse",
  url: new URL("./thread/browse-thread.ts", import.meta.url),
  load: () => import("./thread/browse-thread.ts"),
};

interface FoundPartitions {
  readonly topic: TopicImage;
  readonly plan: PartitionPlan;
  readonly open: readonly Partition[];
  readonly missing: readonly MissingPartition[];
}

export class BrowseService {
  readonly #world: BrowseWorld;
  /** A thread for each scan: it may read for minutes. */
  readonly #scans: ThreadPool;
  /** One thread for all that mostly waits, or is done soon. */
  readonly #shared: ThreadPool;

  constructor(world: BrowseWorld) {
    this.#world = world;
    this.#scans = new ThreadPool(world, CODE, {
      threadsMax: SCANS_AT_ONCE,
      jobsPerThreadMax: 1,
      waitingMax: SCANS_WAITING_MAX,
    });
    this.#shared = new ThreadPool(world, CODE, {
      threadsMax: 1,
      jobsPerThreadMax: TAILS_MAX,
      waitingMax: 0,
    });
    world.probe.watchJobs(() => ({
      running: this.#scans.runningCount,
      waiting: this.#scans.waitingCount,
      shared: this.#shared.runningCount,
    }));
  }

  /** Ends every scan and every thread. */
  async close(): Promise<void> {
    await Promise.all([this.#scans.close(), this.#shared.close()]);
  }

  /**
   * Searches a topic; leaving the iteration cancels the search. Throws `BrowseRefusal`, all of it before
   * the first message.
   */
  async scan(query: EventQuery, options: ScanOptions): Promise<AsyncIterable<ScanMessage>> {
    await checkFilter(query);
    const found = await this.#find(query);
    const digest = digestOf(identityOf(query, found.topic.id));
    const cursor = readCursor(options.cursor, query.order, digest);
    const { fromMs, toMs, rangeOf } = boundsOfQuery(query);
    const snapshots = found.open.map(snapshotNow);
    const ranges = new Map<number, OffsetRange>(
      snapshots.map(({ partition, logStartOffset: start, endOffset: end }) => {
        return [partition, rangeOf(partition, { start, end })];
      }),
    );
    const { order, condition, hasControl } = query;
    const task: ScanTask = {
      kind: "scan",
      snapshots,
      order,
      ranges,
      fromMs,
      toMs,
      positions: cursor?.positions ?? null,
      condition,
      latest: null,
      keys: keysOf(condition),
      hasControl,
      limits: options.limits,
      form: { topic: query.topic, ...options.form },
    };
    const messages = scanMessages(this.#scan(task, options.signal), {
      order,
      digest,
      coverage: coverageOf(found),
      isOpenEnded: query.to.kind === "latest",
      scheduler: this.#world.scheduler,
    });
    return probed(messages, this.#world.probe);
  }

  /**
   * The newest event of every key, newest first; leaving the iteration cancels it. Throws `BrowseRefusal`,
   * all of it before the first message.
   */
  async latest(query: LatestQuery, options: ScanOptions): Promise<AsyncIterable<ScanMessage>> {
    await checkFilter(query);
    const found = await this.#find(query);
    const { condition, hasTombstones, atMs } = query;
    const digest = digestOf(
      JSON.stringify([found.topic.id, query.partitions, condition, hasTombstones, atMs]),
    );
    const cursor = readCursor(options.cursor, "newest", digest);
    const snapshots = found.open.map(snapshotNow);
    const ends = new Map(
      snapshots.map(({ partition, endOffset }) => {
        return [partition, Math.min(endOffset, cursor?.ends?.get(partition) ?? endOffset)];
      }),
    );
    const task: ScanTask = {
      kind: "scan",
      snapshots,
      order: "newest",
      ranges: new Map([...ends].map(([partition, high]) => [partition, { low: 0, high }])),
      fromMs: Number.NEGATIVE_INFINITY,
      toMs: atMs === null ? Number.POSITIVE_INFINITY : atMs + 1,
      positions: cursor?.positions ?? null,
      condition,
      latest: { hasTombstones },
      keys: keysOf(condition),
      hasControl: false,
      limits: options.limits,
      form: { topic: query.topic, ...options.form },
    };
    const messages = scanMessages(this.#scan(task, options.signal), {
      order: "newest",
      digest,
      coverage: coverageOf(found),
      isOpenEnded: false,
      scheduler: this.#world.scheduler,
      ends,
    });
    return probed(messages, this.#world.probe);
  }

  #scan(task: ScanTask, signal: AbortSignal): JobStream<ScanSaid> {
    const moved = task.snapshots.flatMap(movableOf);
    return this.#run<ScanSaid>(this.#scans, { task, moved, signal });
  }

  /**
   * Follows a topic from its end, or from where `cursor` of an earlier tail stopped; leaving the iteration
   * ends it. Throws `BrowseRefusal`, all of it before the first message.
   */
  async tail(
    query: EventQuery,
    options: Omit<ScanOptions, "limits">,
  ): Promise<AsyncIterable<TailMessage>> {
    await checkFilter(query);
    const found = await this.#find(query);
    const digest = digestOf(identityOf(query, found.topic.id));
    const cursor = readCursor(options.cursor, query.order, digest);
    const { condition, hasControl } = query;
    const { signal } = options;
    const form = { topic: query.topic, ...options.form };
    const task: TailTask = { kind: "tail", condition, hasControl, form };
    const job = this.#run<TailSaid>(this.#shared, { task, moved: [], signal });
    const followed = { topicId: found.topic.id, partitions: found.plan.partitions };
    const tail = new Tail(this.#world, job, {
      partitions: found.open,
      watchGrowth: growthOf(this.#world, query, followed),
      positions: cursor?.positions ?? null,
      digest,
    });
    return probed(tail, this.#world.probe);
  }

  /** Counts a topic's events by time, from indexes alone. Throws `BrowseRefusal`. */
  async histogram(
    query: HistogramQuery,
    signal: AbortSignal,
  ): Promise<Histogram & { readonly coverage: Coverage }> {
    const found = await this.#find({ ...query, condition: null });
    const snapshots = found.open.map(snapshotNow);
    const { fromMs, toMs } = query;
    const bucketsMax = Math.min(query.bucketsMax, BUCKETS_MAX);
    const task: HistogramTask = { kind: "histogram", snapshots, fromMs, toMs, bucketsMax };
    const job = this.#run<Histogram>(this.#shared, {
      task,
      moved: snapshots.flatMap(movableOf),
      signal,
    });
    for await (const histogram of job) return { ...histogram, coverage: coverageOf(found) };
    signal.throwIfAborted();
    throw new BrowseRefusal("unavailable", {
      message: "counting ended without an answer",
      remedy: "Try again.",
    });
  }

  #run<M>(
    pool: ThreadPool,
    options: {
      readonly task: unknown;
      readonly moved: readonly ArrayBuffer[];
      readonly signal: AbortSignal;
    },
  ): JobStream<M> {
    const { task, moved, signal } = options;
    try {
      const job = pool.run<M>(task, moved);
      signal.addEventListener("abort", () => job.cancel(), { once: true });
      if (signal.aborted) job.cancel();
      return job;
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      throw new BrowseRefusal(error.code === "RUNNEL_WORKERS_BUSY" ? "busy" : "unavailable", {
        message: `the search cannot begin: ${error.message}`,
        remedy: "Try again in a moment, or stop a search or a live view that is open elsewhere.",
      });
    }
  }

  /** The topic of a query and those of its partitions that are open here. */
  async #find(
    query: Pick<EventQuery, "topic" | "partitions" | "condition">,
  ): Promise<FoundPartitions> {
    const topic = this.#world.view.image.topicsByName.get(query.topic);
    if (topic === undefined) {
      throw new BrowseRefusal("notFound", {
        message: `there is no topic ${query.topic}`,
        remedy: "Check the name, or create the topic first.",
        field: "topic",
      });
    }
    const count = topic.partitions.length;
    const plan = planPartitions(query, count);
    checkPlan(plan, count);
    const open: Partition[] = [];
    const missing: MissingPartition[] = [];
    for (const partition of plan.partitions) {
      await withPartition(this.#world.replicas, topic.id, partition, (lookup) => {
        if (lookup.partition !== null) open.push(lookup.partition);
        else missing.push({ partition, errorCode: lookup.errorCode });
      });
    }
    return { topic, plan, open, missing };
  }
}

/** Refuses a filter that makes no sense, before a thread meets it. */
async function checkFilter({ condition }: Pick<EventQuery, "condition">): Promise<void> {
  if (condition === null) return;
  // What understands expressions is loaded for the first filter.
  const { compileFilter } = await import("./filter/compile.ts");
  try {
    compileFilter(condition);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "ExpressionError") throw error;
    throw new BrowseRefusal("invalid", {
      message: error.message,
      remedy: "Correct the expression.",
      field: "filter",
    });
  }
}

function checkPlan({ partitions }: PartitionPlan, count: number): void {
  const wrong = partitions.find((partition) => partition >= count);
  if (wrong !== undefined) {
    throw new BrowseRefusal("invalid", {
      message: `there is no partition ${wrong}: the topic has ${count}, from 0 on`,
      remedy: `Name partitions from 0 to ${count - 1}.`,
      field: "partitions",
    });
  }
  if (partitions.length <= PARTITIONS_MAX) return;
  throw new BrowseRefusal("invalid", {
    message: `${partitions.length} partitions are too many: one search reads ${PARTITIONS_MAX}`,
    remedy: `Choose at most ${PARTITIONS_MAX} partitions, or ask for one key.`,
    field: "partitions",
  });
}

function coverageOf({ topic, plan, open, missing }: FoundPartitions): Coverage {
  return {
    partitions: open.map(({ identity }) => identity.index),
    partitionCount: topic.partitions.length,
    chosenBy: plan.chosenBy,
    missing,
  };
}

function snapshotNow(partition: Partition): PartitionSnapshot {
  const { log, identity, highWatermark: endOffset } = partition;
  return snapshotOf(log, { partition: identity.index, endOffset });
}

/** The keys that all matches have, where they are few enough to be looked up. */
function keysOf(condition: EventQuery["condition"]): readonly Uint8Array[] | null {
  const { keys } = boundsOf(condition);
  return keys !== null && keys.length <= KEYS_MAX ? keys : null;
}

function readCursor(text: string | null, order: ScanOrder, digest: number): Cursor | null {
  if (text === null) return null;
  const cursor = decodeCursor(text);
  if (cursor !== null && cursor.query === digest && cursor.order === order) return cursor;
  const isForeign = cursor !== null;
  throw new BrowseRefusal("invalid", {
    message: isForeign ? "the cursor belongs to another query" : "this is no cursor",
    remedy: "Send a cursor as it came, with the query that it came from; or leave it out.",
    field: "cursor",
  });
}
