/**
 * The way of offsets into a transaction: where the group's shard does not know the transaction yet, its
 * coordinator is asked between two steps of the shard.
 */
import { ErrorCode, errorInfo } from "@runnel/protocol/errors.ts";
import type { TransactionGate } from "#replica/ports.ts";
import type {
  CommitResult,
  TransactionCommitEvent,
  TransactionCommitResult,
} from "./group/events.ts";

/** A TxnOffsetCommit as it came, for topics that exist. */
export interface TransactionCommitInput
  extends Omit<TransactionCommitEvent, "kind" | "ticket" | "missingGroupError" | "admission"> {
  readonly apiVersion: number;
  readonly transactionalId: string;
}

export interface TransactionCommitServices {
  /** The internal topic, as the coordinator of transactions knows it. */
  readonly topic: string;
  readonly gate: TransactionGate;
  /** Of the internal topic; null while it is being made. */
  partitionOf(groupId: string): number | null;
  ask(event: Omit<TransactionCommitEvent, "ticket">): Promise<TransactionCommitResult>;
}

/** First version whose client waits for nobody else to add the offsets (KIP-890). */
const ADDS_ITSELF_SINCE = 5;
/** First version that knows TRANSACTION_ABORTABLE (KIP-890). */
const ABORTABLE_SINCE = 4;

export async function commitInTransaction(
  input: TransactionCommitInput,
  { topic, gate, partitionOf, ask }: TransactionCommitServices,
): Promise<CommitResult> {
  const { apiVersion, transactionalId, ...rest } = input;
  const { ILLEGAL_GENERATION } = ErrorCode;
  const event = {
    ...rest,
    kind: "transaction-commit",
    missingGroupError: ILLEGAL_GENERATION,
  } as const;
  const first = await ask({ ...event, admission: null });
  const { admission } = first;
  if (admission === null) return toAnswer(first, apiVersion);
  const partition = partitionOf(input.groupId) ?? -1;
  const mayAdd = apiVersion >= ADDS_ITSELF_SINCE;
  try {
    const request = { ...input.producer, transactionalId, topic, partition, mayAdd };
    const errorCode = toGroupError(await gate.admit(request));
    if (errorCode !== ErrorCode.NONE) {
      return toAnswer({ errorCodes: input.offsets.map(() => errorCode) }, apiVersion);
    }
    return toAnswer(await ask({ ...event, admission }), apiVersion);
  } finally {
    admission.withdraw();
  }
}

/**
 * What the coordinator of the transaction said, in words of the group's. A client would take its trouble
 * for trouble of the group's coordinator and look for another; this one makes it come again (as in Kafka).
 */
function toGroupError(errorCode: ErrorCode): ErrorCode {
  const isTransient = errorInfo(errorCode)?.retriable === true;
  return isTransient ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS : errorCode;
}

/** The codes that a version of TxnOffsetCommit knows. */
function toAnswer({ errorCodes }: CommitResult, apiVersion: number): CommitResult {
  return { errorCodes: errorCodes.map((code) => toKnown(code, apiVersion)) };
}

function toKnown(errorCode: ErrorCode, apiVersion: number): ErrorCode {
  switch (errorCode) {
    case ErrorCode.GROUP_ID_NOT_FOUND:
    case ErrorCode.STALE_MEMBER_EPOCH:
      return ErrorCode.ILLEGAL_GENERATION;
    case ErrorCode.PRODUCER_FENCED:
      return ErrorCode.INVALID_PRODUCER_EPOCH;
    case ErrorCode.INVALID_TXN_STATE:
    case ErrorCode.TRANSACTION_ABORTABLE:
      return apiVersion >= ABORTABLE_SINCE
        ? ErrorCode.TRANSACTION_ABORTABLE
        : ErrorCode.INVALID_TXN_STATE;
    default:
      return errorCode;
  }
}
