/**
 * Fetch (key 1), v4–18: reads record batches for consumers.
 *
 * v7 sessions (KIP-227) · v12 last fetched epoch, diverging epoch (KIP-595) · v13 topic ids. A request
 * that poses as a replica is refused: brokers will have a listener of their own.
 * Errors: TOPIC_AUTHORIZATION_FAILED, UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID,
 * NOT_LEADER_OR_FOLLOWER, CLUSTER_AUTHORIZATION_FAILED (replica id), UNSUPPORTED_COMPRESSION_TYPE
 * (a topic of zstd, below v10) here; sessions from
 * `FetchSessions`; the rest from `fetch`.
 */
import type { RequestOf, ResponseOf } from "@runnel/protocol/api.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { FetchApi } from "@runnel/protocol/messages/01-fetch.ts";
import { type FetchedPartition, type FetchTarget, fetch } from "#replica/fetch.ts";
import {
  type FetchSession,
  INVALID_SESSION_ID,
  partitionKey,
  type SessionStep,
  type WantedPartition,
} from "#replica/fetch-sessions.ts";
import type { DataServices } from "./data-services.ts";
import type { Handler, RequestContext } from "./handler.ts";
import { all, topicById, topicByName, withPartition } from "./partition-lookup.ts";

const TOPIC_ID_VERSION = 13;
const STORAGE_ERROR_VERSION = 6;
/** Older clients cannot unpack zstd (KIP-110). */
const ZSTD_VERSION = 10;
const CONSUMER = -1;
const READ_COMMITTED = 1;

type FetchRequest = RequestOf<typeof FetchApi>;
type FetchResponse = ResponseOf<typeof FetchApi>;
type Answering = Exclude<SessionStep, { readonly kind: "refused" }>;

export const fetchRecords: Handler<typeof FetchApi, DataServices> = {
  api: FetchApi,
  versions: [4, 18],
  handle(request, services, context) {
    if (request.replicaId !== CONSUMER || request.replicaState.replicaId !== CONSUMER) {
      return refused(request, context, ErrorCode.CLUSTER_AUTHORIZATION_FAILED);
    }
    const usesTopicIds = context.apiVersion >= TOPIC_ID_VERSION;
    const session = {
      sessionId: request.sessionId,
      sessionEpoch: request.sessionEpoch,
      connectionId: context.connectionId,
      connection: context.connection,
      usesTopicIds,
      wanted: wantedOf(request, usesTopicIds),
      forgotten: forgottenOf(request, usesTopicIds),
    };
    const step = services.fetchSessions.begin(session, context.receivedAt);
    if (step.kind === "refused") return { errorCode: step.errorCode, sessionId: 0, responses: [] };
    const targets = all(
      step.wanted.map((wanted) => targetOf(wanted, usesTopicIds, services, context)),
    );
    if (targets instanceof Promise) {
      return targets.then((found) => read(request, services, context, { step, targets: found }));
    }
    return read(request, services, context, { step, targets });
  },
};

function read(
  request: FetchRequest,
  services: DataServices,
  context: RequestContext,
  { step, targets }: { step: Answering; targets: readonly FetchTarget[] },
): FetchResponse | Promise<FetchResponse> {
  const results = fetch(services.reads, targets, {
    maxWaitMs: request.maxWaitMs,
    minBytes: request.minBytes,
    maxBytes: Math.max(0, Math.min(request.maxBytes, services.fetchMaxBytes())),
    readCommitted: request.isolationLevel === READ_COMMITTED,
    reader: context.connection,
  });
  if (results instanceof Promise)
    return results.then((done) => respond(request, context, step, done));
  return respond(request, context, step, results);
}

/** Each partition once: a request may name one 100,000 times, and all would wait for it. The last counts. */
function wantedOf(request: FetchRequest, usesTopicIds: boolean): readonly WantedPartition[] {
  const named = request.topics.flatMap((topic) =>
    topic.partitions.map((one) => ({
      topic: usesTopicIds ? topic.topicId : topic.topic,
      index: one.partition,
      fetchOffset: one.fetchOffset,
      maxBytes: one.partitionMaxBytes,
      currentLeaderEpoch: one.currentLeaderEpoch,
      lastFetchedEpoch: one.lastFetchedEpoch,
    })),
  );
  if (named.length < 2) return named;
  const unique = new Map(named.map((one) => [partitionKey(one.topic, one.index), one]));
  return unique.size === named.length ? named : [...unique.values()];
}

function forgottenOf(request: FetchRequest, usesTopicIds: boolean) {
  return request.forgottenTopicsData.flatMap((topic) =>
    topic.partitions.map((index) => ({
      topic: usesTopicIds ? topic.topicId : topic.topic,
      index,
    })),
  );
}

function targetOf(
  wanted: WantedPartition,
  usesTopicIds: boolean,
  services: DataServices,
  context: RequestContext,
): FetchTarget | Promise<FetchTarget> {
  const find = usesTopicIds ? topicById : topicByName;
  const found = find(services, context, "read", wanted.topic);
  if (found.topic === null) return { wanted, partition: null, errorCode: found.errorCode };
  return withPartition(services, found.topic.id, wanted.index, (lookup) => {
    const { partition } = lookup;
    if (partition === null) return { wanted, partition, errorCode: lookup.errorCode };
    const isForeign =
      context.apiVersion < ZSTD_VERSION && partition.config.compressionType === "zstd";
    return isForeign
      ? { wanted, partition: null, errorCode: ErrorCode.UNSUPPORTED_COMPRESSION_TYPE }
      : { wanted, partition, errorCode: ErrorCode.NONE };
  });
}

function respond(
  request: FetchRequest,
  context: RequestContext,
  step: Answering,
  results: readonly FetchedPartition[],
): FetchResponse {
  const { session } = step;
  for (const { size, eventCount, target } of results) {
    if (size > 0) target.partition?.traffic.countSent(size, eventCount);
  }
  const shown =
    step.kind === "full"
      ? results.filter((result) => remember(session, result) || true)
      : results.filter((result) => remember(session, result));
  if (step.kind === "incremental") moveToEnd(step.session, shown);
  const usesTopicIds = context.apiVersion >= TOPIC_ID_VERSION;
  const topics = new Map<string, FetchedPartition[]>();
  for (const result of shown) {
    const { topic } = result.target.wanted;
    const known = topics.get(topic);
    if (known === undefined) topics.set(topic, [result]);
    else known.push(result);
  }
  const isolation = request.isolationLevel === READ_COMMITTED;
  return {
    errorCode: ErrorCode.NONE,
    sessionId: session?.id ?? INVALID_SESSION_ID,
    responses: [...topics].map(([topic, partitions]) => ({
      ...(usesTopicIds ? { topicId: topic } : { topic }),
      partitions: partitions.map((one) => ({
        partitionIndex: one.target.wanted.index,
        errorCode: errorFor(one.errorCode, context.apiVersion),
        highWatermark: one.highWatermark,
        lastStableOffset: one.lastStableOffset,
        logStartOffset: one.logStartOffset,
        divergingEpoch: one.divergingEpoch ?? undefined,
        abortedTransactions: isolation
          ? one.aborted.map(({ producerId, firstOffset }) => ({ producerId, firstOffset }))
          : null,
        records: one.parts,
      })),
    })),
  };
}

function errorFor(errorCode: ErrorCode, version: number): ErrorCode {
  return errorCode === ErrorCode.KAFKA_STORAGE_ERROR && version < STORAGE_ERROR_VERSION
    ? ErrorCode.NOT_LEADER_OR_FOLLOWER
    : errorCode;
}

/** Notes in the session what the client is told; returns whether there is news. */
function remember(session: FetchSession | null, result: FetchedPartition): boolean {
  const { topic, index } = result.target.wanted;
  const known = session?.partitions.get(partitionKey(topic, index));
  if (known === undefined) return true;
  const hasError = result.errorCode !== ErrorCode.NONE;
  const isNews =
    hasError ||
    known.hadError ||
    result.size > 0 ||
    result.divergingEpoch !== null ||
    known.highWatermark !== result.highWatermark ||
    known.logStartOffset !== result.logStartOffset;
  known.hadError = hasError;
  known.highWatermark = result.highWatermark;
  known.logStartOffset = result.logStartOffset;
  return isNews;
}

/** Partitions that had data go behind the others, so that each gets its turn. */
function moveToEnd(session: FetchSession, shown: readonly FetchedPartition[]): void {
  for (const { size, target } of shown) {
    if (size === 0) continue;
    const key = partitionKey(target.wanted.topic, target.wanted.index);
    const known = session.partitions.get(key);
    if (known === undefined) continue;
    session.partitions.delete(key);
    session.partitions.set(key, known);
  }
}

/** The same error for the whole request; versions without a top-level error say it per partition. */
function refused(
  request: FetchRequest,
  context: RequestContext,
  errorCode: ErrorCode,
): FetchResponse {
  const usesTopicIds = context.apiVersion >= TOPIC_ID_VERSION;
  return {
    errorCode,
    responses: request.topics.map((topic) => ({
      ...(usesTopicIds ? { topicId: topic.topicId } : { topic: topic.topic }),
      partitions: topic.partitions.map((one) => ({
        partitionIndex: one.partition,
        errorCode,
        highWatermark: -1,
        abortedTransactions: null,
        records: null,
      })),
    })),
  };
}
