/**
 * Reads for consumers: from memory where it can, at once where there is enough, else when enough has
 * come or the time is over.
 *
 * Partitions are served in the order asked; each gets whole batches within what is left of the limits,
 * and the first batch of the first one that has any in every case, so that a large batch never blocks a
 * reader (KIP-74).
 */
import { IoError, messageOf } from "@runnel/kit/errors.ts";
import type { Clock, Logger, Scheduler } from "@runnel/kit/world.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { readCached, readStored } from "#log/log-lookup.ts";
import { LOG_CORRUPT } from "#log/log-reader.ts";
import type { Semaphore } from "#log/semaphore.ts";
import type { WantedPartition } from "./fetch-sessions.ts";
import type { Partition } from "./partition.ts";

/** The longest that a request is parked, whatever it asks for. */
export const WAIT_MS_MAX = 60_000;
/** Reads from disk under way at the same time: the rest of the disk's threads are for appends. */
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
  /** Who asks: nothing is read from disk for somebody who has gone. */
  readonly reader: { readonly isGone: boolean };
}

export interface FetchedPartition {
  readonly target: FetchTarget;
  readonly errorCode: ErrorCode;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  readonly divergingEpoch: { readonly epoch: number; readonly endOffset: number } | null;
  /** Whole batches, by reference. */
  readonly parts: readonly Uint8Array[];
  readonly size: number;
}

export interface FetchContext {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly reads: Semaphore;
  /** Bytes that an answer may have now; less while many wait to be sent. Asked at each read from disk. */
  readonly answerBytesMax: () => number;
}

/** Reads `targets`; the answer has one entry for each, in order. */
export function fetch(
  context: FetchContext,
  targets: readonly FetchTarget[],
  limits: FetchLimits,
): readonly FetchedPartition[] | Promise<readonly FetchedPartition[]> {
  const first = attempt(targets, limits);
  const waitMs = Math.min(limits.maxWaitMs, WAIT_MS_MAX);
  if (isEnough(first, limits) || waitMs <= 0) return complete(context, first, limits);
  return park(context, targets, limits, waitMs);
}

interface Attempt {
  readonly results: FetchedPartition[];
  /** Positions in `results` whose batches have to be read from the disk. */
  readonly stored: readonly number[];
  readonly size: number;
  readonly hasError: boolean;
}

function isEnough(
  { results, stored, size, hasError }: Attempt,
  { minBytes, maxBytes }: FetchLimits,
) {
  return (
    results.length === 0 ||
    hasError ||
    stored.length > 0 ||
    size >= Math.min(Math.max(minBytes, 0), maxBytes)
  );
}

/** One pass over the partitions, without waiting for anything. */
function attempt(targets: readonly FetchTarget[], limits: FetchLimits): Attempt {
  const results: FetchedPartition[] = [];
  const stored: number[] = [];
  let size = 0;
  let hasError = false;
  for (const target of targets) {
    const result = check(target);
    if (result.errorCode !== ErrorCode.NONE || result.divergingEpoch !== null) hasError = true;
    else if (target.partition !== null) {
      const read = readFromMemory(target, limits, size);
      if (read === null) stored.push(results.length);
      else if (read.size > 0) {
        size += read.size;
        results.push({ ...result, parts: read.parts, size: read.size });
        continue;
      }
    }
    results.push(result);
  }
  return { results, stored, size, hasError };
}

function readFromMemory({ wanted, partition }: FetchTarget, limits: FetchLimits, taken: number) {
  if (partition === null) return NOTHING_READ;
  const range = rangeOf(partition, wanted, limits, taken);
  if (range.offset >= range.endOffset) return NOTHING_READ;
  if (range.bytesMax <= 0 && !range.atLeastOne) return NOTHING_READ;
  return readCached(partition.log, range);
}

const NOTHING_READ = { parts: [], size: 0 } as const;

function rangeOf(
  partition: Partition,
  wanted: WantedPartition,
  limits: FetchLimits,
  taken: number,
) {
  return {
    offset: wanted.fetchOffset,
    endOffset: limits.readCommitted ? partition.lastStableOffset : partition.highWatermark,
    bytesMax: Math.max(0, Math.min(wanted.maxBytes, limits.maxBytes - taken)),
    atLeastOne: taken === 0,
  };
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
    parts: [],
    size: 0,
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
    parts: [],
    size: 0,
  };
}

/** Waits until another pass finds enough, or the time is over. */
function park(
  context: FetchContext,
  targets: readonly FetchTarget[],
  limits: FetchLimits,
  waitMs: number,
): Promise<readonly FetchedPartition[]> {
  return new Promise((resolve, reject) => {
    let isDone = false;
    const finish = (result: Attempt): void => {
      isDone = true;
      timer.cancel();
      for (const { partition } of targets) partition?.removeReader(progress);
      Promise.resolve(complete(context, result, limits)).then(resolve, reject);
    };
    const progress = (): void => {
      if (isDone) return;
      const result = attempt(targets, limits);
      if (isEnough(result, limits)) finish(result);
    };
    const timer = context.scheduler.after(waitMs, () => {
      if (!isDone) finish(attempt(targets, limits));
    });
    for (const { partition } of targets) partition?.addReader(progress);
  });
}

/** Reads from the disk what was not in memory. */
function complete(
  context: FetchContext,
  { results, stored, size }: Attempt,
  limits: FetchLimits,
): readonly FetchedPartition[] | Promise<readonly FetchedPartition[]> {
  if (stored.length === 0) return results;
  return readAll(context, results, stored, { limits, size });
}

async function readAll(
  context: FetchContext,
  results: FetchedPartition[],
  stored: readonly number[],
  { limits, size }: { limits: FetchLimits; size: number },
): Promise<readonly FetchedPartition[]> {
  let taken = size;
  for (const at of stored) {
    const result = results[at] as FetchedPartition;
    const { partition, wanted } = result.target;
    if (partition === null) continue;
    const range = rangeOf(partition, wanted, limits, taken);
    if (range.bytesMax <= 0 && !range.atLeastOne) continue;
    const { log } = partition;
    try {
      const read = await context.reads.run(async () => {
        if (limits.reader.isGone) return NOTHING_READ;
        const bytesMax = Math.min(range.bytesMax, context.answerBytesMax());
        return readStored(log, { ...range, bytesMax });
      });
      taken += read.size;
      results[at] = { ...result, parts: read.parts, size: read.size };
    } catch (error) {
      if (wanted.fetchOffset < log.logStartOffset) {
        // Retention took the segment from under the read.
        results[at] = withError(result.target, ErrorCode.OFFSET_OUT_OF_RANGE);
        continue;
      }
      results[at] = withError(result.target, codeOf(error));
      context.logger.error(
        { topic: partition.identity.topicName, partition: wanted.index, error: messageOf(error) },
        "reading the log failed",
      );
    }
  }
  return results;
}

function codeOf(error: unknown): ErrorCode {
  const isDamage = error instanceof IoError && error.code === LOG_CORRUPT;
  return isDamage ? ErrorCode.CORRUPT_MESSAGE : ErrorCode.KAFKA_STORAGE_ERROR;
}
