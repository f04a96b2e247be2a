/**
 * One partition on one broker: its log, its role, its high watermark, and who waits for it to move.
 *
 * The high watermark is the smallest log end of the in-sync replicas; with one replica it is the log's
 * own end. Consumers read below it, `acks=all` is answered when it passes the batch.
 */
import type { PartitionLog } from "#log/partition-log.ts";
import type { LogConfig } from "#log/ports.ts";
import { Admissions } from "./admissions.ts";
import type { CompressionConfig } from "./recompress.ts";
import { TopicTraffic } from "./traffic.ts";
import { OffsetWaiters, type WaitOutcome } from "./waiters.ts";

/** The settings that appends are checked against, besides those of the log. */
export interface PartitionConfig extends LogConfig, CompressionConfig {
  readonly maxMessageBytes: number;
  readonly messageTimestampType: "CreateTime" | "LogAppendTime";
  readonly messageTimestampBeforeMaxMs: number;
  readonly messageTimestampAfterMaxMs: number;
  readonly minInsyncReplicas: number;
}

export interface PartitionIdentity {
  readonly topicId: string;
  readonly topicName: string;
  readonly index: number;
  readonly isInternal: boolean;
}

/** Told when there is more to read, or the partition changed so that waiting makes no sense. */
export type Progress = () => void;

export class Partition {
  readonly identity: PartitionIdentity;
  readonly log: PartitionLog;
  /** What all partitions of the topic count together. */
  readonly traffic: TopicTraffic;
  /** Producers that may open their transaction here. */
  readonly admissions = new Admissions();
  #config: PartitionConfig;
  #leaderEpoch: number;
  #highWatermark: number;
  #isOpen = true;
  readonly #produces = new OffsetWaiters();
  readonly #readers = new Set<Progress>();
  /** Appends that wait for their batch to be unpacked; later ones queue behind. */
  #appendQueue: Promise<void> | null = null;

  constructor(
    identity: PartitionIdentity,
    log: PartitionLog,
    config: PartitionConfig,
    leaderEpoch: number,
    traffic: TopicTraffic = new TopicTraffic(),
  ) {
    this.identity = identity;
    this.log = log;
    this.traffic = traffic;
    this.#config = config;
    this.#leaderEpoch = leaderEpoch;
    this.#highWatermark = log.logEndOffset;
    log.beginEpoch(leaderEpoch);
    log.listener = {
      onEndMoved: () => this.#advance(),
      onFailure: () => this.#failed(),
    };
  }

  get config(): PartitionConfig {
    return this.#config;
  }

  get leaderEpoch(): number {
    return this.#leaderEpoch;
  }

  /** Everything below is on every in-sync replica. */
  get highWatermark(): number {
    return this.#highWatermark;
  }

  /** The end of what `read_committed` may see: below it every transaction is decided. */
  get lastStableOffset(): number {
    const undecided = this.log.producers.transactions.firstUndecided;
    if (undecided === null || undecided >= this.#highWatermark) return this.#highWatermark;
    return Math.max(undecided, this.log.logStartOffset);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Requests parked here. */
  get waiting(): number {
    return this.#produces.size + this.#readers.size;
  }

  configure(config: PartitionConfig): void {
    this.#config = config;
    this.log.configure(config);
  }

  setLeaderEpoch(leaderEpoch: number): void {
    if (leaderEpoch <= this.#leaderEpoch) return;
    this.#leaderEpoch = leaderEpoch;
    this.log.beginEpoch(leaderEpoch);
    this.#wakeReaders();
  }

  /** Calls `done` when the high watermark has reached `offset`; at once when it has. */
  awaitHighWatermark(offset: number, deadline: number, done: (outcome: WaitOutcome) => void): void {
    if (offset <= this.#highWatermark) done("reached");
    else if (!this.#isOpen) done("failed");
    else this.#produces.add(offset, deadline, done);
  }

  /** Calls `progress` whenever the high watermark moves, until `removeReader`. */
  addReader(progress: Progress): void {
    this.#readers.add(progress);
  }

  removeReader(progress: Progress): void {
    this.#readers.delete(progress);
  }

  /** Runs `work` behind appends that wait; at once, and without a promise, when none does. */
  inOrder<T>(work: () => T | Promise<T>): T | Promise<T> {
    if (this.#appendQueue === null) {
      const result = work();
      if (result instanceof Promise) this.#enqueue(result);
      return result;
    }
    const result = this.#appendQueue.then(work);
    this.#enqueue(result);
    return result;
  }

  expire(monotonicMs: number): void {
    this.#produces.expire(monotonicMs);
  }

  /** Takes no more requests; readers are answered, producers when their batch is durable or lost. */
  close(): void {
    this.#isOpen = false;
    this.#wakeReaders();
  }

  #enqueue(result: Promise<unknown>): void {
    const settled = result.then(
      () => {},
      () => {},
    );
    this.#appendQueue = settled;
    void settled.then(() => {
      if (this.#appendQueue === settled) this.#appendQueue = null;
    });
  }

  #advance(): void {
    this.#highWatermark = this.log.logEndOffset;
    this.log.producers.transactions.settle(this.#highWatermark);
    this.#produces.reach(this.#highWatermark);
    this.#wakeReaders();
  }

  #failed(): void {
    this.#produces.fail();
    this.#wakeReaders();
  }

  #wakeReaders(): void {
    // Who is answered leaves the set meanwhile, which a set allows.
    for (const progress of this.#readers) progress();
  }
}
