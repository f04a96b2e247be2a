/**
 * Reads for consumers: from memory where it can, at once where there is enough, else when enough has
 * come or the time is over.
 *
 * Partitions are served in the order asked, whether their batches are in memory or on the disk; each
 * gets whole batches within what is left of the limits, and the first batch of the first one that has
 * any in every case, so that a large batch never blocks a reader (KIP-74).
 */
import { IoError, messageOf } from "@runnel/kit/errors.ts";
import type { Clock, Logger, Scheduler } from "@runnel/kit/world.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { batchSizeAt, recordCountAt } from "@runnel/protocol/records/batch.ts";
import { abortedBetween } from "#log/aborted.ts";
import { readCached, readStored } from "#log/log-lookup.ts";
import { LOG_CORRUPT } from "#log/log-reader.ts";
import type { Semaphore } from "#log/semaphore.ts";
import type { TailRead } from "#log/tail-cache.ts";
import type { AbortedTransaction } from "#log/transaction-index.ts";
import type { WantedPartition } from "./fetch-sessions.ts";
import type { Partition } from "./partition.ts";

/** The longest that a request is parked, whatever it asks for. */
export const WAIT_MS_MAX = 60_000;
/** How often a parked request looks whether its reader is still there. */
export const GONE_CHECK_MS = 1000;
/** Requests that read from disk at the same time: the rest of the disk's threads are for appends. */
export const STORED_READS_AT_ONCE = 2;

/** A partition asked for, looked up: open and readable, or why not. */
export interface FetchTarget {
  readonly wanted: WantedPartition;
  readonly partition: Partition | null;
  /** Why there is no partition; NONE when there is. */
  readonly errorCode: ErrorCode;
}

export interface FetchLimits {
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly readCommitted: boolean;
  /** Who asks: for somebody who has gone nothing is read from disk, and no request stays parked. */
  readonly reader: { readonly isGone: boolean };
}

export interface FetchedPartition {
  readonly target: FetchTarget;
  readonly errorCode: ErrorCode;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  readonly divergingEpoch: { readonly epoch: number; readonly endOffset: number } | null;
  /** Those that a reader of committed data leaves out; none where nobody asked. */
  readonly aborted: readonly AbortedTransaction[];
  /** Whole batches, by reference. */
  readonly parts: readonly Uint8Array[];
  readonly size: number;
  /** Records from the offset asked for on. */
  readonly eventCount: number;
}

export interface FetchContext {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** Held by a request through all of its reads from disk, so that those let in come to an end. */
  readonly reads: Semaphore;
  /** Bytes that an answer may have now; less while many wait to be sent. Asked at each read from disk. */
  readonly answerBytesMax: () => number;
}

/** Reads `targets`; the answer has one entry for each, in order, or none when the reader has gone. */
export function fetch(
  context: FetchContext,
  targets: readonly FetchTarget[],
  limits: FetchLimits,
): readonly FetchedPartition[] | Promise<readonly FetchedPartition[]> {
  const first = attempt(targets, limits);
  const waitMs = Math.min(limits.maxWaitMs, WAIT_MS_MAX);
  if (isEnough(first, limits) || waitMs <= 0) {
    return complete(context, targets, limits, first);
  }
  return park(context, targets, limits, waitMs);
}

interface Attempt {
  /** As far as it came without the disk. */
  readonly results: readonly FetchedPartition[];
  /** Some batches have to be read from the disk: what comes behind them depends on their size. */
  readonly needsDisk: boolean;
  readonly size: number;
  readonly hasError: boolean;
}

function isEnough(
  { results, needsDisk, size, hasError }: Attempt,
  { minBytes, maxBytes }: FetchLimits,
) {
  return (
    needsDisk ||
    results.length === 0 ||
    hasError ||
    size >= Math.min(Math.max(minBytes, 0), maxBytes)
  );
}

/** One pass over the partitions, without waiting for anything; ends at the first that needs the disk. */
function attempt(targets: readonly FetchTarget[], limits: FetchLimits): Attempt {
  const results: FetchedPartition[] = [];
  let size = 0;
  let hasError = false;
  for (const target of targets) {
    const result = check(target);
    const range = rangeOf(result, limits, size);
    const read = range === null ? NOTHING_READ : readCached(range.log, range);
    const aborted = read === null ? NONE_ABORTED : abortedIn(result, read, limits);
    if (read === null || aborted instanceof Promise) {
      // `readAll` asks once more, and says what went wrong.
      if (aborted instanceof Promise) aborted.catch(() => {});
      return { results, needsDisk: true, size, hasError };
    }
    if (isFailed(result)) hasError = true;
    size += read.size;
    results.push(withBatches(result, read, aborted));
  }
  return { results, needsDisk: false, size, hasError };
}

const NOTHING_READ = { parts: [], size: 0, endOffset: -1 } as const;

/** What to read for a partition when the answer has `taken` bytes so far; null for nothing. */
function rangeOf(result: FetchedPartition, limits: FetchLimits, taken: number) {
  const { wanted, partition } = result.target;
  if (partition === null || isFailed(result)) return null;
  const range = {
    log: partition.log,
    offset: wanted.fetchOffset,
    endOffset: limits.readCommitted ? partition.lastStableOffset : partition.highWatermark,
    bytesMax: Math.max(0, Math.min(wanted.maxBytes, limits.maxBytes - taken)),
    atLeastOne: taken === 0,
  };
  if (range.offset >= range.endOffset) return null;
  return range.bytesMax > 0 || range.atLeastOne ? range : null;
}

function isFailed({ errorCode, divergingEpoch }: FetchedPartition): boolean {
  return errorCode !== ErrorCode.NONE || divergingEpoch !== null;
}

function withBatches(
  result: FetchedPartition,
  { parts, size, endOffset }: TailRead,
  aborted: readonly AbortedTransaction[],
): FetchedPartition {
  if (size === 0) return result;
  // Offsets have no gaps while nothing is compacted.
  return {
    ...result,
    aborted,
    parts,
    size,
    eventCount: eventCountOf(result.target, parts, endOffset),
  };
}

/** How many records are sent, about; offsets tell where compaction has left no gaps between them. */
function eventCountOf(
  { partition, wanted }: FetchTarget,
  parts: readonly Uint8Array[],
  endOffset: number,
): number {
  const offsets = endOffset - wanted.fetchOffset;
  if (partition?.log.config.cleanupPolicy.includes("compact") !== true) return offsets;
  let count = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; at += batchSizeAt(part, at))
      count += recordCountAt(part, at);
  }
  return Math.min(count, offsets);
}

const NONE_ABORTED: readonly AbortedTransaction[] = [];

/** Which records of `read` belong to aborted transactions; a promise where files have to be read. */
function abortedIn(
  { target: { wanted, partition } }: FetchedPartition,
  { size, endOffset }: TailRead,
  { readCommitted }: FetchLimits,
): readonly AbortedTransaction[] | Promise<readonly AbortedTransaction[]> {
  if (!readCommitted || size === 0 || partition === null) return NONE_ABORTED;
  return abortedBetween(partition.log, wanted.fetchOffset, endOffset);
}

/** Everything that can be said about a partition before its batches are read. */
function check(target: FetchTarget): FetchedPartition {
  const { wanted, partition } = target;
  if (partition === null) return withError(target, target.errorCode);
  const { log, leaderEpoch } = partition;
  if (!partition.isOpen) return withError(target, ErrorCode.NOT_LEADER_OR_FOLLOWER);
  const epochError = leaderEpochError(wanted.currentLeaderEpoch, leaderEpoch);
  if (epochError !== ErrorCode.NONE) return withError(target, epochError);
  const result: FetchedPartition = {
    target,
    errorCode: ErrorCode.NONE,
    highWatermark: partition.highWatermark,
    lastStableOffset: partition.lastStableOffset,
    logStartOffset: log.logStartOffset,
    divergingEpoch: null,
    aborted: NONE_ABORTED,
    parts: [],
    size: 0,
    eventCount: 0,
  };
  if (wanted.lastFetchedEpoch >= 0) {
    const end = log.epochs.endOf(wanted.lastFetchedEpoch, log.logEndOffset);
    if (end.endOffset < 0) return withError(target, ErrorCode.OFFSET_OUT_OF_RANGE);
    if (end.epoch < wanted.lastFetchedEpoch || end.endOffset < wanted.fetchOffset) {
      return { ...result, divergingEpoch: end };
    }
  }
  if (wanted.fetchOffset < log.logStartOffset || wanted.fetchOffset > log.logEndOffset) {
    return withError(target, ErrorCode.OFFSET_OUT_OF_RANGE);
  }
  return result;
}

/** What an epoch that a client expects says against ours; −1 expects nothing. */
export function leaderEpochError(expected: number, leaderEpoch: number): ErrorCode {
  if (expected < 0 || expected === leaderEpoch) return ErrorCode.NONE;
  return expected < leaderEpoch ? ErrorCode.FENCED_LEADER_EPOCH : ErrorCode.UNKNOWN_LEADER_EPOCH;
}

function withError(target: FetchTarget, errorCode: ErrorCode): FetchedPartition {
  return {
    target,
    errorCode,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    divergingEpoch: null,
    aborted: NONE_ABORTED,
    parts: [],
    size: 0,
    eventCount: 0,
  };
}

/** Waits until another pass finds enough, the time is over, or the reader has gone. */
function park(
  context: FetchContext,
  targets: readonly FetchTarget[],
  limits: FetchLimits,
  waitMs: number,
): Promise<readonly FetchedPartition[]> {
  const { clock, scheduler } = context;
  const deadline = clock.monotonicMs() + waitMs;
  return new Promise((resolve, reject) => {
    let isDone = false;
    const leave = (): void => {
      isDone = true;
      timer.cancel();
      for (const { partition } of targets) partition?.removeReader(progress);
    };
    const tryAgain = (isTimeOver: boolean): void => {
      if (limits.reader.isGone) {
        leave();
        resolve([]);
        return;
      }
      const result = attempt(targets, limits);
      if (!isTimeOver && !isEnough(result, limits)) return;
      leave();
      Promise.resolve(complete(context, targets, limits, result)).then(resolve, reject);
    };
    const progress = (): void => {
      if (!isDone) tryAgain(false);
    };
    const look = (): void => {
      if (isDone) return;
      const leftMs = deadline - clock.monotonicMs();
      if (leftMs < 1 || limits.reader.isGone) tryAgain(true);
      else timer = scheduler.after(Math.min(leftMs, GONE_CHECK_MS), look);
    };
    let timer = scheduler.after(Math.min(waitMs, GONE_CHECK_MS), look);
    for (const { partition } of targets) partition?.addReader(progress);
  });
}

/** The answer: what a pass found, or all of it again where the disk is needed. */
function complete(
  context: FetchContext,
  targets: readonly FetchTarget[],
  limits: FetchLimits,
  { needsDisk, results }: Attempt,
): readonly FetchedPartition[] | Promise<readonly FetchedPartition[]> {
  return needsDisk ? context.reads.run(() => readAll(context, targets, limits)) : results;
}

/** One pass over the partitions, from memory or from the disk. */
async function readAll(
  context: FetchContext,
  targets: readonly FetchTarget[],
  limits: FetchLimits,
): Promise<readonly FetchedPartition[]> {
  const results: FetchedPartition[] = [];
  let taken = 0;
  for (const target of targets) {
    if (limits.reader.isGone) return [];
    const maxBytes = Math.min(limits.maxBytes, context.answerBytesMax());
    const done = await readOne(context, target, { ...limits, maxBytes }, taken);
    taken += done.size;
    results.push(done);
  }
  return results;
}

async function readOne(
  { logger }: FetchContext,
  target: FetchTarget,
  limits: FetchLimits,
  taken: number,
): Promise<FetchedPartition> {
  const result = check(target);
  const range = rangeOf(result, limits, taken);
  if (range === null) return result;
  const { log } = range;
  const isBelowStart = (): boolean => range.offset < log.logStartOffset;
  const outOfRange = withError(target, ErrorCode.OFFSET_OUT_OF_RANGE);
  try {
    const read = readCached(log, range) ?? (await readStored(log, range));
    const aborted = await abortedIn(result, read, limits);
    // With a segment goes the index that says which of its records were aborted.
    if (limits.readCommitted && isBelowStart()) return outOfRange;
    return withBatches(result, read, aborted);
  } catch (error) {
    // Retention took the segment from under the read.
    if (isBelowStart()) return outOfRange;
    const topic = target.partition?.identity.topicName;
    const partition = target.wanted.index;
    logger.error({ topic, partition, error: messageOf(error) }, "reading the log failed");
    return withError(target, codeOf(error));
  }
}

function codeOf(error: unknown): ErrorCode {
  const isDamage = error instanceof IoError && error.code === LOG_CORRUPT;
  return isDamage ? ErrorCode.CORRUPT_MESSAGE : ErrorCode.KAFKA_STORAGE_ERROR;
}
