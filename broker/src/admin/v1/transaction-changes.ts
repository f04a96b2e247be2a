/** Aborting transactions: by their transactional id, or in a partition where nobody coordinates one. */
import type { AnswerOf } from "@runnel/contracts/routes.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { transactionVersion } from "#coordinator/txn/abort.ts";
import type { TransactionDescription } from "#coordinator/txn/events.ts";
import { FENCING_EPOCH_MAX } from "#coordinator/txn/model.ts";
import type { TransactionMarker } from "#log/transaction-marker.ts";
import type { Partition } from "#replica/partition.ts";
import { Refusal } from "../problem.ts";
import { authorize } from "./caller.ts";
import { kafkaRefusal, refuseUnlessNone } from "./kafka-problem.ts";
import { judgeOf, type OpenTransaction, openIn } from "./open-transactions.ts";
import { partitionFor } from "./producers.ts";
import type { Call } from "./serve.ts";
import type { V1Services } from "./services.ts";
import { topicFor } from "./topic-view.ts";
import { transactionFor } from "./transactions.ts";

type Outcome = AnswerOf<"abortTransaction">["before"];

/** Markers by hand are those of transactions as they were before KIP-890: any epoch may be ended. */
const MARKER_VERSION = 1;

export async function abortTransaction(
  { params, query, expectedVersion, caller }: Call<"abortTransaction">,
  services: V1Services,
): Promise<AnswerOf<"abortTransaction">> {
  const { transactionalId } = params;
  const isValidateOnly = query.dryRun === true;
  await transactionFor(services, caller, "write", transactionalId);
  const { errorCode, before, after } = await services.transactionChanges.abort(caller.actor, {
    transactionalId,
    expectedVersion,
    isValidateOnly,
  });
  refuseAbort(errorCode, transactionalId, before);
  // It was there a moment ago; what is left of it is an id that expired.
  if (before === null) throw kafkaRefusal(ErrorCode.TRANSACTIONAL_ID_NOT_FOUND, { subject: "it" });
  return {
    isDryRun: isValidateOnly,
    etag: transactionVersion(after ?? before),
    before: outcomeOf(before),
    after: after === null ? expectedOf(before) : outcomeOf(after),
  };
}

function refuseAbort(
  errorCode: ErrorCode,
  transactionalId: string,
  before: TransactionDescription | null,
): void {
  const subject = `transactional id ${transactionalId}`;
  const state = before?.state ?? "unknown";
  switch (errorCode) {
    case ErrorCode.INVALID_UPDATE_VERSION: {
      const message = `what is under way under ${subject} is not what If-Match names any more`;
      throw kafkaRefusal(errorCode, { subject, message });
    }
    case ErrorCode.CONCURRENT_TRANSACTIONS: {
      const message = `${subject} is ${state}: its end is decided, and cannot be changed`;
      throw kafkaRefusal(errorCode, { subject, message });
    }
    case ErrorCode.INVALID_TXN_STATE: {
      const message = `${subject} has no transaction under way: its state is ${state}`;
      throw kafkaRefusal(errorCode, { subject, message });
    }
    default:
      refuseUnlessNone(errorCode, { subject });
  }
}

function outcomeOf({ state, producerId, producerEpoch, topics }: TransactionDescription): Outcome {
  const partitionCount = topics.reduce((sum, { partitions }) => sum + partitions.length, 0);
  return { state, producerId: String(producerId), producerEpoch, partitionCount };
}

/** What an abort would leave, once its markers are written. */
function expectedOf(before: TransactionDescription): Outcome {
  const producerEpoch = Math.min(before.producerEpoch + 1, FENCING_EPOCH_MAX);
  return { ...outcomeOf(before), state: "CompleteAbort", producerEpoch, partitionCount: 0 };
}

export async function abortHanging(
  { params, query, caller }: Call<"abortHanging">,
  services: V1Services,
): Promise<AnswerOf<"abortHanging">> {
  const { partition: index, producerId } = params;
  const isDryRun = query.dryRun === true;
  authorize(services, caller, "alter", "cluster");
  const topic = topicFor(services, caller, "describe", params.topic);
  const partition = partitionFor(services, topic, index);
  const place = `${topic.name}-${index}`;
  const open = [...openIn(partition)].find(({ entry }) => entry.producerId === BigInt(producerId));
  const judge = await judgeOf(open === undefined ? [] : [open], services, caller);
  const holder = open === undefined ? null : judge(open);
  if (open === undefined || holder === null) throw nothingOpen(producerId, place);
  if (holder.isHanging === null) {
    throw kafkaRefusal(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, { subject: "transactions" });
  }
  if (!holder.isHanging) throw coordinated(producerId, place, holder.transactionalId);
  const before = stableOf(partition);
  // Nothing may come between the judgement and the marker: no turn is taken here.
  const errorCode = isDryRun
    ? ErrorCode.NONE
    : await services.changes.endTransaction(caller.actor, topic, index, markerOf(open));
  refuseUnlessNone(errorCode, { subject: `partition ${place}` });
  const { startOffset } = open;
  return {
    isDryRun,
    producerId,
    startOffset,
    before,
    after: isDryRun ? null : stableOf(partition),
  };
}

function markerOf({ entry }: OpenTransaction): TransactionMarker {
  return {
    producerId: entry.producerId,
    producerEpoch: entry.epoch,
    // A partition that never had a marker knows no coordinator.
    coordinatorEpoch: Math.max(0, entry.coordinatorEpoch),
    isCommit: false,
    transactionVersion: MARKER_VERSION,
  };
}

function nothingOpen(producerId: string, place: string): Refusal {
  return new Refusal("not-found", {
    detail: `producer ${producerId} has no transaction open in ${place}`,
    remedy: "List the partition's producers with `open=true`; it may have ended meanwhile.",
    kafkaError: "INVALID_PRODUCER_ID_MAPPING",
  });
}

/** A marker by hand would leave a part of a transaction aborted that others may commit. */
function coordinated(producerId: string, place: string, transactionalId: string | null): Refusal {
  const whose = transactionalId === null ? "another id" : `transactional id ${transactionalId}`;
  return new Refusal("conflict", {
    detail: `what producer ${producerId} has open in ${place} is under way under ${whose}: it does not hang`,
    remedy: "Abort it by its transactional id, which ends it in all its partitions.",
    kafkaError: "INVALID_TXN_STATE",
  });
}

function stableOf({ lastStableOffset, highWatermark }: Partition) {
  return { lastStableOffset, highWatermark };
}
