/**
 * Produce (key 0), v3–13: appends one batch to each of several partitions.
 *
 * v7 zstd · v8 record errors (KIP-467) · v10 current leader (KIP-951) · v13 topic ids. Versions 0–2 are
 * advertised and refused: librdkafka sends compressed batches only where it sees them (KAFKA-18659).
 * v11 TRANSACTION_ABORTABLE · v12 partitions join the transaction by their first batch (KIP-890).
 * Errors: INVALID_REQUIRED_ACKS, TOPIC_AUTHORIZATION_FAILED, INVALID_TOPIC_EXCEPTION (internal topic),
 * UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID, TRANSACTIONAL_ID_AUTHORIZATION_FAILED here; the rest
 * from `appendBatch`.
 */
import type { RequestOf, ResponseOf } from "@runnel/protocol/api.ts";
import { ErrorCode, errorName } from "@runnel/protocol/errors.ts";
import { ProduceApi } from "@runnel/protocol/messages/00-produce.ts";
import { ConnectionAbort } from "#net/connection-abort.ts";
import type { ProduceTransaction } from "#replica/admission.ts";
import { type AppendResult, appendBatch, failure } from "#replica/append.ts";
import type { DataServices } from "./data-services.ts";
import type { Handler, RequestContext } from "./handler.ts";
import { all, type FoundTopic, topicById, topicByName, withPartition } from "./partition-lookup.ts";

const TOPIC_ID_VERSION = 13;
const ZSTD_VERSION = 7;
const ABORTABLE_VERSION = 11;
const IMPLICIT_ADD_VERSION = 12;
const ACKS = new Set([-1, 0, 1]);

type ProduceRequest = RequestOf<typeof ProduceApi>;
type ProduceResponse = ResponseOf<typeof ProduceApi>;
type TopicData = ProduceRequest["topicData"][number];
type PartitionData = TopicData["partitionData"][number];

export const produce: Handler<typeof ProduceApi, DataServices> = {
  api: ProduceApi,
  versions: [3, 13],
  advertised: [0, 13],
  handle(request, services, context) {
    const { transactionalId } = request;
    const { authorizer } = services;
    const isDenied =
      transactionalId !== null &&
      !authorizer.allows(context.principal, "write", "transactionalId", transactionalId);
    const call = { request, services, context, isDenied };
    const results = request.topicData.map((data) => {
      const found = findTopic(data, services, context);
      return all(data.partitionData.map((one) => append(one, found, call)));
    });
    const answers = all<readonly AppendResult[]>(results);
    if (answers instanceof Promise) return answers.then((done) => respond(request, done));
    return respond(request, answers);
  },
};

function findTopic(data: TopicData, services: DataServices, context: RequestContext): FoundTopic {
  const found =
    context.apiVersion >= TOPIC_ID_VERSION
      ? topicById(services, context, "write", data.topicId)
      : topicByName(services, context, "write", data.name);
  if (found.topic === null || !found.topic.isInternal) return found;
  return { topic: null, errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION };
}

interface Call {
  readonly request: ProduceRequest;
  readonly services: DataServices;
  readonly context: RequestContext;
  /** The transactional id is not the client's to write. */
  readonly isDenied: boolean;
}

function append(
  { index, records }: PartitionData,
  found: FoundTopic,
  { request, services, context, isDenied }: Call,
): AppendResult | Promise<AppendResult> {
  if (isDenied) return refuse(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
  if (!ACKS.has(request.acks)) return refuse(ErrorCode.INVALID_REQUIRED_ACKS);
  if (found.topic === null) return refuse(found.errorCode);
  return withPartition(services, found.topic.id, index, (lookup) => {
    if (lookup.partition === null) return refuse(lookup.errorCode);
    return appendBatch(services.append, lookup.partition, records ?? NO_RECORDS, {
      acks: request.acks,
      timeoutMs: request.timeoutMs,
      allowsZstd: context.apiVersion >= ZSTD_VERSION,
      transaction: transactionOf(request, context),
    });
  });
}

function transactionOf(
  { transactionalId }: ProduceRequest,
  { apiVersion }: RequestContext,
): ProduceTransaction | null {
  if (transactionalId === null) return null;
  return {
    transactionalId,
    mayAdd: apiVersion >= IMPLICIT_ADD_VERSION,
    knowsAbortable: apiVersion >= ABORTABLE_VERSION,
  };
}

const NO_RECORDS = new Uint8Array(0);

function refuse(errorCode: ErrorCode): AppendResult {
  return failure(errorCode, errorName(errorCode));
}

function respond(
  request: ProduceRequest,
  results: readonly (readonly AppendResult[])[],
): ProduceResponse | null {
  if (request.acks === 0) {
    const bad = results.flat().find((one) => one.errorCode !== ErrorCode.NONE);
    if (bad === undefined) return null;
    throw new ConnectionAbort(`acks=0 produce failed: ${errorName(bad.errorCode)}`);
  }
  return {
    responses: request.topicData.map((data, topic) => ({
      name: data.name,
      topicId: data.topicId,
      partitionResponses: data.partitionData.map(({ index }, at) => {
        const result = results[topic]?.[at] as AppendResult;
        return {
          index,
          errorCode: result.errorCode,
          baseOffset: result.baseOffset,
          logAppendTimeMs: result.logAppendTimeMs,
          logStartOffset: result.logStartOffset,
          recordErrors: result.recordErrors.map(({ batchIndex, message }) => ({
            batchIndex,
            batchIndexErrorMessage: message,
          })),
          errorMessage: result.message,
        };
      }),
    })),
    throttleTimeMs: 0,
  };
}
