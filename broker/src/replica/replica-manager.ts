/**
 * The partitions that this broker has, as the metadata image says: opened when a topic comes, changed
 * with its settings, closed and deleted when it goes.
 */
import { IoError, messageOf } from "@runnel/kit/errors.ts";
import type { Clock, Logger, Scheduler, Timer } from "@runnel/kit/world.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { applyRetention } from "#log/apply-retention.ts";
import { SyncFailure } from "#log/failures.ts";
import type { LogDirs } from "#log/log-dirs.ts";
import { dataFolderOf, FOLDER_OFFLINE, inBatches } from "#log/log-manager.ts";
import { LEAP_DOUBT_MS, RetentionClock } from "#log/retention-clock.ts";
import type { ImageChange, MetadataImage, TopicImage } from "#metadata/image.ts";
import { Partition, type PartitionConfig } from "./partition.ts";
import { TrafficTable } from "./traffic.ts";

/** Pause before a partition that could not be opened is tried again. */
const OPEN_RETRY_MS = 5_000;
/** How often waits are looked at for their time being over. */
const EXPIRY_INTERVAL_MS = 500;
/** A leap of the wall clock that is worth a line in the log; clocks are set by less every day. */
const CLOCK_LEAP_MS = 60_000;

export interface ReplicaManagerOptions {
  readonly brokerId: number;
  readonly logs: LogDirs;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  configOf(topic: TopicImage): PartitionConfig;
  /** Wall ms between looks at retention; read at every turn. */
  retentionIntervalMs(): number;
  /** Silence after which a partition forgets an idempotent producer. */
  readonly producerIdExpirationMs: number;
  /** Nothing of this deleted topic is left that could come back. */
  onDeleted(topicId: string): void;
}

/** Where a partition is: here and open, on its way, or why not. */
export type Lookup =
  | { readonly kind: "open"; readonly partition: Partition }
  | { readonly kind: "opening"; readonly ready: Promise<void> }
  | { readonly kind: "absent"; readonly errorCode: ErrorCode };

type Slot =
  | { readonly kind: "open"; readonly partition: Partition }
  | { readonly kind: "opening"; readonly ready: Promise<void> }
  /**
   * To be tried again at `retryAt` (monotonic ms): the disk may have room then; never where its data
   * folder is offline, or a sync failed. `isNew`: it was not there before.
   */
  | { readonly kind: "failed"; readonly retryAt: number; readonly isNew: boolean };

export class ReplicaManager {
  readonly traffic = new TrafficTable();
  readonly #retentionClock: RetentionClock;
  readonly #options: ReplicaManagerOptions;
  /** By topic id, then by partition. */
  readonly #topics = new Map<string, Map<number, Slot>>();
  #image: MetadataImage;
  #expiryTimer: Timer | null = null;
  #retentionTimer: Timer | null = null;
  #isClosed = false;
  #isClockDoubted = false;

  constructor(options: ReplicaManagerOptions, image: MetadataImage) {
    this.#options = options;
    this.#image = image;
    this.#retentionClock = new RetentionClock(options.clock);
  }

  get image(): MetadataImage {
    return this.#image;
  }

  /**
   * Opens everything the first image names, removes what is left of the topics in `deleted`, sets other
   * strays aside, and starts the periodic work.
   */
  async start(image: MetadataImage, deleted: ReadonlySet<string>): Promise<void> {
    const { logs, brokerId } = this.#options;
    this.#image = image;
    await logs.sortFolders((topicId, index) => {
      const partition = image.topicsById.get(topicId)?.partitions[index];
      if (partition?.replicas.includes(brokerId) === true) return "kept";
      return deleted.has(topicId) ? "deleted" : "unknown";
    });
    // What is in a folder that is offline comes back with it.
    if (logs.isWhole) for (const topicId of deleted) this.#options.onDeleted(topicId);
    const topics = [...image.topicsById.values()];
    await Promise.all(topics.map((topic) => this.#openTopic(topic, () => false)));
    this.#scheduleExpiry();
    this.#scheduleRetention();
  }

  /** Follows a change of the image. What has to be opened or deleted is under way when it returns. */
  apply(next: MetadataImage, change: ImageChange): void {
    const previous = this.#image;
    this.#image = next;
    for (const id of change.topicIds) {
      const topic = next.topicsById.get(id);
      const old = previous.topicsById.get(id);
      if (topic === undefined) {
        if (old !== undefined) this.#deleteTopic(old);
      } else void this.#openTopic(topic, (index) => old?.partitions[index] === undefined);
    }
    if (change.areBrokerConfigsChanged) {
      for (const topic of next.topicsById.values()) this.#configure(topic);
    }
  }

  /** Resolves once every partition of `topicId` that belongs here is open or has failed. */
  async whenOpen(topicId: string): Promise<void> {
    const slots = this.#topics.get(topicId);
    if (slots === undefined) return;
    const opening = [...slots.values()].filter((one) => one.kind === "opening");
    await Promise.all(opening.map((one) => one.ready));
  }

  find(topicId: string, index: number): Lookup {
    const slot = this.#topics.get(topicId)?.get(index);
    if (slot !== undefined && slot.kind !== "failed") return slot;
    if (slot !== undefined) return { kind: "absent", errorCode: ErrorCode.KAFKA_STORAGE_ERROR };
    const partition = this.#image.topicsById.get(topicId)?.partitions[index];
    if (partition === undefined) {
      return { kind: "absent", errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION };
    }
    return { kind: "absent", errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER };
  }

  /** All partitions that are open. */
  *partitions(): Generator<Partition> {
    for (const slots of this.#topics.values()) {
      for (const slot of slots.values()) if (slot.kind === "open") yield slot.partition;
    }
  }

  /** Partitions whose log could not be opened. */
  get failedCount(): number {
    let count = 0;
    for (const slots of this.#topics.values()) {
      for (const slot of slots.values()) if (slot.kind === "failed") count += 1;
    }
    return count;
  }

  /** How far the wall clock leapt ahead of what retention believes, ms. */
  get clockDoubtMs(): number {
    return this.#retentionClock.doubtMs();
  }

  /**
   * Applies retention to every partition now, to its segments and to the producers that it remembers.
   * Returns how many segments were deleted.
   */
  async applyRetention(): Promise<number> {
    const nowMs = this.#retentionClock.nowMs();
    const silentSince = nowMs - this.#options.producerIdExpirationMs;
    let deleted = 0;
    await inBatches([...this.partitions()], async (partition) => {
      const { log, highWatermark } = partition;
      log.producers.expire(silentSince);
      try {
        deleted += await applyRetention(log, { highWatermark, nowMs });
      } catch (error) {
        this.#warn(log.folder, error, "retention failed");
      }
    });
    return deleted;
  }

  /** The data folder `path` is offline: its partitions answer that, and nothing waits for them. */
  takeOffline(path: string): void {
    for (const slots of this.#topics.values()) {
      for (const [index, slot] of slots) {
        if (slot.kind !== "open" || dataFolderOf(slot.partition.log) !== path) continue;
        slots.set(index, { kind: "failed", retryAt: Number.POSITIVE_INFINITY, isNew: false });
        slot.partition.close();
      }
    }
  }

  /** Answers all that wait and stops the periodic work. Logs are closed by their manager. */
  close(): void {
    this.#isClosed = true;
    this.#expiryTimer?.cancel();
    this.#retentionTimer?.cancel();
    for (const partition of this.partitions()) partition.close();
  }

  /** Opens what `topic` has here and is not open; `isNew` says whether a partition was never there. */
  async #openTopic(topic: TopicImage, isNew: (index: number) => boolean): Promise<void> {
    let slots = this.#topics.get(topic.id);
    if (slots === undefined) {
      slots = new Map();
      this.#topics.set(topic.id, slots);
    }
    this.#configure(topic);
    const { brokerId } = this.#options;
    const missing = topic.partitions.filter(
      (one) => one.replicas.includes(brokerId) && !slots.has(one.index),
    );
    if (missing.length === 0) return;
    const opened = new Map(missing.map(({ index }) => [index, Promise.withResolvers<void>()]));
    for (const [index, { promise }] of opened)
      slots.set(index, { kind: "opening", ready: promise });
    await inBatches(missing, async ({ index }) => {
      await this.#openPartition(topic, { index, isNew: isNew(index) }, slots);
      // Who waits for it runs before any request that comes later: their order is kept.
      opened.get(index)?.resolve();
    });
  }

  async #openPartition(
    topic: TopicImage,
    { index, isNew }: { readonly index: number; readonly isNew: boolean },
    slots: Map<number, Slot>,
  ): Promise<void> {
    const { logs, configOf } = this.#options;
    const config = configOf(topic);
    try {
      const log = await logs.openLog(topic.id, index, config, isNew);
      if (this.#topics.get(topic.id) !== slots || this.#isClosed) return;
      const leaderEpoch = topic.partitions[index]?.leaderEpoch ?? 0;
      const identity = {
        topicId: topic.id,
        topicName: topic.name,
        index,
        isInternal: topic.isInternal,
      };
      const traffic = this.traffic.open(topic.id, topic.name);
      const partition = new Partition(identity, log, config, leaderEpoch, traffic);
      const now = this.#image.topicsById.get(topic.id) ?? topic;
      partition.configure(configOf(now));
      partition.setLeaderEpoch(now.partitions[index]?.leaderEpoch ?? 0);
      slots.set(index, { kind: "open", partition });
    } catch (error) {
      const isOffline = error instanceof IoError && error.code === FOLDER_OFFLINE;
      const folder = `${topic.id}-${index}`;
      // The folder has its own line; there may be thousands of these.
      if (isOffline) this.#options.logger.debug({ folder, error: error.message }, "offline");
      else this.#warn(folder, error, "a partition could not be opened");
      // A failed sync is never tried again: the system may have dropped what it could not write.
      const isOver = isOffline || error instanceof SyncFailure;
      const now = this.#options.clock.monotonicMs();
      const retryAt = isOver ? Number.POSITIVE_INFINITY : now + OPEN_RETRY_MS;
      if (this.#topics.get(topic.id) === slots)
        slots.set(index, { kind: "failed", retryAt, isNew });
    }
  }

  #configure(topic: TopicImage): void {
    const slots = this.#topics.get(topic.id);
    if (slots === undefined) return;
    const config = this.#options.configOf(topic);
    for (const [index, slot] of slots) {
      if (slot.kind !== "open") continue;
      slot.partition.configure(config);
      slot.partition.setLeaderEpoch(topic.partitions[index]?.leaderEpoch ?? 0);
    }
  }

  #deleteTopic(topic: TopicImage): void {
    const slots = this.#topics.get(topic.id);
    if (slots === undefined) return;
    this.#topics.delete(topic.id);
    this.traffic.close(topic.id);
    const deletions = [...slots].map(async ([index, slot]) => {
      if (slot.kind === "open") slot.partition.close();
      else if (slot.kind === "opening") await slot.ready;
      try {
        await this.#options.logs.deleteLog(topic.id, index);
        return true;
      } catch (error) {
        this.#warn(`${topic.id}-${index}`, error, "deleting a log failed");
        return false;
      }
    });
    void Promise.all(deletions).then((done) => {
      // What could not be removed now is removed at the next start.
      if (done.every(Boolean)) this.#options.onDeleted(topic.id);
    });
  }

  #scheduleExpiry(): void {
    this.#expiryTimer = this.#options.scheduler.after(EXPIRY_INTERVAL_MS, () => {
      const now = this.#options.clock.monotonicMs();
      for (const partition of this.partitions()) partition.expire(now);
      this.#retryFailed(now);
      this.#watchClock();
      if (!this.#isClosed) this.#scheduleExpiry();
    });
  }

  /** Opens once more what could not be opened before. */
  #retryFailed(now: number): void {
    for (const [topicId, slots] of this.#topics) {
      const topic = this.#image.topicsById.get(topicId);
      if (topic === undefined) continue;
      const due = new Map<number, boolean>();
      for (const [index, slot] of slots) {
        if (slot.kind === "failed" && slot.retryAt <= now) due.set(index, slot.isNew);
      }
      if (due.size === 0) continue;
      for (const index of due.keys()) slots.delete(index);
      void this.#openTopic(topic, (index) => due.get(index) === true);
    }
  }

  /** Says once that the clock leapt ahead; the look itself is what the clock learns from. */
  #watchClock(): void {
    const doubtMs = this.clockDoubtMs;
    if (doubtMs > CLOCK_LEAP_MS && !this.#isClockDoubted) {
      const message = "the wall clock leapt ahead; records age by it only once that has lasted";
      this.#options.logger.warn({ leapMs: doubtMs, lastsMs: LEAP_DOUBT_MS }, message);
    }
    this.#isClockDoubted = doubtMs > CLOCK_LEAP_MS;
  }

  #scheduleRetention(): void {
    const delay = this.#options.retentionIntervalMs();
    this.#retentionTimer = this.#options.scheduler.after(delay, () => {
      void this.applyRetention().finally(() => {
        if (!this.#isClosed) this.#scheduleRetention();
      });
    });
  }

  #warn(folder: string, error: unknown, message: string): void {
    this.#options.logger.warn({ folder, error: messageOf(error) }, message);
  }
}
