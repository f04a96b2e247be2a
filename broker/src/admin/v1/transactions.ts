/** Transactional ids: the list, one of them, and the partitions that its transaction reaches. */
import type { FieldError } from "@runnel/contracts/problem.ts";
import type { AnswerOf } from "@runnel/contracts/routes.ts";
import type {
  TransactionPartition,
  TransactionRow,
  TransactionState,
} from "@runnel/contracts/transactions.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { OFFSETS_TOPIC } from "#coordinator/group-coordinator.ts";
import { TRANSACTION_TOPIC } from "#coordinator/transaction-coordinator.ts";
import { transactionVersion } from "#coordinator/txn/abort.ts";
import type { TransactionDescription } from "#coordinator/txn/events.ts";
import { matches, runningMsOf } from "#coordinator/txn/filter.ts";
import { partitionCount, type TransactionValue } from "#coordinator/txn/model.ts";
import { authorize, type Caller, isAllowed } from "./caller.ts";
import { placeKey } from "./group-view.ts";
import { kafkaRefusal, refuseUnlessNone } from "./kafka-problem.ts";
import { knownOrNull, openView } from "./open-transactions.ts";
import { paginate } from "./paging.ts";
import type { Call } from "./serve.ts";
import type { V1Services } from "./services.ts";
import { openPartition } from "./topic-view.ts";

/** Groups that a transaction is shown to move offsets of. */
const GROUPS_MAX = 100;

/** An id as its coordinator keeps it: there may be many, of which a page is made. */
interface Known {
  readonly transactionalId: string;
  readonly value: TransactionValue;
}

export async function listTransactions(
  { query, caller }: Call<"listTransactions">,
  services: V1Services,
): Promise<AnswerOf<"listTransactions">> {
  const wallMs = services.clock.nowMs();
  const matching = query.pattern === undefined ? null : await idsLike(query.pattern, services);
  const filter = {
    states: new Set<string>(query.state === undefined ? [] : [query.state]),
    producerIds: new Set(query.producerId === undefined ? [] : [BigInt(query.producerId)]),
    runningMs: query.longerThanMs ?? -1,
  };
  const rows: Known[] = [];
  const errorCode = await services.transactions.visit((transactionalId, value) => {
    if (matching?.has(transactionalId) === false || !matches(value, filter, wallMs)) return;
    rows.push({ transactionalId, value });
  });
  refuseUnlessNone(errorCode, { subject: "transactions" });
  const isVisible = ({ transactionalId }: Known): boolean =>
    isAllowed(services, caller, "describe", "transactionalId", transactionalId);
  const cut = paginate(
    {
      rows: rows.filter(isVisible),
      textOf: ({ transactionalId }) => transactionalId,
      keyOf: ({ transactionalId }) => transactionalId,
      sorts: {
        transactionalId: ({ transactionalId }) => transactionalId,
        state: ({ value }) => value.state,
        runningMs: ({ value }) => runningMsOf(value, wallMs),
        updatedAt: ({ value }) => value.updatedAt,
        partitionCount: ({ value }) => partitionCount(value.partitions),
      },
      sortDefault: "transactionalId",
    },
    query,
  );
  const items = cut.rows.map((known) => rowOf(known, wallMs));
  return { items, nextCursor: cut.nextCursor, total: cut.total };
}

/** As Kafka's ListTransactions finds them; throws the refusal of a pattern that is none. */
async function idsLike(pattern: string, { transactions }: V1Services): Promise<Set<string>> {
  const everything = { states: new Set<string>(), producerIds: new Set<bigint>(), runningMs: -1 };
  const listed = await transactions.list({ ...everything, idPattern: pattern });
  if (listed.errorCode === ErrorCode.INVALID_REGULAR_EXPRESSION) {
    const message = "is no regular expression of RE2";
    const errors: FieldError[] = [{ in: "query", field: "pattern", message }];
    throw kafkaRefusal(listed.errorCode, { subject: "pattern", message, errors });
  }
  refuseUnlessNone(listed.errorCode, { subject: "transactions" });
  return new Set(listed.transactions.map(({ transactionalId }) => transactionalId));
}

function rowOf({ transactionalId, value }: Known, wallMs: number): TransactionRow {
  return {
    ...standingOf({ transactionalId, ...value }),
    runningMs: atLeastZero(runningMsOf(value, wallMs)),
    partitionCount: partitionCount(value.partitions),
  };
}

/** What a record says, in the words of the admin API. */
function standingOf(
  known: Omit<TransactionDescription, "topics">,
): Omit<TransactionRow, "runningMs" | "partitionCount"> {
  const { transactionalId, state, producerId, producerEpoch, timeoutMs, updatedAt } = known;
  return {
    transactionalId,
    state,
    producerId: String(producerId),
    producerEpoch,
    timeoutMs,
    startedAt: knownOrNull(known.startedAt),
    updatedAt,
  };
}

/** A clock that was set back is no reason for a negative age. */
const atLeastZero = (ms: number | null): number | null => (ms === null ? null : Math.max(0, ms));

/** The id, where the caller may see it; throws the refusal where not. Does not make the internal topic. */
export async function transactionFor(
  services: V1Services,
  caller: Caller,
  operation: "describe" | "write",
  transactionalId: string,
): Promise<TransactionDescription> {
  authorize(services, caller, operation, "transactionalId", transactionalId);
  const isAny = services.topics.byName(TRANSACTION_TOPIC) !== undefined;
  const { errorCode, transaction } = isAny
    ? await services.transactions.describe(transactionalId)
    : { errorCode: ErrorCode.TRANSACTIONAL_ID_NOT_FOUND, transaction: null };
  const subject = `transactional id ${transactionalId}`;
  if (errorCode === ErrorCode.TRANSACTIONAL_ID_NOT_FOUND) {
    throw kafkaRefusal(errorCode, { subject, message: "there is no such transactional id" });
  }
  refuseUnlessNone(errorCode, { subject });
  if (transaction === null) throw kafkaRefusal(ErrorCode.UNKNOWN_SERVER_ERROR, { subject });
  return transaction;
}

export async function getTransaction(
  { params, caller }: Call<"getTransaction">,
  services: V1Services,
): Promise<AnswerOf<"getTransaction">> {
  const { transactionalId } = params;
  const known = await transactionFor(services, caller, "describe", transactionalId);
  const { state, startedAt, timeoutMs, topics } = known;
  const isUnderWay = isStateUnderWay(state);
  const runningMs = isUnderWay ? Math.max(0, services.clock.nowMs() - startedAt) : null;
  const partition = services.transactions.findPartition(transactionalId) ?? 0;
  const internal = services.view.image.topicsByName.get(TRANSACTION_TOPIC);
  return {
    ...standingOf(known),
    runningMs,
    partitionCount: topics.reduce((sum, { partitions }) => sum + partitions.length, 0),
    etag: transactionVersion(known),
    isOverdue: state === "Ongoing" && (runningMs ?? 0) > timeoutMs,
    coordinator: { brokerId: internal?.partitions[partition]?.leader ?? null, partition },
    groups: await groupsIn(known, services, caller),
  };
}

export function isStateUnderWay(state: TransactionState): boolean {
  return state === "Ongoing" || state === "PrepareCommit" || state === "PrepareAbort";
}

/** The groups whose offsets wait for the transaction. */
async function groupsIn(
  { producerId, topics }: TransactionDescription,
  services: V1Services,
  caller: Caller,
): Promise<AnswerOf<"getTransaction">["groups"]> {
  if (!topics.some(({ topic }) => topic === OFFSETS_TOPIC)) return [];
  const found: { groupId: string; offsetCount: number }[] = [];
  const errorCode = await services.groups.visit(({ groupId, pending }) => {
    const table = pending.byProducer.get(producerId);
    if (table === undefined || found.length >= GROUPS_MAX) return;
    if (!isAllowed(services, caller, "describe", "group", groupId)) return;
    const offsetCount = [...table.values()].reduce((sum, partitions) => sum + partitions.size, 0);
    found.push({ groupId, offsetCount });
  });
  refuseUnlessNone(errorCode, { subject: "groups" });
  return found.sort((a, b) => (a.groupId < b.groupId ? -1 : 1));
}

export async function listTransactionPartitions(
  { params, query, caller }: Call<"listTransactionPartitions">,
  services: V1Services,
): Promise<AnswerOf<"listTransactionPartitions">> {
  const { transactionalId } = params;
  const { producerId, topics } = await transactionFor(
    services,
    caller,
    "describe",
    transactionalId,
  );
  const places = topics
    .filter(({ topic }) => isAllowed(services, caller, "describe", "topic", topic))
    .flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })));
  const cut = paginate(
    {
      rows: places,
      textOf: ({ topic }) => topic,
      keyOf: ({ topic, partition }) => placeKey(topic, partition),
      sorts: { topic: ({ topic, partition }) => placeKey(topic, partition) },
      sortDefault: "topic",
    },
    query,
  );
  const items = cut.rows.map((place) => partitionOf(place, producerId, services));
  return { items, nextCursor: cut.nextCursor, total: cut.total };
}

function partitionOf(
  { topic, partition: index }: { readonly topic: string; readonly partition: number },
  producerId: bigint,
  services: V1Services,
): TransactionPartition {
  const topicId = services.topics.byName(topic)?.topicId ?? "";
  const partition = openPartition(services, topicId, index);
  if (partition === null) {
    const nowhere = { lastStableOffset: null, highWatermark: null, open: null };
    return { topic, partition: index, ...nowhere, isHolding: false };
  }
  const { log, lastStableOffset, highWatermark } = partition;
  const entry = log.producers.entryOf(producerId);
  const start = entry?.transactionStart ?? null;
  const open = entry === undefined || start === null ? null : openView(entry, start);
  const isFirst = start !== null && start === log.producers.transactions.firstOpen;
  return {
    topic,
    partition: index,
    lastStableOffset,
    highWatermark,
    open,
    isHolding: isFirst && lastStableOffset < highWatermark,
  };
}
