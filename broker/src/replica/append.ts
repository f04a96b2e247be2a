/**
 * A producer's batch on its way into a partition: every field judged, then appended by the leader, then
 * answered when as many replicas have it as was asked.
 */

import { DecodeError, IoError } from "@runnel/kit/errors.ts";
import type { Clock } from "@runnel/kit/world.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import {
  BATCH_HEADER_SIZE,
  codecOf,
  readBatchHeader,
  setLogAppendTime,
  setMaxTimestamp,
} from "@runnel/protocol/records/batch.ts";
import {
  type BatchVerdict,
  type ProduceRules,
  validateProducedBatch,
  validateRecords,
} from "@runnel/protocol/records/validate.ts";
import type { Workers } from "#io/ports.ts";
import {
  type AdmissionRefusal,
  admit,
  opensTransaction,
  type ProduceTransaction,
} from "./admission.ts";
import type { Partition } from "./partition.ts";
import type { TransactionGate } from "./ports.ts";
import { type Packing, packingOf, repack } from "./recompress.ts";

/** What a batch may unpack to where a rule speaks of its records: this many times `max.message.bytes`. */
const UNPACK_RATIO_MAX = 64;

export interface AppendContext {
  readonly clock: Clock;
  readonly gate: TransactionGate;
  readonly workers: Pick<Workers, "compress" | "decompress">;
}

export interface AppendRequest {
  /** Nothing (0), the leader (1), all in-sync replicas (−1). */
  readonly acks: number;
  readonly timeoutMs: number;
  readonly allowsZstd: boolean;
  /** Null for a request without a transactional id. */
  readonly transaction: ProduceTransaction | null;
}

export interface RecordError {
  readonly batchIndex: number;
  readonly message: string;
}

export interface AppendResult {
  readonly errorCode: ErrorCode;
  /** −1 on error. */
  readonly baseOffset: number;
  /** −1 for CreateTime. */
  readonly logAppendTimeMs: number;
  readonly logStartOffset: number;
  readonly recordErrors: readonly RecordError[];
  readonly message: string | null;
}

/** Appends `batch`, which belongs to the partition from here on, and waits for `acks`. */
export function appendBatch(
  context: AppendContext,
  partition: Partition,
  batch: Uint8Array,
  request: AppendRequest,
): AppendResult | Promise<AppendResult> {
  const rules = rulesOf(partition, request, context.clock.nowMs());
  const verdict = validateProducedBatch(batch, rules);
  if (!verdict.ok) return refusal(verdict);
  const book = (refused: AdmissionRefusal | null): AppendResult | Promise<AppendResult> => {
    if (refused !== null) return failure(refused.errorCode, refused.message);
    const booked = partition.inOrder(() => {
      const incoming = { batch, request };
      const packing = packingOf(partition.config, verdict.header.attributes);
      if (!verdict.needsDecoding && packing === null) {
        return append(context, partition, incoming, verdict);
      }
      return unpackThenAppend(context, partition, incoming, { rules, verdict, packing });
    });
    return booked instanceof Promise ? booked.then((one) => one.answer) : booked.answer;
  };
  const admitted = admit(context.gate, partition, verdict.header, request.transaction);
  return admitted instanceof Promise ? admitted.then(book) : book(admitted);
}

/** What appending `batch` would come to, as far as its form decides it; nothing is appended. */
export function judgeBatch(
  context: AppendContext,
  partition: Partition,
  batch: Uint8Array,
  request: AppendRequest,
): AppendResult {
  const rules = rulesOf(partition, request, context.clock.nowMs());
  const verdict = validateProducedBatch(batch, rules);
  if (!verdict.ok) return refusal(verdict);
  return { ...failure(ErrorCode.NONE, ""), message: null };
}

interface Incoming {
  readonly batch: Uint8Array;
  readonly request: AppendRequest;
}

/**
 * A batch that has its place in the log, or was refused. The wait for the answer began in the same step:
 * a failure of the log that comes later is never missed. An object, so that the next batch does not wait.
 */
interface Booked {
  readonly answer: AppendResult | Promise<AppendResult>;
}

function rulesOf(partition: Partition, request: AppendRequest, nowMs: number): ProduceRules {
  const { config } = partition;
  return {
    maxMessageBytes: config.maxMessageBytes,
    timestampType: config.messageTimestampType === "CreateTime" ? "createTime" : "logAppendTime",
    timestampBeforeMaxMs: config.messageTimestampBeforeMaxMs,
    timestampAfterMaxMs: config.messageTimestampAfterMaxMs,
    nowMs,
    requiresKeys: config.cleanupPolicy.includes("compact"),
    allowsZstd: request.allowsZstd,
  };
}

interface Unpacking {
  readonly rules: ProduceRules;
  /** What was found without looking into compressed records. */
  readonly verdict: BatchVerdict & { ok: true };
  /** How the topic keeps the batch; null for as it was sent. */
  readonly packing: Packing | null;
}

async function unpackThenAppend(
  context: AppendContext,
  partition: Partition,
  incoming: Incoming,
  { rules, verdict: before, packing }: Unpacking,
): Promise<Booked> {
  const { workers } = context;
  const { header } = before;
  const codec = codecOf(header.attributes);
  const packed = incoming.batch.subarray(BATCH_HEADER_SIZE);
  const limit = UNPACK_RATIO_MAX * rules.maxMessageBytes;
  try {
    const records = codec === 0 ? packed : await workers.decompress(codec, packed, limit);
    const verdict = codec === 0 ? before : validateRecords(records, { start: 0, header, rules });
    if (!verdict.ok) return { answer: refusal(verdict) };
    if (packing === null) return append(context, partition, incoming, verdict);
    const batch = await repack(workers, incoming.batch, records, packing);
    if (batch.length > rules.maxMessageBytes) {
      const message = `batch of ${batch.length} bytes as the topic keeps it, ${rules.maxMessageBytes} are allowed`;
      return { answer: failure(ErrorCode.MESSAGE_TOO_LARGE, message) };
    }
    const kept = { ...verdict, header: readBatchHeader(batch, 0) };
    return append(context, partition, { ...incoming, batch }, kept);
  } catch (error) {
    if (error instanceof DecodeError) {
      return { answer: failure(ErrorCode.CORRUPT_MESSAGE, error.message) };
    }
    if (!(error instanceof IoError)) throw error;
    // The workers are busy: this batch alone waits for its producer to send it again.
    return { answer: failure(ErrorCode.REQUEST_TIMED_OUT, error.message) };
  }
}

function append(
  context: AppendContext,
  partition: Partition,
  { batch, request }: Incoming,
  verdict: BatchVerdict & { ok: true },
): Booked {
  const { config, log } = partition;
  const opens = opensTransaction(partition, verdict.header);
  if (opens && !partition.admissions.has(verdict.header)) {
    return { answer: failure(ErrorCode.INVALID_TXN_STATE, "the transaction has ended meanwhile") };
  }
  if (batch.length > config.segmentBytes) {
    const message = `batch of ${batch.length} bytes, segment.bytes is ${config.segmentBytes}`;
    return { answer: failure(ErrorCode.RECORD_LIST_TOO_LARGE, message) };
  }
  const isAppendTime = config.messageTimestampType === "LogAppendTime";
  let logAppendTimeMs = isAppendTime ? context.clock.nowMs() : -1;
  let { header } = verdict;
  if (isAppendTime) setLogAppendTime(batch, 0, logAppendTimeMs);
  else if (verdict.maxTimestamp !== header.maxTimestamp) {
    setMaxTimestamp(batch, 0, verdict.maxTimestamp);
  }
  if (isAppendTime || verdict.maxTimestamp !== header.maxTimestamp) {
    header = readBatchHeader(batch, 0);
  }
  const rules = { mustBeginAtZero: opens && request.transaction?.mayAdd === true };
  const outcome = log.append(batch, header, partition.leaderEpoch, rules);
  if (opens && outcome.kind === "appended") partition.admissions.revoke(header.producerId);
  if (outcome.kind === "refused") return { answer: failure(outcome.errorCode, outcome.message) };
  if (outcome.kind === "appended") {
    partition.traffic.countReceived(batch.length, header.recordCount);
  }
  if (outcome.kind === "duplicate" && isAppendTime) logAppendTimeMs = outcome.timestamp;
  const result: AppendResult = {
    errorCode: ErrorCode.NONE,
    baseOffset: outcome.baseOffset,
    logAppendTimeMs,
    logStartOffset: log.logStartOffset,
    recordErrors: NO_ERRORS,
    message: null,
  };
  const deadline = deadlineOf(request, context.clock);
  return { answer: settle(partition, result, { endOffset: outcome.endOffset, deadline }) };
}

/** As with Kafka, the producer's time counts where it waits for other replicas. Monotonic ms. */
function deadlineOf({ acks, timeoutMs }: AppendRequest, clock: Clock): number {
  return acks === -1 ? clock.monotonicMs() + Math.max(0, timeoutMs) : Number.POSITIVE_INFINITY;
}

/** Waits until what was booked is as durable as the topic asks, whatever `acks` says. */
function settle(
  partition: Partition,
  result: AppendResult,
  { endOffset, deadline }: { readonly endOffset: number; readonly deadline: number },
): AppendResult | Promise<AppendResult> {
  if (endOffset <= partition.highWatermark) return result;
  return new Promise((resolve) => {
    partition.awaitHighWatermark(endOffset, deadline, (how) => {
      if (how === "reached") resolve(result);
      else if (how === "expired") {
        resolve(failure(ErrorCode.REQUEST_TIMED_OUT, "not replicated in time; it may still be"));
      } else resolve(failure(ErrorCode.KAFKA_STORAGE_ERROR, "the log could not be written"));
    });
  });
}

const NO_ERRORS: readonly RecordError[] = [];

function refusal(verdict: BatchVerdict & { ok: false }): AppendResult {
  return {
    ...failure(verdict.errorCode, verdict.message),
    recordErrors: verdict.recordErrors,
  };
}

/** The answer where nothing was appended, or no one can say. */
export function failure(errorCode: ErrorCode, message: string): AppendResult {
  return {
    errorCode,
    baseOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset: -1,
    recordErrors: NO_ERRORS,
    message,
  };
}
