/** A browsing service over logs in memory, whose threads take turns with the test. */
import { silentLogger } from "@runnel/kit/world.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { inlineThreads } from "#io/memory/inline-threads.ts";
import type { Threads } from "#io/ports.ts";
import type { PartitionLog } from "#log/partition-log.ts";
import type { LogConfig } from "#log/ports.ts";
import { type Rig, TOPIC } from "#log/testing.ts";
import {
  EMPTY_IMAGE,
  type ImageListener,
  type MetadataImage,
  type MetadataView,
  type TopicImage,
} from "#metadata/image.ts";
import { MetricRegistry } from "#metrics/metric.ts";
import { Partition } from "#replica/partition.ts";
import { PARTITION_CONFIG } from "#replica/testing.ts";
import { BrowseProbe } from "./probe.ts";
import type { EventQuery, ScanOptions } from "./query.ts";
import { BrowseService } from "./service.ts";
import { fill, openLogs, type TestBatch } from "./testing-logs.ts";

export const TOPIC_NAME = "orders";

export interface ServiceRig {
  readonly rig: Rig;
  readonly service: BrowseService;
  readonly partitions: readonly Partition[];
  readonly metrics: MetricRegistry;
  /** Gives the topic as many partitions, of those that were opened for later. */
  grow(partitionCount: number): void;
  /** Appends to a partition and waits until it is readable. */
  append(partition: number, batches: readonly TestBatch[]): Promise<void>;
  /** Drives time on until `promise` has settled, timers included. */
  wait<T>(promise: Promise<T>): Promise<T>;
}

/** Ms by which `wait` moves time, so that timers run; and how often before it gives up. */
const STEP_MS = 5;
const STEPS_MAX = 20_000;

export async function openService(
  partitionCount: number,
  options: {
    readonly config?: Partial<LogConfig>;
    readonly threads?: Threads;
    /** Partitions that cannot be opened. */
    readonly broken?: readonly number[];
    /** Partitions that `grow` may add. */
    readonly laterCount?: number;
  } = {},
): Promise<ServiceRig> {
  // Loaded by the runtime in turns of its own, while manual time would run away.
  await import("./thread/browse-thread.ts");
  const openCount = partitionCount + (options.laterCount ?? 0);
  const { rig, logs } = await openLogs(openCount, options.config);
  const partitions = logs.map(partitionOf);
  const view = new TestingView(imageOf(partitionCount));
  const metrics = new MetricRegistry();
  const probe = new BrowseProbe(metrics);
  const service = new BrowseService({
    view,
    replicas: {
      find: (_topicId, index) => {
        const partition = partitions[index];
        const isBroken = options.broken?.includes(index) === true;
        return partition === undefined || isBroken
          ? { kind: "absent", errorCode: ErrorCode.KAFKA_STORAGE_ERROR }
          : { kind: "open", partition };
      },
    },
    threads:
      options.threads ?? inlineThreads({ disk: rig.disk, clock: rig.time, scheduler: rig.time }),
    clock: rig.time,
    scheduler: rig.time,
    logger: silentLogger,
    probe,
  });
  return {
    rig,
    service,
    partitions,
    metrics,
    grow: (count) => view.show(imageOf(count)),
    append: async (partition, batches) => {
      const log = logs[partition];
      if (log === undefined) throw new Error(`no partition ${partition}`);
      await fill(rig, log, batches);
    },
    wait: (promise) => driveOn(rig, promise),
  };
}

/** An image with the topic of so many partitions. */
function imageOf(partitionCount: number): MetadataImage {
  const partitions = Array.from({ length: partitionCount }, () => ({}));
  const topic = { name: TOPIC_NAME, id: TOPIC, partitions } as unknown as TopicImage;
  const topicsByName = new Map([[TOPIC_NAME, topic]]);
  return { ...EMPTY_IMAGE, topicsByName, topicsById: new Map([[TOPIC, topic]]) };
}

class TestingView implements MetadataView {
  image: MetadataImage;
  readonly #listeners = new Set<ImageListener>();

  constructor(image: MetadataImage) {
    this.image = image;
  }

  subscribe(listener: ImageListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async waitFor(): Promise<void> {}

  show(next: MetadataImage): void {
    const previous = this.image;
    this.image = next;
    const unchanged = { areBrokersChanged: false, areBrokerConfigsChanged: false };
    const change = { topicIds: new Set([TOPIC]), ...unchanged };
    for (const listener of this.#listeners) listener(previous, next, change);
  }
}

async function driveOn<T>({ time }: Rig, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const noted = promise.finally(() => {
    isSettled = true;
  });
  noted.catch(() => {});
  for (let step = 0; !isSettled; step += 1) {
    if (step > STEPS_MAX) throw new Error("a promise that time does not settle");
    await new Promise<void>((resolve) => setImmediate(resolve));
    await time.advanceAsync(STEP_MS);
  }
  return noted;
}

function partitionOf(log: PartitionLog, index: number): Partition {
  const identity = { topicId: TOPIC, topicName: TOPIC_NAME, index, isInternal: false };
  return new Partition(identity, log, PARTITION_CONFIG, 0);
}

export const EVERYTHING: EventQuery = {
  topic: TOPIC_NAME,
  partitions: { kind: "auto" },
  order: "newest",
  from: { kind: "earliest" },
  to: { kind: "latest" },
  condition: null,
  hasControl: false,
};

export function scanOptions(options: Partial<ScanOptions> = {}): ScanOptions {
  return {
    limits: { results: 100, bytes: 1 << 30, timeMs: 60_000 },
    form: { keyDecoder: "auto", valueDecoder: "auto", lengthMax: 1_000, withRaw: false },
    cursor: null,
    signal: new AbortController().signal,
    ...options,
  };
}

/** An event of one record, `n` ms after the time that all begin with. */
export function eventOf(
  n: number,
  key: string | null = null,
  value: string | null = `v${n}`,
): TestBatch {
  return { events: [{ key, value, timestamp: 1_000 + n }] };
}
