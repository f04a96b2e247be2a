/**
 * Judges what a producer sent for one partition, before it is appended as it is.
 *
 * Every field of the header is checked, and the framing of every record, unless the records are
 * compressed: those are decoded only where a rule needs it, elsewhere and bounded, and then go
 * through `validateRecords`. Source: KIP-98, KIP-32, KIP-467 (record errors), KIP-110 (zstd).
 */
import { expansionMax } from "../compression/limits.ts";
import { ErrorCode } from "../errors.ts";
import {
  BATCH_HEADER_SIZE,
  type BatchHeader,
  checkCrc,
  codecNameOf,
  codecOf,
  hasDeleteHorizon,
  isCompressed,
  isControl,
  isTransactional,
  MAGIC,
  NO_PRODUCER_ID,
  NO_TIMESTAMP,
  readBatchHeader,
  type TimestampType,
  timestampType,
  UNUSED_BITS,
} from "./batch.ts";
import { RECORD_SIZE_MIN } from "./record-layout.ts";
import { type RecordError, type RecordRules, walkRecords } from "./walk.ts";

/** What a topic and a request ask of a batch. */
export interface ProduceRules {
  /** `max.message.bytes`: of the whole batch as sent. */
  readonly maxMessageBytes: number;
  /** `message.timestamp.type`. With logAppendTime the producer's timestamps are not judged. */
  readonly timestampType: TimestampType;
  /** `message.timestamp.before.max.ms`; Infinity for no limit. */
  readonly timestampBeforeMaxMs: number;
  /** `message.timestamp.after.max.ms`; Infinity for no limit. */
  readonly timestampAfterMaxMs: number;
  /** Wall time. */
  readonly nowMs: number;
  /** True for a compacted topic. */
  readonly requiresKeys: boolean;
  /** False for Produce below v7 (KIP-110). */
  readonly allowsZstd: boolean;
}

export type BatchVerdict = GoodBatch | BadBatch;

export interface GoodBatch {
  readonly ok: true;
  /** As sent. */
  readonly header: BatchHeader;
  /** What maxTimestamp must be; where `header` says otherwise, `setMaxTimestamp` has to follow. */
  readonly maxTimestamp: number;
  /** True where a rule speaks of records that are compressed: decode, then `validateRecords`. */
  readonly needsDecoding: boolean;
}

export interface BadBatch {
  readonly ok: false;
  /**
   * CORRUPT_MESSAGE, INVALID_RECORD, INVALID_TIMESTAMP, MESSAGE_TOO_LARGE or
   * UNSUPPORTED_COMPRESSION_TYPE.
   */
  readonly errorCode: ErrorCode;
  readonly message: string;
  readonly recordErrors: readonly RecordError[];
}

/**
 * Judges `bytes`, all that was sent for one partition. Changes nothing. Left to the caller: whether
 * the producer may write (its id, epoch and sequence against the log; transactional batches), and
 * whether the batch fits a segment.
 */
export function validateProducedBatch(bytes: Uint8Array, rules: ProduceRules): BatchVerdict {
  if (bytes.length === 0) return bad(ErrorCode.INVALID_RECORD, "no record batch");
  if (bytes.length < BATCH_HEADER_SIZE) {
    return bad(ErrorCode.CORRUPT_MESSAGE, `${bytes.length} bytes are no record batch`);
  }
  const header = readBatchHeader(bytes, 0);
  const fault =
    faultOfFrame(bytes, header, rules) ??
    faultOfAttributes(header, rules) ??
    faultOfFields(header) ??
    faultOfProducer(header);
  if (fault !== null) return fault;
  if (isCompressed(header.attributes)) return judgeCompressed(header, rules);
  return validateRecords(bytes, { start: BATCH_HEADER_SIZE, header, rules });
}

/**
 * Judges the records of a batch whose header was found good: `bytes` from `start` on, decompressed.
 * Costs about as much as the checksum of the same bytes, or less.
 */
export function validateRecords(
  bytes: Uint8Array,
  { start, header, rules }: { start: number; header: BatchHeader; rules: ProduceRules },
): BatchVerdict {
  const walk = walkRecords(bytes, {
    start,
    end: bytes.length,
    batch: header,
    rules: recordRulesOf(rules),
  });
  const { fault, recordErrors, hasInvalidTimestamp, maxTimestamp } = walk;
  if (fault !== null) return bad(ErrorCode.INVALID_RECORD, fault, recordErrors);
  if (recordErrors.length > 0) {
    const code = hasInvalidTimestamp ? ErrorCode.INVALID_TIMESTAMP : ErrorCode.INVALID_RECORD;
    const first = recordErrors[0] as RecordError;
    return bad(code, `record ${first.batchIndex}: ${first.message}`, recordErrors);
  }
  return { ok: true, header, maxTimestamp, needsDecoding: false };
}

function bad(
  errorCode: ErrorCode,
  message: string,
  recordErrors: readonly RecordError[] = [],
): BadBatch {
  return { ok: false, errorCode, message, recordErrors };
}

/** Magic, length, limit, checksum: whether these bytes are one batch, and arrived whole. */
function faultOfFrame(
  bytes: Uint8Array,
  header: BatchHeader,
  rules: ProduceRules,
): BadBatch | null {
  const { magic, sizeInBytes } = header;
  if (magic !== MAGIC) {
    return bad(ErrorCode.INVALID_RECORD, `record format ${magic}: only format 2 is taken`);
  }
  if (sizeInBytes < BATCH_HEADER_SIZE || sizeInBytes > bytes.length) {
    const message = `batch of ${sizeInBytes} bytes by its length, ${bytes.length} were sent`;
    return bad(ErrorCode.CORRUPT_MESSAGE, message);
  }
  if (sizeInBytes < bytes.length) {
    const extra = bytes.length - sizeInBytes;
    return bad(ErrorCode.INVALID_RECORD, `${extra} bytes after the one batch of a partition`);
  }
  if (sizeInBytes > rules.maxMessageBytes) {
    const message = `batch of ${sizeInBytes} bytes, the topic takes ${rules.maxMessageBytes}`;
    return bad(ErrorCode.MESSAGE_TOO_LARGE, message);
  }
  if (!checkCrc(bytes, 0, header)) return bad(ErrorCode.CORRUPT_MESSAGE, "wrong checksum");
  return null;
}

function faultOfAttributes({ attributes }: BatchHeader, rules: ProduceRules): BadBatch | null {
  const codec = codecNameOf(attributes);
  if (codec === undefined) {
    const message = `there is no codec ${codecOf(attributes)}`;
    return bad(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, message);
  }
  if (codec === "zstd" && !rules.allowsZstd) {
    return bad(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, "zstd needs Produce v7");
  }
  if (isControl(attributes)) return bad(ErrorCode.INVALID_RECORD, "control batch from a client");
  if (hasDeleteHorizon(attributes)) {
    return bad(ErrorCode.INVALID_RECORD, "delete horizon from a client");
  }
  if ((attributes & UNUSED_BITS) !== 0) {
    return bad(ErrorCode.INVALID_RECORD, `unknown attributes 0x${attributes.toString(16)}`);
  }
  if (timestampType(attributes) === "logAppendTime") {
    return bad(ErrorCode.INVALID_TIMESTAMP, "timestamp type LogAppendTime from a client");
  }
  return null;
}

function faultOfFields(header: BatchHeader): BadBatch | null {
  const { baseOffset, lastOffsetDelta, recordCount, sizeInBytes, attributes } = header;
  if (baseOffset !== 0) return bad(ErrorCode.INVALID_RECORD, `base offset ${baseOffset}, not 0`);
  if (recordCount <= 0) return bad(ErrorCode.INVALID_RECORD, `batch of ${recordCount} records`);
  if (lastOffsetDelta !== recordCount - 1) {
    const message = `last offset delta ${lastOffsetDelta} of ${recordCount} records`;
    return bad(ErrorCode.INVALID_RECORD, message);
  }
  const room = sizeInBytes - BATCH_HEADER_SIZE;
  const roomMax = isCompressed(attributes) ? expansionMax(room) : room;
  if (recordCount * RECORD_SIZE_MIN > roomMax) {
    return bad(ErrorCode.INVALID_RECORD, `${recordCount} records cannot fit in ${room} bytes`);
  }
  return null;
}

/**
 * Without a producer id, epoch and sequence mean nothing and are not judged: kafkajs sends 0 for
 * both. With one, all three count.
 */
function faultOfProducer(header: BatchHeader): BadBatch | null {
  const { producerId, producerEpoch, baseSequence, attributes } = header;
  if (producerId === NO_PRODUCER_ID) {
    if (!isTransactional(attributes)) return null;
    return bad(ErrorCode.INVALID_RECORD, "transactional batch without a producer id");
  }
  if (producerId < 0n || producerEpoch < 0 || baseSequence < 0) {
    const message = `producer ${producerId}, epoch ${producerEpoch}, sequence ${baseSequence}`;
    return bad(ErrorCode.INVALID_RECORD, message);
  }
  return null;
}

/** What can be said of records without decoding them: their latest time, as the header gives it. */
function judgeCompressed(header: BatchHeader, rules: ProduceRules): BatchVerdict {
  const { maxTimestamp } = header;
  const { requiresKeys, timestamps } = recordRulesOf(rules);
  if (timestamps !== null && maxTimestamp !== NO_TIMESTAMP) {
    const { oldestMs, newestMs } = timestamps;
    if (!(maxTimestamp >= oldestMs && maxTimestamp <= newestMs)) {
      const message = `max timestamp ${maxTimestamp} is not within ${oldestMs} to ${newestMs}`;
      return bad(ErrorCode.INVALID_TIMESTAMP, message);
    }
  }
  const needsDecoding = requiresKeys || (timestamps !== null && timestamps.oldestMs > 0);
  return { ok: true, header, maxTimestamp, needsDecoding };
}

/** Timestamps beyond 2^53−1 are read as 2^53 and would not be what was sent: always refused. */
function recordRulesOf(rules: ProduceRules): RecordRules {
  if (rules.timestampType === "logAppendTime") {
    return { requiresKeys: rules.requiresKeys, timestamps: null };
  }
  const oldestMs = Math.max(0, rules.nowMs - rules.timestampBeforeMaxMs);
  const newestMs = Math.min(Number.MAX_SAFE_INTEGER, rules.nowMs + rules.timestampAfterMaxMs);
  return { requiresKeys: rules.requiresKeys, timestamps: { oldestMs, newestMs } };
}
