/** What partitions remember of producers, and which of them transactions hold. */
import type { AnswerOf } from "@runnel/contracts/routes.ts";
import type { HeldPartition, Producer } from "@runnel/contracts/transactions.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { ProducerEntry } from "#log/producer-state.ts";
import type { TopicImage } from "#metadata/image.ts";
import type { Partition } from "#replica/partition.ts";
import { type Caller, isAllowed } from "./caller.ts";
import { placeKey } from "./group-view.ts";
import { kafkaRefusal } from "./kafka-problem.ts";
import {
  type Judge,
  judgeOf,
  knownOrNull,
  type OpenTransaction,
  openIn,
} from "./open-transactions.ts";
import { paginate } from "./paging.ts";
import type { Call } from "./serve.ts";
import type { V1Services } from "./services.ts";
import { openPartition, topicFor } from "./topic-view.ts";

/** Open transactions that one request asks the coordinator about. */
const OPEN_LOOKED_AT_MAX = 100_000;

/** The partition, where it is and is open here; throws the refusal where not. */
export function partitionFor(services: V1Services, topic: TopicImage, index: number): Partition {
  const subject = `partition ${topic.name}-${index}`;
  if (topic.partitions[index] === undefined) {
    const message = `${subject}: there are ${topic.partitions.length} partitions, from 0 on`;
    throw kafkaRefusal(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, { subject, message });
  }
  const partition = openPartition(services, topic.id, index);
  if (partition !== null) return partition;
  throw kafkaRefusal(ErrorCode.NOT_LEADER_OR_FOLLOWER, { subject });
}

export async function listProducers(
  { params, query, caller }: Call<"listProducers">,
  services: V1Services,
): Promise<AnswerOf<"listProducers">> {
  const topic = topicFor(services, caller, "describe", params.topic);
  const partition = partitionFor(services, topic, params.partition);
  const only = query.producerId === undefined ? null : BigInt(query.producerId);
  const entries = [...partition.log.producers.entries()].filter(
    ({ producerId, transactionStart }) =>
      (only === null || producerId === only) && (query.open !== true || transactionStart !== null),
  );
  const cut = paginate(
    {
      rows: entries,
      textOf: () => "",
      keyOf: producerKey,
      sorts: {
        producerId: producerKey,
        lastWrittenAt: ({ lastTimestamp }) => knownOrNull(lastTimestamp),
        openFrom: ({ transactionStart }) => transactionStart,
      },
      sortDefault: "lastWrittenAt",
    },
    query,
  );
  const opens = cut.rows.flatMap((entry) => openOf(partition, entry) ?? []);
  const judge = await judgeOf(opens, services, caller);
  const items = cut.rows.map((entry) => producerView(partition, entry, judge));
  return { items, nextCursor: cut.nextCursor, total: cut.total };
}

/** Sorts as the number does. */
const producerKey = ({ producerId }: ProducerEntry): string => String(producerId).padStart(20, "0");

function openOf(partition: Partition, entry: ProducerEntry): OpenTransaction | null {
  const { transactionStart: startOffset } = entry;
  return startOffset === null ? null : { partition, entry, startOffset };
}

function producerView(partition: Partition, entry: ProducerEntry, judge: Judge): Producer {
  const open = openOf(partition, entry);
  const holder = open === null ? null : judge(open);
  return {
    producerId: String(entry.producerId),
    producerEpoch: entry.epoch,
    lastSequence: entry.batches.at(-1)?.lastSequence ?? null,
    lastWrittenAt: knownOrNull(entry.lastTimestamp),
    coordinatorEpoch: knownOrNull(entry.coordinatorEpoch),
    openFrom: holder?.startOffset ?? null,
    transactionalId: holder?.transactionalId ?? null,
    isHanging: holder === null ? false : holder.isHanging,
  };
}

export async function listHeldPartitions(
  { query, caller }: Call<"listHeldPartitions">,
  services: V1Services,
): Promise<AnswerOf<"listHeldPartitions">> {
  const opened = openedPartitions(query.topic ?? null, services, caller);
  const judge = await judgeOf(
    opened.flatMap(({ opens }) => opens),
    services,
    caller,
  );
  const rows = opened
    .flatMap((one) => heldView(one, judge) ?? [])
    .filter(({ hangingCount }) => query.hanging !== true || (hangingCount ?? 0) > 0);
  const cut = paginate(
    {
      rows,
      textOf: ({ topic }) => topic,
      keyOf: ({ topic, partition }) => placeKey(topic, partition),
      sorts: {
        heldCount: ({ heldCount }) => heldCount,
        topic: ({ topic, partition }) => placeKey(topic, partition),
        lastWrittenAt: ({ holder }) => holder.lastWrittenAt,
      },
      sortDefault: "heldCount",
    },
    query,
  );
  return { items: [...cut.rows], nextCursor: cut.nextCursor, total: cut.total };
}

interface Opened {
  readonly partition: Partition;
  /** The first begun first, as far as they are looked at. */
  readonly opens: readonly OpenTransaction[];
  readonly openCount: number;
}

function openedPartitions(topic: string | null, services: V1Services, caller: Caller): Opened[] {
  const opened: Opened[] = [];
  let left = OPEN_LOOKED_AT_MAX;
  for (const partition of services.replicas.partitions()) {
    const { openCount } = partition.log.producers.transactions;
    const { topicName } = partition.identity;
    if (openCount === 0 || (topic !== null && topic !== topicName)) continue;
    if (!isAllowed(services, caller, "describe", "topic", topicName)) continue;
    // The first one is always looked at: it is what holds the partition.
    const opens = openIn(partition).take(Math.max(1, left)).toArray();
    left -= opens.length;
    opened.push({ partition, opens, openCount });
  }
  return opened;
}

/** Null where all that was open has ended meanwhile. */
function heldView({ partition, opens, openCount }: Opened, judge: Judge): HeldPartition | null {
  const holders = opens.flatMap((open) => judge(open) ?? []);
  const [holder] = holders;
  if (holder === undefined) return null;
  const { identity, lastStableOffset, highWatermark } = partition;
  const isAllKnown = opens.length === openCount && holder.isHanging !== null;
  return {
    topic: identity.topicName,
    partition: identity.index,
    lastStableOffset,
    highWatermark,
    heldCount: highWatermark - lastStableOffset,
    openCount,
    hangingCount: isAllKnown ? holders.filter(({ isHanging }) => isHanging).length : null,
    holder,
  };
}
