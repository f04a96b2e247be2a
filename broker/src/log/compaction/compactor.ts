/**
 * Keeps the logs of compacted topics small: looks now and then which is most due, and has a thread run one
 * pass over it. A log that cannot be compacted is left alone, and says why.
 */
import { IoError, messageOf } from "@runnel/kit/errors.ts";
import type { Clock, Logger, Random, Scheduler, Timer } from "@runnel/kit/world.ts";
import type { Disk, Threads } from "#io/ports.ts";
import { abortedBetween } from "../aborted.ts";
import { replaceFile } from "../atomic-file.ts";
import { headerIn } from "../log-reader.ts";
import { CLEANED_SUFFIX, fileName, offsetOfName } from "../names.ts";
import type { PartitionLog } from "../partition-log.ts";
import { RetentionClock } from "../retention-clock.ts";
import { Segment } from "../segment.ts";
import { encodeTransactionIndex } from "../transaction-index.ts";
import { type CleanableRange, cleanableRange, dirtyRatio } from "./cleanable.ts";
import { CleanerCheckpoint } from "./cleaner-checkpoint.ts";
import { RETRY_MS } from "./limits.ts";
import type { CompactionTask, NewSegment, PassSummary, Progress } from "./messages.ts";
import { ABANDONED, PassFailure, PassRunner } from "./pass-runner.ts";
import type { CompactionSettings } from "./ports.ts";
import type { CompactionProbe } from "./probe.ts";

/** A log that is open, and up to where its records are decided and replicated. */
export interface CompactableLog {
  readonly log: PartitionLog;
  readonly stableOffset: number;
}

export interface CompactorWorld {
  readonly threads: Threads;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly logger: Logger;
  readonly disk: Disk;
  readonly probe: CompactionProbe;
  /** All logs that are open here. */
  logs(): Iterable<CompactableLog>;
}

/** How a pass over a log went. */
export interface LastPass extends PassSummary {
  /** Wall ms. */
  readonly endedAt: number;
  readonly tookMs: number;
}

/** What people are told of the compaction of one log. */
export interface CompactionView {
  readonly cleanBytes: number;
  readonly dirtyBytes: number;
  readonly dirtyRatio: number;
  /** Null while no pass is under way. */
  readonly progress: Progress | null;
  /** Null before any since the broker started. */
  readonly lastPass: LastPass | null;
  /** Why the last pass failed: the log is left alone, for good unless `retryInMs` says for how long. */
  readonly failure: { readonly reason: string; readonly retryInMs: number | null } | null;
}

/** The code of a pass that could not begin: a start may have to read its log from before the end of it. */
const NO_CHECKPOINT = "RUNNEL_COMPACTION_NO_CHECKPOINT";

const CHANGED = new PassFailure(ABANDONED, "records of it were deleted, or it was closed", true);

/** What is remembered of a log. */
class LogState {
  lastPass: LastPass | null = null;
  progress: Progress | null = null;
  failure: string | null = null;
  /** Not before, monotonic ms. */
  retryAt = Number.NEGATIVE_INFINITY;
}

interface Candidate extends CompactableLog {
  readonly range: CleanableRange;
}

export class Compactor {
  readonly #world: CompactorWorld;
  readonly #settings: CompactionSettings;
  readonly #checkpoint: CleanerCheckpoint;
  readonly #runner: PassRunner;
  /** By what records and tombstones are old: a leap of the wall clock makes none of them old at once. */
  readonly #believed: RetentionClock;
  readonly #states = new WeakMap<PartitionLog, LogState>();
  #timer: Timer | null = null;
  #isClosed = false;
  /** The look or pass under way; never rejects. */
  #working: Promise<void> = Promise.resolve();
  /** Appends under way at the last look, as where their log ends with them. */
  #waiting = new Map<PartitionLog, number>();

  constructor(world: CompactorWorld, settings: CompactionSettings) {
    this.#world = world;
    this.#settings = settings;
    this.#believed = new RetentionClock(world.clock);
    this.#checkpoint = new CleanerCheckpoint(world.disk);
    const { threads, clock, scheduler } = world;
    const doAppendsWait = (): boolean => this.#doAppendsWait();
    this.#runner = new PassRunner({ threads, clock, scheduler, doAppendsWait });
    world.probe.watch({
      dirtyRatio: () => this.#largestRatio(),
      stopped: () => this.#stoppedCount(),
    });
    if (settings.isEnabled) this.#schedule();
  }

  /** Ends the pass under way, whose log stays as it was. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#runner.end();
    await this.#working;
  }

  /** Null where the log's topic is not compacted. */
  viewOf(compactable: CompactableLog): CompactionView | null {
    const { log } = compactable;
    if (!isCompacted(log)) return null;
    const range = this.#rangeOf(compactable);
    const state = this.#stateOf(log);
    const waitMs = state.retryAt - this.#world.clock.monotonicMs();
    return {
      cleanBytes: range.cleanBytes,
      dirtyBytes: range.cleanableBytes,
      dirtyRatio: dirtyRatio(range),
      progress: state.progress,
      lastPass: state.lastPass,
      failure:
        state.failure === null
          ? null
          : { reason: state.failure, retryInMs: waitMs === Infinity ? null : Math.max(0, waitMs) },
    };
  }

  #schedule(): void {
    if (this.#isClosed) return;
    this.#timer = this.#world.scheduler.after(this.#settings.backoffMs, () => {
      this.#working = this.compactDue()
        .catch((error: unknown) => {
          this.#world.logger.error({ error: messageOf(error) }, "compaction failed");
        })
        .finally(() => this.#schedule());
    });
  }

  /** Compacts logs, the most due first, until none is due. */
  async compactDue(): Promise<void> {
    while (!this.#isClosed) {
      const candidate = await this.#mostDue();
      if (candidate === null || this.#isClosed) break;
      await this.#compact(candidate);
    }
    // Its memory goes with it.
    await this.#runner.end();
  }

  async #mostDue(): Promise<Candidate | null> {
    let most: Candidate | null = null;
    const now = this.#world.clock.monotonicMs();
    for (const { log, stableOffset } of this.#world.logs()) {
      if (!isCompacted(log) || log.state !== "open" || this.#stateOf(log).retryAt > now) continue;
      await this.#checkpoint.load(log.folder);
      const range = this.#rangeOf({ log, stableOffset });
      const isOverdue = await this.#isOverdue(log, range);
      if (range.cleanableBytes === 0) continue;
      const ratio = dirtyRatio(range);
      if (!isOverdue && ratio <= log.config.minCleanableDirtyRatio) continue;
      if (most === null || ratio > dirtyRatio(most.range)) most = { log, stableOffset, range };
    }
    return most;
  }

  #rangeOf({ log, stableOffset }: CompactableLog): CleanableRange {
    return cleanableRange({
      segments: log.segments.map((segment) => ({
        baseOffset: segment.baseOffset,
        size: segment.size,
        newestAt: segment.maxTimestamp >= 0 ? segment.maxTimestamp : segment.createdAt,
        abortedCount: segment.abortedCount,
      })),
      logStartOffset: log.logStartOffset,
      nextOffset: log.nextOffset,
      stableOffset: Math.min(stableOffset, log.logEndOffset),
      cleanedTo: this.#checkpoint.cleanedTo(log.folder),
      minCompactionLagMs: log.config.minCompactionLagMs,
      nowMs: this.#believed.nowMs(),
    });
  }

  /**
   * Whether records have waited for `max.compaction.lag.ms`. Where they are in the active segment, that one
   * is closed for it.
   */
  async #isOverdue(log: PartitionLog, range: CleanableRange): Promise<boolean> {
    const { maxCompactionLagMs } = log.config;
    const before = this.#believed.nowMs() - maxCompactionLagMs;
    if (before < 0) return false;
    const active = log.segments.at(-1);
    if (active !== undefined && active.firstTimestamp >= 0 && active.firstTimestamp < before) {
      log.rollIfFilled();
    }
    const dirty = log.segments[range.firstDirty];
    if (dirty === undefined || range.firstDirty >= range.segmentCount) return false;
    if (dirty.firstTimestamp < 0) {
      const header = await headerIn(log.io, dirty, 0).catch(() => null);
      dirty.firstTimestamp = header?.maxTimestamp ?? -1;
    }
    return dirty.firstTimestamp >= 0 && dirty.firstTimestamp < before;
  }

  async #compact({ log, range }: Candidate): Promise<void> {
    const state = this.#stateOf(log);
    const { clock, logger, probe } = this.#world;
    const sources = log.segments.slice(0, range.segmentCount);
    const beganAt = clock.monotonicMs();
    const { folder } = log;
    try {
      await beginBehind(log, range.endOffset);
      const task = await this.#taskOf(log, sources, range);
      const summary = await this.#runner.run(task, {
        onProgress: (progress) => {
          state.progress = progress;
        },
        onSegment: (made) => place(log, sources, made),
      });
      const tookMs = clock.monotonicMs() - beganAt;
      state.lastPass = { ...summary, endedAt: clock.nowMs(), tookMs };
      state.failure = null;
      probe.count(state.lastPass);
      await this.#save(log, summary.cleanedTo);
      logger.info({ folder, ...summary, tookMs: Math.round(tookMs) }, "compacted a log");
    } catch (error) {
      await this.#note(log, state, isAsItWas(log, sources) ? error : CHANGED);
    } finally {
      state.progress = null;
    }
  }

  async #taskOf(
    log: PartitionLog,
    sources: readonly Segment[],
    { dirtyOffset, endOffset }: CleanableRange,
  ): Promise<CompactionTask> {
    const { config, folder } = log;
    const { random } = this.#world;
    return {
      folder,
      segments: sources.map(({ baseOffset, size }, index) => ({
        baseOffset,
        size,
        endOffset: sources[index + 1]?.baseOffset ?? endOffset,
      })),
      endOffset,
      dirtyOffset,
      aborted: await abortedBetween(log, sources[0]?.baseOffset ?? 0, endOffset),
      producers: [...log.producers.entries()].map(({ producerId, epoch, batches }) => ({
        producerId,
        epoch,
        lastDataOffset: batches.at(-1)?.lastOffset ?? -1,
      })),
      nowMs: this.#believed.nowMs(),
      seed: random.below(2 ** 32),
      deleteRetentionMs: config.deleteRetentionMs,
      segmentBytes: config.segmentBytes,
      segmentIndexBytes: config.segmentIndexBytes,
      indexIntervalBytes: config.indexIntervalBytes,
      dedupeBufferBytes: this.#settings.dedupeBufferBytes,
      dedupeLoadFactor: this.#settings.dedupeLoadFactor,
      readBytes: this.#settings.readBytes,
      bytesPerSecondMax: this.#settings.bytesPerSecondMax,
    };
  }

  async #save(log: PartitionLog, cleanedTo: number): Promise<void> {
    const folders = new Set([...this.#world.logs()].map((one) => one.log.folder));
    await this.#checkpoint.save(log.folder, cleanedTo, folders).catch((error: unknown) => {
      const { folder } = log;
      this.#world.logger.warn({ folder, error: messageOf(error) }, "a checkpoint failed");
    });
  }

  /** Leaves a log alone: for a while where it may go better then, else until the broker starts again. */
  async #note(log: PartitionLog, state: LogState, error: unknown): Promise<void> {
    const { folder } = log;
    if (log.state === "open") await removeUnfinished(this.#world.disk, folder).catch(() => {});
    if (this.#isClosed) return;
    const { clock, logger, probe } = this.#world;
    const mayPass = error instanceof PassFailure ? error.mayPass : error instanceof IoError;
    state.retryAt = mayPass ? clock.monotonicMs() + RETRY_MS : Number.POSITIVE_INFINITY;
    if (error instanceof PassFailure && error.code === ABANDONED) {
      logger.info({ folder, reason: error.message }, "a log changed while it was compacted");
      return;
    }
    state.failure = messageOf(error);
    probe.failures.add();
    const what = mayPass ? "is tried again" : "stops until the broker is started again";
    logger.error({ folder, error: state.failure }, `a log cannot be compacted; it ${what}`);
  }

  #stateOf(log: PartitionLog): LogState {
    let state = this.#states.get(log);
    if (state === undefined) {
      state = new LogState();
      this.#states.set(log, state);
    }
    return state;
  }

  /** Whether an append that was under way at the last look still is. */
  #doAppendsWait(): boolean {
    let isWaiting = false;
    for (const [log, endOffset] of this.#waiting) isWaiting ||= log.logEndOffset < endOffset;
    this.#waiting = new Map();
    for (const { log } of this.#world.logs()) {
      if (log.nextOffset > log.logEndOffset) this.#waiting.set(log, log.nextOffset);
    }
    return isWaiting;
  }

  #largestRatio(): number {
    let largest = 0;
    for (const one of this.#world.logs()) {
      if (isCompacted(one.log)) largest = Math.max(largest, dirtyRatio(this.#rangeOf(one)));
    }
    return largest;
  }

  #stoppedCount(): number {
    let count = 0;
    for (const { log } of this.#world.logs()) {
      if (isCompacted(log) && this.#states.get(log)?.retryAt === Infinity) count += 1;
    }
    return count;
  }
}

/** Whether all of `sources` are in the log but those that the pass itself has replaced. */
function isAsItWas(log: PartitionLog, sources: readonly Segment[]): boolean {
  const now = new Set(log.segments);
  return log.state === "open" && sources.every((source) => now.has(source) || source.suffix !== "");
}

function isCompacted({ config }: PartitionLog): boolean {
  return config.cleanupPolicy.includes("compact");
}

/** Puts a new segment in its place; false where what it was made from is not all there any more. */
async function place(
  log: PartitionLog,
  sources: readonly Segment[],
  made: NewSegment,
): Promise<boolean> {
  const replaced = sources.filter(({ baseOffset }) => made.replaces.includes(baseOffset));
  const newest = replaced.at(-1) as Segment;
  const cleaned = new Segment(log.folder, made.baseOffset, newest.createdAt);
  cleaned.suffix = CLEANED_SUFFIX;
  cleaned.size = made.size;
  cleaned.writtenSize = made.size;
  cleaned.syncedSize = made.size;
  cleaned.maxTimestamp = made.maxTimestamp;
  cleaned.offsetOfMaxTimestamp = made.offsetOfMaxTimestamp;
  cleaned.firstTimestamp = made.firstTimestamp;
  cleaned.savedOffsetEntries = made.offsetEntries;
  cleaned.savedTimeEntries = made.timeEntries;
  cleaned.indexes = null;
  cleaned.forgetAborted(made.aborted.length);
  const name = fileName(made.baseOffset, ".txnindex") + CLEANED_SUFFIX;
  await replaceFile(log.io.disk, log.folder, name, encodeTransactionIndex(made.aborted));
  return await log.replaceSegments(replaced, cleaned);
}

/**
 * Makes every later start read the log from `endOffset` on, or from its beginning. A snapshot from before
 * knows aborted transactions and open ones of which compaction leaves no record and no marker: a start from
 * there would find no end of them.
 */
async function beginBehind(
  { environment, folder }: PartitionLog,
  endOffset: number,
): Promise<void> {
  if (!(await environment.checkpointAt(folder, endOffset))) {
    throw new PassFailure(NO_CHECKPOINT, `no checkpoint at ${endOffset} could be written`, true);
  }
  const { disk } = environment;
  for (const name of await disk.list(folder)) {
    const offset = offsetOfName(name, ".snapshot");
    if (offset !== null && offset < endOffset) await disk.removeFile(`${folder}/${name}`);
  }
}

/** Removes the files of a segment that was not completed. */
async function removeUnfinished(disk: Disk, folder: string): Promise<void> {
  for (const name of await disk.list(folder)) {
    if (name.endsWith(CLEANED_SUFFIX)) await disk.removeFile(`${folder}/${name}`);
  }
}
