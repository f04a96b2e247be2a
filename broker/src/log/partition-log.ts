/**
 * The log of one partition: segments on disk, the newest batches in memory.
 *
 * `append` decides and books at once, in memory; the group commit brings it to the disk. Two ends
 * therefore: `nextOffset`, where the next batch goes, and `logEndOffset`, below which everything is as
 * durable as the topic asks: only that counts as had, is acknowledged, and is read. When the disk
 * refuses, what was not acknowledged is forgotten: after a failed sync for good (the log is fenced),
 * after any other failure once the log was loaded again from what is on the disk.
 */
import { messageOf } from "@runnel/kit/errors.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import {
  type BatchHeader,
  NO_PRODUCER_ID,
  readBatchHeader,
  setBaseOffset,
  setPartitionLeaderEpoch,
} from "@runnel/protocol/records/batch.ts";
import { buildMarkerBatch } from "@runnel/protocol/records/control.ts";
import { replaceFile } from "./atomic-file.ts";
import type { EpochCache } from "./epoch-cache.ts";
import { isPassing, SyncFailure } from "./failures.ts";
import { FlushTimer } from "./flush-timer.ts";
import { GroupCommit } from "./group-commit.ts";
import type { LogEnvironment, OpenLogOptions } from "./log-environment.ts";
import { LogFiles } from "./log-files.ts";
import { type LoadedLog, loadFor } from "./log-loader.ts";
import type { ReaderIo } from "./log-reader.ts";
import { EPOCH_CHECKPOINT } from "./names.ts";
import type { Append, LogConfig, LogListener } from "./ports.ts";
import { encodeSnapshot } from "./producer-snapshot.ts";
import type { ProducerState, SequenceRules } from "./producer-state.ts";
import { NO_RECOVERY_POINT, type RecoveryPoint } from "./recovery-point.ts";
import { mustRoll, type NextBatch } from "./roll-rule.ts";
import { countBelow, replaceRun, runAt, Segment } from "./segment.ts";
import type { LogTail } from "./tail-cache.ts";
import { bookBatch } from "./transaction-files.ts";
import type { TransactionMarker } from "./transaction-marker.ts";

/** Bytes behind the recovery point after which a new one is due. */
const CHECKPOINT_BYTES = 64 * 1024 * 1024;
/** Pause before a log that could not be loaded again is tried once more. */
const REPAIR_DELAY_MS = 1000;
/** "closing": appends are refused, those before are brought to the disk. */
export type LogState = "open" | "repairing" | "fenced" | "closing" | "closed";

export class PartitionLog {
  readonly folder: string;
  readonly environment: LogEnvironment;
  readonly io: ReaderIo;
  readonly tail: LogTail;
  #config: LogConfig;
  #listener: LogListener | null = null;
  #commit: GroupCommit;
  #files: LogFiles;
  #segments: Segment[];
  #epochs: EpochCache;
  #producers: ProducerState;
  #recoveryPoint: RecoveryPoint;
  #logStartOffset: number;
  #logEndOffset: number;
  #nextOffset: number;
  #state: LogState = "open";
  /** How often closed segments were put in the place of others. */
  rewrites = 0;
  #bytesSinceCheckpoint = 0;
  readonly #flushTimer: FlushTimer;
  #epochsChanged = false;
  /** The term begun last; −1 before any. */
  #leaderEpoch = -1;
  /** The last attempt to load the log again; never rejects. */
  #repairing: Promise<void> = Promise.resolve();
  /** The last checkpoint that was begun; never rejects. */
  #checkpointing: Promise<void> = Promise.resolve();

  /** Loads the log in `folder`, or begins one there. */
  static async open(environment: LogEnvironment, options: OpenLogOptions): Promise<PartitionLog> {
    await environment.disk.makeDirectory(options.folder);
    const loaded = await loadFor(environment, { ...options, truncateTo: null });
    return new PartitionLog(environment, options, loaded);
  }

  private constructor(environment: LogEnvironment, options: OpenLogOptions, loaded: LoadedLog) {
    this.environment = environment;
    this.#flushTimer = new FlushTimer(environment.scheduler);
    this.folder = options.folder;
    this.#config = options.config;
    this.io = { disk: environment.disk, files: environment.files };
    this.tail = environment.tailCache.tail();
    this.#segments = loaded.segments;
    this.#epochs = loaded.epochs;
    this.#producers = loaded.producers;
    this.#logStartOffset = loaded.logStartOffset;
    this.#nextOffset = this.#logEndOffset = loaded.endOffset;
    this.#recoveryPoint = options.recoveryPoint ?? NO_RECOVERY_POINT;
    // A check begins a little before the recovery point; that alone is no reason for a new one.
    const isUpToDate = this.#recoveryPoint.offset === loaded.endOffset;
    this.#bytesSinceCheckpoint = isUpToDate ? 0 : loaded.scannedBytes;
    this.#commit = this.#newCommit();
    this.#files = this.#newFiles();
  }

  get state(): LogState {
    return this.#state;
  }

  get logStartOffset(): number {
    return this.#logStartOffset;
  }

  /** Everything below is as durable as the topic asks. */
  get logEndOffset(): number {
    return this.#logEndOffset;
  }

  /** Where the next batch goes. */
  get nextOffset(): number {
    return this.#nextOffset;
  }

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  get epochs(): EpochCache {
    return this.#epochs;
  }

  get producers(): ProducerState {
    return this.#producers;
  }

  get config(): LogConfig {
    return this.#config;
  }

  /** Bytes of all segments. */
  get size(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.size, 0);
  }

  get bytesSinceCheckpoint(): number {
    return this.#bytesSinceCheckpoint;
  }

  set listener(listener: LogListener) {
    this.#listener = listener;
  }

  /** Applies changed settings from the next append on. */
  configure(config: LogConfig): void {
    this.#config = config;
  }

  /** A leader's term begins where the log ends; reaches the disk with its first append. */
  beginEpoch(leaderEpoch: number): void {
    this.#leaderEpoch = leaderEpoch;
    // Later epochs than the leader's own come from a damaged header: no checksum covers that field.
    if (this.#epochs.truncateAbove(leaderEpoch)) this.#epochsChanged = true;
    if (this.#epochs.assign(leaderEpoch, this.#nextOffset)) this.#epochsChanged = true;
  }

  /**
   * Books one checked batch at the end of the log and queues it for the disk. Sets base offset and
   * leader epoch in `batch`, which belongs to the log from here on. Transactional batches without a
   * sequence are those of committed offsets. Not for control batches: see `appendMarker`.
   */
  append(
    batch: Uint8Array,
    header: BatchHeader,
    leaderEpoch: number,
    rules?: SequenceRules,
  ): Append {
    if (this.#state !== "open") return this.#unavailable;
    if (header.producerId !== NO_PRODUCER_ID) {
      const check = this.#producers.check(header, rules);
      if (check.kind === "refused") return check;
      if (check.kind === "duplicate") {
        const { baseOffset, lastOffset } = check.batch;
        return { kind: "duplicate", baseOffset, endOffset: lastOffset + 1 };
      }
    }
    return this.#book(batch, header, leaderEpoch);
  }

  /**
   * Ends a producer's transaction: books the control batch and, where it was open here, moves the last
   * stable offset once the marker is replicated. Refused where a later coordinator or producer was here.
   */
  appendMarker(marker: TransactionMarker, leaderEpoch: number): Append {
    if (this.#state !== "open") return this.#unavailable;
    const refusal = this.#producers.checkMarker(marker);
    if (refusal !== null) return refusal;
    const batch = buildMarkerBatch({ ...marker, timestamp: this.environment.nowMs() });
    return this.#book(batch, readBatchHeader(batch, 0), leaderEpoch);
  }

  get #unavailable(): Append {
    const message = `the log is ${this.#state}`;
    return { kind: "refused", errorCode: ErrorCode.KAFKA_STORAGE_ERROR, message };
  }

  #book(batch: Uint8Array, header: BatchHeader, leaderEpoch: number): Append {
    const baseOffset = this.#nextOffset;
    const lastOffset = baseOffset + header.lastOffsetDelta;
    const { maxTimestamp, recordCount } = header;
    const segment = this.#segmentFor({ size: batch.length, lastOffset, maxTimestamp });
    setBaseOffset(batch, 0, baseOffset);
    setPartitionLeaderEpoch(batch, 0, leaderEpoch);
    const position = segment.size;
    const bytes = this.tail.add(batch, baseOffset, lastOffset);
    const place = { lastOffset, position, size: bytes.length, maxTimestamp };
    segment.book(place, this.#config.indexIntervalBytes);
    if (this.#epochs.assign(leaderEpoch, baseOffset)) this.#epochsChanged = true;
    const nowMs = this.environment.nowMs();
    const aborted = bookBatch(this.#producers, { ...header, baseOffset }, batch, nowMs);
    if (aborted !== null) segment.aborted?.push(aborted);
    this.#nextOffset = lastOffset + 1;
    const room = CHECKPOINT_BYTES - this.#bytesSinceCheckpoint;
    this.#bytesSinceCheckpoint += bytes.length;
    if (room > 0 && room <= bytes.length) this.environment.onCheckpointDue(this.folder);
    const endOffset = this.#nextOffset;
    if (this.#epochsChanged) this.#queueEpochs();
    this.#commit.write({ segment, bytes, position, endOffset, recordCount });
    return { kind: "appended", baseOffset, endOffset };
  }

  /** Begins a new segment unless the active one is empty, so that all before it can be deleted. */
  rollIfFilled(): void {
    if (this.#state === "open" && this.#active.size > 0) this.#roll(this.#nextOffset);
  }

  /**
   * Moves the log's start up to `offset` in memory; the caller makes it durable by the checkpoint and
   * then calls `dropSegments`.
   */
  advanceStart(offset: number): void {
    this.#logStartOffset = Math.max(this.#logStartOffset, offset);
    if (this.#epochs.truncateBefore(this.#logStartOffset)) {
      this.#epochsChanged = true;
      this.#queueEpochs();
    }
  }

  /**
   * Removes the segments that lie entirely below the log's start, as soon as nobody writes to them; none
   * while the log is not open. Returns the bytes given back.
   */
  async dropSegments(): Promise<number> {
    await this.#quiet();
    if (this.#state !== "open") return 0;
    const dropped = this.#segments.splice(0, countBelow(this.#segments, this.#logStartOffset));
    if (dropped.length === 0) return 0;
    await this.#commit.run(() => {
      this.#commit.forget(dropped);
      const { scheduler } = this.environment;
      return this.#files.remove(dropped, { scheduler, delayMs: this.#config.fileDeleteDelayMs });
    });
    return dropped.reduce((sum, segment) => sum + segment.size, 0);
  }

  /**
   * Puts a compacted segment, complete under its `.cleaned` names, in the place of `replaced`; false where
   * these are not all there any more. Where the disk refuses, the log is loaded again, or fenced.
   */
  async replaceSegments(replaced: readonly Segment[], cleaned: Segment): Promise<boolean> {
    await this.#quiet();
    const { scheduler, indexCache } = this.environment;
    const options = {
      isWanted: () => this.#state === "open" && runAt(this.#segments, replaced) >= 0,
      onSwapped: () => {
        this.rewrites += 1;
        this.tail.dropBelow(replaceRun(this.#segments, replaced, cleaned));
        for (const segment of replaced) indexCache.drop(segment);
      },
      scheduler,
      delayMs: this.#config.fileDeleteDelayMs,
    };
    const swap = { replaced, cleaned, number: this.rewrites + 1 };
    return await this.#files.swap(swap, options).catch((error: unknown) => this.#fatal(error));
  }

  /**
   * Makes all that was appended up to now durable, with indexes and snapshot, and says up to where: the
   * caller writes that down. Appends go on meanwhile. One at a time.
   */
  checkpoint(): Promise<RecoveryPoint> {
    const running = this.#checkpointing.then(() => this.#checkpoint());
    this.#checkpointing = running.then(
      () => {},
      () => {},
    );
    return running;
  }

  /** Brings everything to the disk and takes no more. Returns where the log ends. */
  async close(): Promise<RecoveryPoint> {
    if (this.#state === "open") {
      this.#state = "closing";
      this.#active.finishTimes();
      try {
        await this.checkpoint();
      } finally {
        await this.#end();
      }
    } else await this.#end();
    return this.#recoveryPoint;
  }

  /** Stops at once, for a folder that is about to be removed. What was not acknowledged fails. */
  async abandon(): Promise<void> {
    this.#files.stop();
    await this.#end();
  }

  async #end(): Promise<void> {
    this.#commit.stop();
    this.#state = "closed";
    this.tail.clear();
    this.#listener?.onFailure(true);
    await this.#quiet();
    await this.#repairing;
    this.#files.stop();
    for (const segment of this.#segments) await this.io.files.release(segment.path(".log"));
  }

  /** Resolves when no checkpoint and no work on closed segments is under way. */
  async #quiet(): Promise<void> {
    for (let seen: Promise<void> | null = null; seen !== this.#checkpointing; ) {
      seen = this.#checkpointing;
      await seen;
      await this.#files.idle();
    }
  }

  async #checkpoint(): Promise<RecoveryPoint> {
    if (this.#state !== "open" && this.#state !== "closing") return this.#recoveryPoint;
    const { logStartOffset } = this;
    const offset = this.#nextOffset;
    if (offset === this.#recoveryPoint.offset && this.#bytesSinceCheckpoint === 0) {
      return (this.#recoveryPoint = { ...this.#recoveryPoint, logStartOffset });
    }
    const segment = this.#active;
    const { maxTimestamp, offsetOfMaxTimestamp } = segment;
    const snapshot = this.#snapshot(offset);
    const bytes = this.#bytesSinceCheckpoint;
    await this.#commit.run(async () => {});
    await this.#files.completeAll();
    await this.#syncOrFence(segment);
    if (snapshot !== null) {
      await this.#files.saveSnapshot(offset, snapshot, this.#recoveryPoint.offset);
    }
    await this.#files.saveIndexes(segment);
    this.#bytesSinceCheckpoint -= bytes;
    const hasSnapshot = snapshot !== null;
    const newest = { maxTimestamp, offsetOfMaxTimestamp };
    this.#recoveryPoint = { offset, hasSnapshot, ...newest, logStartOffset };
    return this.#recoveryPoint;
  }

  get #active(): Segment {
    return this.#segments.at(-1) as Segment;
  }

  #newCommit(): GroupCommit {
    return new GroupCommit(this.environment.files, this.environment.scheduler, {
      flushMessages: () => this.#config.flushMessages,
      onCommitted: (endOffset) => {
        this.#logEndOffset = endOffset;
        if (this.#commit.unflushedRecords > 0) {
          this.#flushTimer.arm(this.#config.flushMs, () => {
            if (this.#state === "open") this.#syncOrFence(this.#active).catch(() => {});
          });
        }
        this.#listener?.onEndMoved();
      },
      onFailed: (error) => this.#fail(error),
    });
  }

  #segmentFor(next: NextBatch): Segment {
    const isOver = mustRoll(this.#active, this.#config, next, this.environment);
    return isOver ? this.#roll(this.#nextOffset) : this.#active;
  }

  /** Books a new active segment; its file is made, and the old one closed, in the order of appends. */
  #roll(baseOffset: number): Segment {
    const closed = this.#active;
    closed.finishTimes();
    const next = new Segment(this.folder, baseOffset, this.environment.nowMs());
    this.#segments.push(next);
    const snapshot = this.#snapshot(baseOffset);
    const files = this.#files;
    void this.#commit
      .run(async () => {
        await files.create(next);
        files.close(closed);
        if (snapshot !== null) {
          files.offerSnapshot(baseOffset, snapshot, this.#recoveryPoint.offset);
        }
      })
      .catch(() => {});
    return next;
  }

  #snapshot(offset: number): Uint8Array | null {
    const aborted = this.#active.baseOffset < offset ? (this.#active.aborted ?? []) : [];
    if (this.#producers.size === 0 && aborted.length === 0) return null;
    return encodeSnapshot({ producers: this.#producers, aborted }, offset);
  }

  #newFiles(): LogFiles {
    const { folder, io, environment } = this;
    const sync = (segment: Segment): Promise<void> => this.#syncOrFence(segment);
    const files = new LogFiles({ folder, io, logger: environment.logger, sync });
    files.adopt(this.#segments.slice(0, -1));
    return files;
  }

  async #syncOrFence(segment: Segment): Promise<void> {
    try {
      await this.#commit.sync(segment);
    } catch (error) {
      if (error instanceof SyncFailure) this.#fatal(error);
      throw error;
    }
  }

  /** Lets the log fail because of `error`, which it throws, unless it has for no better reason. */
  #fatal(error: unknown): never {
    const isOver = this.#state === "fenced" || this.#state === "closed";
    if (!isOver && !(this.#state === "repairing" && isPassing(error))) {
      this.#commit.stop();
      this.#fail(error);
    }
    throw error;
  }

  #queueEpochs(): void {
    this.#epochsChanged = false;
    const text = new TextEncoder().encode(this.#epochs.format());
    void this.#commit
      .run(() => replaceFile(this.environment.disk, this.folder, EPOCH_CHECKPOINT, text))
      .catch(() => {});
  }

  #fail(error: unknown): void {
    const goesOn = this.#state !== "closing" && isPassing(error);
    this.#state = goesOn ? "repairing" : "fenced";
    this.environment.logger.error(
      { folder: this.folder, error: messageOf(error), state: this.#state },
      goesOn
        ? "the disk refused an append; the log goes on when it can"
        : "the disk failed; the log takes no more appends until the broker is restarted",
    );
    this.tail.clear();
    this.#nextOffset = this.#logEndOffset;
    this.#listener?.onFailure(!goesOn);
    if (goesOn) this.#repairing = this.#repair();
    else this.environment.onFenced(this.folder, error);
  }

  /** Loads the log again from what is on the disk, cut to what was acknowledged. */
  async #repair(): Promise<void> {
    try {
      await this.#quiet();
      const loaded = await loadFor(this.environment, {
        folder: this.folder,
        config: this.#config,
        recoveryPoint: this.#recoveryPoint,
        logStartOffset: this.#logStartOffset,
        truncateTo: this.#logEndOffset,
        isDurable: false,
        isDoubted: false,
      });
      if (this.#state !== "repairing") return;
      if (loaded.endOffset !== this.#logEndOffset) {
        throw new Error(`the log ends at ${loaded.endOffset}, ${this.#logEndOffset} was known`);
      }
      this.#segments = loaded.segments;
      this.#epochs = loaded.epochs;
      this.#producers = loaded.producers;
      this.#logEndOffset = loaded.endOffset;
      this.#nextOffset = loaded.endOffset;
      this.#commit = this.#newCommit();
      this.#files = this.#newFiles();
      // The files know a term only from its first append on.
      if (this.#leaderEpoch >= 0) this.beginEpoch(this.#leaderEpoch);
      this.#state = "open";
    } catch (error) {
      if (this.#state !== "repairing") return;
      if (!isPassing(error)) return this.#fail(error);
      const fields = { folder: this.folder, error: messageOf(error) };
      this.environment.logger.warn(fields, "the log cannot go on yet");
      this.environment.scheduler.after(REPAIR_DELAY_MS, () => {
        if (this.#state === "repairing") this.#repairing = this.#repair();
      });
    }
  }
}
