/** Consumer groups: members, committed offsets, and changes of these. */
import { z } from "zod";
import {
  Count,
  Etag,
  GroupId,
  IsDryRun,
  Lag,
  Offset,
  PartitionIndex,
  Timestamp,
  TopicName,
} from "./common.ts";
import { page, pageQuery } from "./page.ts";
import { ProducerId } from "./transactions.ts";

export const GroupState = z
  .enum([
    "Empty",
    "PreparingRebalance",
    "CompletingRebalance",
    "Assigning",
    "Reconciling",
    "Stable",
    "Dead",
  ])
  .meta({ id: "GroupState" });
export type GroupState = z.infer<typeof GroupState>;

/** The protocol that a group speaks. */
export const GroupType = z
  .enum(["classic", "consumer"])
  .meta({ id: "GroupType", description: "consumer is the protocol of KIP-848." });
export type GroupType = z.infer<typeof GroupType>;

/** A row of the list of groups. */
export const GroupRow = z
  .object({
    groupId: z.string(),
    state: GroupState,
    type: GroupType,
    protocolType: z.string().meta({
      description: "consumer, connect …; empty for a group that only stores offsets.",
    }),
    memberCount: Count,
    topicCount: Count.meta({ description: "Topics with committed offsets." }),
    lag: Lag,
  })
  .meta({ id: "GroupRow" });
export type GroupRow = z.infer<typeof GroupRow>;

export const GroupsQuery = pageQuery(["groupId", "state", "lag", "memberCount"]).extend({
  state: GroupState.optional(),
});
export const GroupPage = page(GroupRow);

/** As a member was told; what the bytes of a client say, which need not be there. */
const TopicPartitions = z.object({ topic: z.string(), partitions: z.array(z.int()) });

/** By name, and by a regular expression. */
const Subscription = z.object({ topics: z.array(z.string()), regex: z.string().nullable() });

/** An offset that is committed when a transaction is. */
export const PendingOffset = z
  .object({
    offset: Offset,
    producerId: ProducerId,
    transactionalId: z.string().nullable().meta({
      description: "Of whose transaction; null for none that is under way and the caller may see.",
    }),
  })
  .meta({ id: "PendingOffset" });
export type PendingOffset = z.infer<typeof PendingOffset>;

export const Member = z
  .object({
    memberId: z.string(),
    groupInstanceId: z.string().nullable().meta({ description: "Of a static member." }),
    clientId: z.string(),
    clientHost: z.string(),
    isLeader: z.boolean(),
    assignments: z.array(TopicPartitions).nullable().meta({
      description: "Null where the group is no group of consumers, or its bytes are unreadable.",
    }),
    targets: z.array(TopicPartitions).nullable().meta({
      description: "What it is to have in the end; null in a group of the classic protocol.",
    }),
    memberEpoch: z.int().nullable().meta({
      description: "Null in a group of the classic protocol; -2 of a static member that is away.",
    }),
    protocol: GroupType.meta({ description: "A group that moves may have members of both." }),
    subscription: Subscription.nullable().meta({
      description: "What it asks for; null in a group of the classic protocol.",
    }),
    lagEvents: Count.nullable().meta({
      description: "Events that it has still to read; null where that is not known of a partition.",
    }),
  })
  .meta({ id: "Member" });
export type Member = z.infer<typeof Member>;

/** One group in full, but for its offsets. */
export const Group = GroupRow.extend({
  etag: Etag.meta({ description: "Changes with every committed offset; see If-Match." }),
  lastCommitAt: Timestamp.nullable().meta({ description: "Null: nothing committed." }),
  assignor: z.string().nullable().meta({ description: "range, sticky …; null for none." }),
  generationId: z.int().meta({
    description: "Of the consumer protocol: the group epoch.",
  }),
  assignmentEpoch: z.int().nullable().meta({
    description: "The group epoch that the targets are made for; null in a classic group.",
  }),
  coordinator: z.object({
    brokerId: z.int().nullable(),
    partition: PartitionIndex.meta({ description: "Of __consumer_offsets." }),
  }),
  members: z.array(Member),
}).meta({ id: "Group" });
export type Group = z.infer<typeof Group>;

/** One partition that a group committed, or that one of its members reads. */
export const GroupOffset = z
  .object({
    topic: z.string(),
    partition: PartitionIndex,
    committedOffset: Offset.nullable().meta({ description: "Null: nothing committed yet." }),
    committedAt: Timestamp.nullable(),
    leaderEpoch: z.int().nullable(),
    metadata: z.string().nullable(),
    pending: z.array(PendingOffset).meta({
      description: "What transactions under way would commit; `require_stable` waits for them.",
    }),
    logStart: Offset.nullable(),
    highWatermark: Offset.nullable(),
    lag: Lag.nullable().meta({ description: "Null without a committed offset or an end." }),
    isLost: z.boolean().meta({
      description: "The committed offset is gone from the log, or lies behind its end.",
    }),
    memberId: z.string().nullable().meta({ description: "Who reads it now." }),
    clientId: z.string().nullable(),
    clientHost: z.string().nullable(),
  })
  .meta({ id: "GroupOffset" });
export type GroupOffset = z.infer<typeof GroupOffset>;

export const GroupOffsetsQuery = pageQuery(["topic", "lag"]).extend({
  topic: TopicName.optional(),
});
export const GroupOffsetPage = page(GroupOffset).extend({ etag: Etag });

const ITEMS_MAX = 10_000;

/** Which partitions; all of a topic where `partitions` is left out. */
const Scope = z.strictObject({
  topic: TopicName,
  partitions: z.array(PartitionIndex).min(1).max(ITEMS_MAX).optional(),
});

/** Where a group is to go on. */
export const ResetTo = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("beginning") }),
  z.strictObject({ kind: z.literal("end") }),
  z
    .strictObject({ kind: z.literal("current") })
    .meta({ description: "Where it is, moved into the log where it is lost." }),
  z.strictObject({ kind: z.literal("offset"), offset: Offset }),
  z
    .strictObject({ kind: z.literal("timestamp"), timestamp: Timestamp.min(0) })
    .meta({ description: "The first event at or after this time; the end where there is none." }),
  z.strictObject({ kind: z.literal("shift"), by: z.int() }).meta({
    description:
      "Further by so many offsets; back where negative. Compaction and the ends of transactions leave offsets without an event: then it is fewer events.",
  }),
  z.strictObject({
    kind: z.literal("offsets"),
    offsets: z
      .array(z.strictObject({ topic: TopicName, partition: PartitionIndex, offset: Offset }))
      .min(1)
      .max(ITEMS_MAX),
  }),
]);
export type ResetTo = z.infer<typeof ResetTo>;

export const ResetRequest = z
  .strictObject({
    scope: z.array(Scope).min(1).max(ITEMS_MAX).optional().meta({
      description: "Left out: every partition that the group has committed; not with offsets.",
    }),
    to: ResetTo,
  })
  .refine(({ scope, to }) => scope === undefined || to.kind !== "offsets", {
    message: "offsets name their partitions themselves: leave this out",
    path: ["scope"],
  })
  .meta({ id: "ResetRequest" });
export type ResetRequest = z.infer<typeof ResetRequest>;

const Position = z.object({
  offset: Offset.nullable().meta({ description: "Null: nothing committed." }),
  lag: Count.nullable(),
});

/** One partition before and after. */
export const OffsetChange = z
  .object({
    topic: z.string(),
    partition: PartitionIndex,
    logStart: Offset.nullable(),
    highWatermark: Offset.nullable(),
    before: Position,
    after: Position,
    note: z.string().nullable().meta({ description: "Why it is not exactly what was asked." }),
    error: z.string().nullable(),
  })
  .meta({ id: "OffsetChange" });
export type OffsetChange = z.infer<typeof OffsetChange>;

export const OffsetChanges = z
  .object({ isDryRun: IsDryRun, etag: Etag, changes: z.array(OffsetChange) })
  .meta({ id: "OffsetChanges" });
export type OffsetChanges = z.infer<typeof OffsetChanges>;

export const DeleteOffsetsRequest = z
  .strictObject({ scope: z.array(Scope).min(1).max(ITEMS_MAX) })
  .meta({ id: "DeleteOffsetsRequest" });
export type DeleteOffsetsRequest = z.infer<typeof DeleteOffsetsRequest>;

export const GroupDeleted = z
  .object({
    isDryRun: IsDryRun,
    before: z.object({
      groupId: GroupId,
      state: GroupState,
      topicCount: Count,
      offsetCount: Count,
    }),
    after: z.null(),
  })
  .meta({ id: "GroupDeleted" });
