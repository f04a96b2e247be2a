/** Producing events, and deleting the oldest of a topic. */
import { z } from "zod";
import { Count, IsDryRun, Offset, PartitionIndex, Payload, Timestamp } from "./common.ts";

export const RECORDS_MAX = 1_000;
export const HEADERS_MAX = 100;

export const RecordHeader = z
  .strictObject({ name: z.string().max(32_767), value: Payload.nullable() })
  .meta({ id: "RecordHeader" });
export type RecordHeader = z.infer<typeof RecordHeader>;

/** One event to produce. A null value is a tombstone. */
export const NewRecord = z
  .strictObject({
    partition: PartitionIndex.optional().meta({
      description:
        "Left out: by the key, as clients do (murmur2); without a key, one partition for all such events of the request.",
    }),
    key: Payload.nullable().optional(),
    value: Payload.nullable(),
    headers: z.array(RecordHeader).max(HEADERS_MAX).optional(),
    timestamp: Timestamp.min(0).optional().meta({ description: "Left out: now." }),
  })
  .meta({ id: "NewRecord" });
export type NewRecord = z.infer<typeof NewRecord>;

export const ProduceRequest = z
  .strictObject({ records: z.array(NewRecord).min(1).max(RECORDS_MAX) })
  .meta({ id: "ProduceRequest" });
export type ProduceRequest = z.infer<typeof ProduceRequest>;

/** What became of one event, in the order of the request. */
export const ProduceResult = z
  .object({
    partition: PartitionIndex,
    offset: Offset.nullable().meta({ description: "Null for a dry run and with an error." }),
    timestamp: Timestamp.nullable(),
    error: z.string().nullable(),
  })
  .meta({ id: "ProduceResult" });

export const ProduceResponse = z
  .object({ isDryRun: IsDryRun, results: z.array(ProduceResult) })
  .meta({ id: "ProduceResponse" });
export type ProduceResponse = z.infer<typeof ProduceResponse>;

/** Up to where events are deleted, the event there not included. */
export const DeleteRecordsTo = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("end") }),
  z.strictObject({ kind: z.literal("offset"), offset: Offset }),
  z.strictObject({ kind: z.literal("timestamp"), timestamp: Timestamp.min(0) }),
  z.strictObject({
    kind: z.literal("offsets"),
    offsets: z
      .array(z.strictObject({ partition: PartitionIndex, offset: Offset }))
      .min(1)
      .max(10_000),
  }),
]);

export const DeleteRecordsRequest = z
  .strictObject({
    partitions: z.array(PartitionIndex).min(1).max(10_000).optional().meta({
      description: "Left out: all; not with offsets for each.",
    }),
    to: DeleteRecordsTo,
  })
  .refine(({ partitions, to }) => partitions === undefined || to.kind !== "offsets", {
    message: "offsets name their partitions themselves: leave this out",
    path: ["partitions"],
  })
  .meta({ id: "DeleteRecordsRequest" });
export type DeleteRecordsRequest = z.infer<typeof DeleteRecordsRequest>;

const LogStart = z.object({ logStart: Offset });

export const RecordsDeleted = z
  .object({
    isDryRun: IsDryRun,
    eventCount: Count.meta({ description: "Events that go, in all partitions." }),
    partitions: z.array(
      z.object({
        partition: PartitionIndex,
        before: LogStart,
        after: LogStart,
        eventCount: Count,
        error: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: "RecordsDeleted" });
export type RecordsDeleted = z.infer<typeof RecordsDeleted>;
