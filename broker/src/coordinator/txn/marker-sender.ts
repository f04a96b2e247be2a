/**
 * Writes the markers that end transactions, until every partition has its own or is gone.
 *
 * An outcome that was decided stays decided, so there is no end to trying: with growing pauses, and with
 * no more than a few transactions at a time. Where a broker starts again in between, the shard that loads
 * asks for the markers anew; one that is written twice does no harm.
 */
import { assert } from "@runnel/kit/assert.ts";
import { messageOf } from "@runnel/kit/errors.ts";
import type { Clock, Logger, Scheduler, Timer } from "@runnel/kit/world.ts";
import { ErrorCode, errorName } from "@runnel/protocol/errors.ts";
import type { TransactionMarker } from "#log/transaction-marker.ts";
import { LogLimiter } from "#metrics/log-limiter.ts";
import type { TopicPartition, TransactionMarkers } from "./ports.ts";

/** Transactions whose markers are being written at a time. */
const JOBS_MAX = 64;

/** Partitions to which one call writes. */
const PARTITIONS_PER_CALL_MAX = 1_000;

/** The pause before partitions that could not take a marker are tried again, doubling up to the maximum. */
const RETRY_DELAY_MS = 50;
const RETRY_DELAY_MS_MAX = 5_000;

export interface MarkerSenderWorld {
  readonly markers: TransactionMarkers;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
}

export interface MarkerJob {
  readonly transactionalId: string;
  readonly marker: TransactionMarker;
  readonly partitions: readonly TopicPartition[];
  /** Called once, in a later turn: there is nothing left to write. Not called for what was dropped. */
  onWritten(): void;
}

interface Running {
  readonly job: MarkerJob;
  readonly owner: object;
  partitions: readonly TopicPartition[];
  delayMs: number;
  pause: Timer | null;
  isDropped: boolean;
}

export class MarkerSender {
  readonly #world: MarkerSenderWorld;
  readonly #limiter: LogLimiter;
  /** Everything that is not written, by who asked for it. */
  readonly #jobs = new Map<object, Set<Running>>();
  /** What waits for its turn; what pauses is in none of both. */
  #queue: Running[] = [];
  #runningCount = 0;
  #waiting = 0;

  constructor(world: MarkerSenderWorld) {
    this.#world = world;
    this.#limiter = new LogLimiter(world.logger, world.clock);
  }

  /** Partitions that wait for a marker. */
  get waiting(): number {
    return this.#waiting;
  }

  send(owner: object, job: MarkerJob): void {
    const { partitions } = job;
    const running: Running = {
      job,
      owner,
      partitions,
      delayMs: RETRY_DELAY_MS,
      pause: null,
      isDropped: false,
    };
    const jobs = this.#jobs.get(owner);
    if (jobs === undefined) this.#jobs.set(owner, new Set([running]));
    else jobs.add(running);
    this.#waiting += partitions.length;
    this.#enqueue(running);
  }

  /** Forgets what `owner` asked for; a marker that is being written may still be. */
  drop(owner: object): void {
    for (const running of this.#jobs.get(owner) ?? []) {
      running.isDropped = true;
      running.pause?.cancel();
      this.#waiting -= running.partitions.length;
    }
    this.#jobs.delete(owner);
    this.#queue = this.#queue.filter(({ isDropped }) => !isDropped);
  }

  #enqueue(running: Running): void {
    this.#queue.push(running);
    this.#world.scheduler.soon(() => this.#advance());
  }

  #advance(): void {
    while (this.#runningCount < JOBS_MAX) {
      const running = this.#queue.shift();
      if (running === undefined) return;
      this.#runningCount += 1;
      void this.#run(running).finally(() => {
        this.#runningCount -= 1;
        this.#advance();
      });
    }
  }

  /** One attempt for every partition that is left. Never rejects. */
  async #run(running: Running): Promise<void> {
    const left: TopicPartition[] = [];
    const { partitions } = running;
    for (let from = 0; from < partitions.length; from += PARTITIONS_PER_CALL_MAX) {
      if (running.isDropped) return;
      const some = partitions.slice(from, from + PARTITIONS_PER_CALL_MAX);
      left.push(...(await this.#write(running, some)));
    }
    if (running.isDropped) return;
    this.#waiting -= partitions.length - left.length;
    running.partitions = left;
    if (left.length === 0) {
      this.#forget(running);
      running.job.onWritten();
      return;
    }
    running.pause = this.#world.scheduler.after(running.delayMs, () => {
      running.pause = null;
      this.#enqueue(running);
    });
    running.delayMs = Math.min(2 * running.delayMs, RETRY_DELAY_MS_MAX);
  }

  /** The partitions that have to be tried again. */
  async #write(
    { job }: Running,
    partitions: readonly TopicPartition[],
  ): Promise<readonly TopicPartition[]> {
    let errorCodes: readonly ErrorCode[];
    try {
      errorCodes = await this.#world.markers.write(job.marker, partitions);
      assert(errorCodes.length === partitions.length, "an answer for every partition");
    } catch (error) {
      const fields = { transactionalId: job.transactionalId, error: messageOf(error) };
      this.#limiter.error(fields, "transaction markers could not be written");
      return partitions;
    }
    return partitions.filter((partition, index) => {
      const errorCode = errorCodes[index] as ErrorCode;
      if (errorCode === ErrorCode.NONE) return false;
      const isOver = NOTHING_TO_END.has(errorCode);
      const fields = {
        transactionalId: job.transactionalId,
        topic: partition.topic,
        partition: partition.partition,
        error: errorName(errorCode),
      };
      if (isOver) this.#limiter.info(fields, "a partition needs no transaction marker any more");
      else this.#limiter.warn(fields, "a partition cannot take a transaction marker now");
      return !isOver;
    });
  }

  #forget(running: Running): void {
    const jobs = this.#jobs.get(running.owner);
    jobs?.delete(running);
    if (jobs?.size === 0) this.#jobs.delete(running.owner);
  }
}

/**
 * Answers that no further attempt changes: the partition is gone, or a later epoch of the producer has
 * ended there what was open.
 */
const NOTHING_TO_END: ReadonlySet<ErrorCode> = new Set([
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.INVALID_PRODUCER_EPOCH,
]);
