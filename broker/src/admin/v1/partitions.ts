/** The partitions of a topic. */
import type { AnswerOf } from "@runnel/contracts/routes.ts";
import type { Compaction, Partition as PartitionView } from "@runnel/contracts/topics.ts";
import type { CompactionView } from "#log/compaction/compactor.ts";
import type { PartitionImage, TopicImage } from "#metadata/image.ts";
import type { EventTimeReader } from "#replica/event-times.ts";
import { type HolderOf, holdersOf } from "./open-transactions.ts";
import { paginate } from "./paging.ts";
import type { Call } from "./serve.ts";
import type { V1Services } from "./services.ts";
import {
  eventCountOf,
  isOffline,
  isUnderReplicated,
  newestEventAt,
  openPartition,
  topicFor,
} from "./topic-view.ts";

export async function listPartitions(
  { params, query, caller }: Call<"listPartitions">,
  services: V1Services,
): Promise<AnswerOf<"listPartitions">> {
  const topic = topicFor(services, caller, "describe", params.topic);
  const open = ({ index }: PartitionImage) => openPartition(services, topic.id, index);
  const valueOf = <T>(
    one: PartitionImage,
    read: (of: NonNullable<ReturnType<typeof open>>) => T,
  ) => {
    const partition = open(one);
    return partition === null ? null : read(partition);
  };
  const cut = paginate(
    {
      rows: topic.partitions,
      textOf: ({ index }) => String(index),
      keyOf: ({ index }) => String(index).padStart(10, "0"),
      sorts: {
        partition: ({ index }) => index,
        eventCount: (one) => valueOf(one, eventCountOf),
        sizeBytes: (one) => valueOf(one, ({ log }) => log.size),
        newestEventAt: (one) => valueOf(one, newestEventAt),
      },
      sortDefault: "partition",
    },
    query,
  );
  const holderOf = await holdersOf(
    cut.rows.flatMap((one) => open(one) ?? []),
    services,
    caller,
  );
  const timeOf = services.eventTimes.reader();
  const items = await Promise.all(
    cut.rows.map((one) => partitionView(topic, one, { timeOf, holderOf }, services)),
  );
  return { items, nextCursor: cut.nextCursor, total: cut.total };
}

async function partitionView(
  topic: TopicImage,
  image: PartitionImage,
  { timeOf, holderOf }: { readonly timeOf: EventTimeReader; readonly holderOf: HolderOf },
  services: V1Services,
): Promise<PartitionView> {
  const known = {
    partition: image.index,
    leader: isOffline(services.view.image, image) ? null : image.leader,
    leaderEpoch: image.leaderEpoch,
    replicas: [...image.replicas],
    isr: [...image.isr],
    isUnderReplicated: isUnderReplicated(image),
  };
  const partition = openPartition(services, topic.id, image.index);
  if (partition === null) return { ...known, ...NOT_HERE };
  const { log, highWatermark, lastStableOffset } = partition;
  return {
    ...known,
    logStart: log.logStartOffset,
    highWatermark,
    lastStableOffset,
    logEnd: log.logEndOffset,
    holder: holderOf(partition),
    eventCount: eventCountOf(partition),
    sizeBytes: log.size,
    segmentCount: log.segments.length,
    oldestEventAt: (await timeOf(partition, log.logStartOffset)) ?? null,
    newestEventAt: newestEventAt(partition),
    compaction: compactionOf(services.compactionOf(partition)),
  };
}

function compactionOf(view: CompactionView | null): Compaction | null {
  if (view === null) return null;
  const { lastPass, failure, ...rest } = view;
  return {
    ...rest,
    lastPass: lastPass && {
      endedAt: lastPass.endedAt,
      tookMs: Math.round(lastPass.tookMs),
      bytesBefore: lastPass.bytesBefore,
      bytesAfter: lastPass.bytesAfter,
      recordsRemoved: lastPass.recordsRemoved,
    },
    failure: failure && {
      reason: failure.reason,
      retryInMs: failure.retryInMs === null ? null : Math.round(failure.retryInMs),
    },
  };
}

const NOT_HERE = {
  logStart: null,
  highWatermark: null,
  lastStableOffset: null,
  logEnd: null,
  holder: null,
  eventCount: null,
  sizeBytes: null,
  segmentCount: null,
  oldestEventAt: null,
  newestEventAt: null,
  compaction: null,
};
