/** Topics and their partitions. */
import { z } from "zod";
import {
  Count,
  Etag,
  IsDryRun,
  Lag,
  Offset,
  PartitionIndex,
  Timestamp,
  TopicName,
} from "./common.ts";
import { Config, NewConfigs } from "./configs.ts";
import { page, pageQuery } from "./page.ts";
import { Holder } from "./transactions.ts";

/** Which groups read a topic, and how far behind the slowest of them is. */
export const TopicGroups = z.object({
  count: Count,
  maxLag: Count.meta({ description: "Events that the slowest group is behind." }),
});

/** A row of the list of topics. */
export const TopicRow = z
  .object({
    name: z.string(),
    id: z.string().meta({ description: "Uuid; another one for every topic that bore the name." }),
    isInternal: z.boolean(),
    partitionCount: Count,
    replicationFactor: Count,
    underReplicatedCount: Count,
    offlineCount: Count,
    eventCount: Count.meta({
      description: "Offsets between start and end; fewer events where compaction left gaps.",
    }),
    sizeBytes: Count.meta({ description: "Bytes of the replicas on this broker." }),
    lastEventAt: Timestamp.nullable().meta({
      description: "Largest timestamp of an event; null where there is none.",
    }),
    cleanupPolicy: z.string(),
    retentionMs: z.string().meta({ description: "As text, as it may be 64 bits; -1: no limit." }),
    retentionBytes: z.string(),
    groups: TopicGroups.nullable().meta({ description: "Null while groups are being loaded." }),
  })
  .meta({ id: "TopicRow" });
export type TopicRow = z.infer<typeof TopicRow>;

/** As many names as fit into an address. */
export const TOPIC_NAMES_MAX = 50;

export const TopicsQuery = pageQuery([
  "name",
  "partitionCount",
  "eventCount",
  "sizeBytes",
  "lastEventAt",
  "maxLag",
]).extend({
  internal: z.boolean().optional().meta({
    description: "true: with internal topics. Left out: without them.",
  }),
  troubled: z.boolean().optional().meta({
    description: "true: only topics with partitions that are offline or under-replicated.",
  }),
  names: z
    .array(TopicName)
    .min(1)
    .max(TOPIC_NAMES_MAX)
    .optional()
    .meta({
      description: `Only these topics; the parameter comes once for each, ${TOPIC_NAMES_MAX} at most. Those that are not there are left out.`,
    }),
});
export const TopicPage = page(TopicRow);

/** One topic in full. */
export const Topic = TopicRow.extend({
  etag: Etag,
  oldestEventAt: Timestamp.nullable().meta({
    description: "Timestamp of the first event that is still there, the least of all partitions.",
  }),
  minInsyncReplicas: z.int(),
}).meta({ id: "Topic" });
export type Topic = z.infer<typeof Topic>;

const PARTITIONS_MAX = 10_000;

/** What is left out comes from the broker's `num.partitions` and `default.replication.factor`. */
export const NewTopic = z
  .strictObject({
    name: TopicName,
    partitionCount: z.int().min(1).max(PARTITIONS_MAX).optional(),
    replicationFactor: z.int().min(1).max(32_767).optional(),
    configs: NewConfigs.optional(),
  })
  .meta({ id: "NewTopic" });
export type NewTopic = z.infer<typeof NewTopic>;

export const TopicCreated = z
  .object({
    isDryRun: IsDryRun,
    topic: z.object({
      name: z.string(),
      id: z.string().nullable().meta({ description: "Null for a dry run." }),
      partitionCount: Count,
      replicationFactor: Count,
      configs: z.array(Config),
    }),
  })
  .meta({ id: "TopicCreated" });
export type TopicCreated = z.infer<typeof TopicCreated>;

/** What a new topic is given where nothing is said. */
export const TopicDefaults = z
  .object({
    partitionCount: Count,
    replicationFactor: Count,
    configs: z.array(Config),
  })
  .meta({ id: "TopicDefaults" });
export type TopicDefaults = z.infer<typeof TopicDefaults>;

/** How many partitions the topic shall have in all: more than now. */
export const TopicPatch = z
  .strictObject({ partitionCount: z.int().min(1).max(PARTITIONS_MAX) })
  .meta({ id: "TopicPatch" });

const PartitionCountState = z.object({ partitionCount: Count });

export const TopicGrown = z
  .object({
    isDryRun: IsDryRun,
    topic: z.string(),
    before: PartitionCountState,
    after: PartitionCountState,
    warning: z.string().nullable().meta({ description: "What the change does to keys." }),
  })
  .meta({ id: "TopicGrown" });

/** What goes with a topic. */
export const TopicDeleted = z
  .object({
    isDryRun: IsDryRun,
    before: z.object({
      name: z.string(),
      id: z.string(),
      partitionCount: Count,
      eventCount: Count,
      sizeBytes: Count,
      groups: z.array(z.string()).meta({
        description: "Groups with committed offsets here, which go with it; at most 1,000.",
      }),
    }),
    after: z.null(),
  })
  .meta({ id: "TopicDeleted" });

/** How the log of a partition is compacted, on this broker. */
export const Compaction = z
  .object({
    cleanBytes: Count.meta({ description: "Bytes that were compacted before." }),
    dirtyBytes: Count.meta({ description: "Bytes that can be compacted and are not yet." }),
    dirtyRatio: z.number().min(0).max(1).meta({
      description: "Their share of both; above `min.cleanable.dirty.ratio` a pass is due.",
    }),
    progress: z
      .object({ phase: z.enum(["learning", "writing"]), bytesDone: Count, bytesTotal: Count })
      .nullable()
      .meta({ description: "Of the pass under way; null where there is none." }),
    lastPass: z
      .object({
        endedAt: Timestamp,
        tookMs: Count,
        bytesBefore: Count,
        bytesAfter: Count,
        recordsRemoved: Count,
      })
      .nullable()
      .meta({ description: "Null before any since the broker started." }),
    failure: z
      .object({
        reason: z.string(),
        retryInMs: Count.nullable().meta({
          description: "Null: not before the broker is started again.",
        }),
      })
      .nullable()
      .meta({ description: "Why the last pass failed; null where it did not." }),
  })
  .meta({ id: "Compaction" });
export type Compaction = z.infer<typeof Compaction>;

/** One partition; what only a broker that has it knows is null where this one has not. */
export const Partition = z
  .object({
    partition: PartitionIndex,
    leader: z.int().nullable().meta({ description: "Broker id; null: offline." }),
    leaderEpoch: z.int(),
    replicas: z.array(z.int()),
    isr: z.array(z.int()).meta({ description: "Replicas in sync." }),
    isUnderReplicated: z.boolean(),
    logStart: Offset.nullable().meta({ description: "Offset of the first event." }),
    highWatermark: Offset.nullable().meta({ description: "Offset behind the last event." }),
    lastStableOffset: Offset.nullable().meta({
      description: "Offset behind the last event outside of open transactions.",
    }),
    logEnd: Offset.nullable(),
    holder: Holder.nullable().meta({
      description: "Whose open transaction the last stable offset waits for; null for none.",
    }),
    eventCount: Count.nullable().meta({
      description: "Offsets between start and end; fewer events where compaction left gaps.",
    }),
    sizeBytes: Count.nullable(),
    segmentCount: Count.nullable(),
    oldestEventAt: Timestamp.nullable().meta({
      description:
        "Of the first event that is still there; null where there is none, or it was not measured this time.",
    }),
    newestEventAt: Timestamp.nullable().meta({ description: "Largest timestamp of an event." }),
    compaction: Compaction.nullable().meta({ description: "Null where it is not compacted." }),
  })
  .meta({ id: "Partition" });
export type Partition = z.infer<typeof Partition>;

export const PartitionsQuery = pageQuery([
  "partition",
  "eventCount",
  "sizeBytes",
  "newestEventAt",
]).omit({ filter: true });
export const PartitionPage = page(Partition);

/** A group that has committed offsets in a topic, or members that read it. */
export const TopicGroup = z
  .object({
    groupId: z.string(),
    state: z.string(),
    memberCount: Count.meta({ description: "Members that were given partitions of the topic." }),
    committedCount: Count.meta({ description: "Partitions with a committed offset." }),
    lag: Lag,
  })
  .meta({ id: "TopicGroup" });
export type TopicGroup = z.infer<typeof TopicGroup>;

export const TopicGroupsQuery = pageQuery(["groupId", "lag"]);
export const TopicGroupPage = page(TopicGroup);
