/** Transactions: what their coordinators know, what is open in partitions, and aborting them. */
import { z } from "zod";
import { Count, Etag, IsDryRun, Offset, PartitionIndex, Timestamp, TopicName } from "./common.ts";
import { page, pageQuery } from "./page.ts";

/** As Kafka's tools print them. */
export const TransactionState = z
  .enum(["Empty", "Ongoing", "PrepareCommit", "PrepareAbort", "CompleteCommit", "CompleteAbort"])
  .meta({
    id: "TransactionState",
    description:
      "Ongoing: open; Prepare…: decided, its markers are being written; Complete…: over; Empty: none yet.",
  });
export type TransactionState = z.infer<typeof TransactionState>;

const ID_LENGTH_MAX = 1_024;

/** Any text; in a path it is percent-encoded. */
export const TransactionalId = z
  .string()
  .min(1, "a transaction needs a transactional id")
  .max(ID_LENGTH_MAX, `a transactional id has at most ${ID_LENGTH_MAX} characters`);

const PRODUCER_ID_MAX = "9223372036854775807";

/** Text, because it has 64 bits. */
export const ProducerId = z
  .string()
  .regex(/^(?:0|[1-9]\d{0,18})$/, "a producer id is a whole number from 0 on")
  .refine(
    (text) => text.length < PRODUCER_ID_MAX.length || text <= PRODUCER_ID_MAX,
    `a producer id is at most ${PRODUCER_ID_MAX}`,
  )
  .meta({ id: "ProducerId", description: "A 64-bit number, as text." });

/** A row of the list of transactional ids. */
export const TransactionRow = z
  .object({
    transactionalId: z.string(),
    state: TransactionState,
    producerId: ProducerId,
    producerEpoch: z.int(),
    timeoutMs: Count.meta({ description: "After so long it is aborted by the broker." }),
    startedAt: Timestamp.nullable().meta({ description: "Of the last one; null for none yet." }),
    runningMs: Count.nullable().meta({
      description: "Since it began; null where no transaction is under way.",
    }),
    updatedAt: Timestamp.meta({ description: "Of the last change of what is above." }),
    partitionCount: Count.meta({ description: "0 where no transaction is under way." }),
  })
  .meta({ id: "TransactionRow" });
export type TransactionRow = z.infer<typeof TransactionRow>;

const PATTERN_LENGTH_MAX = 1_024;

export const TransactionsQuery = pageQuery([
  "transactionalId",
  "state",
  "runningMs",
  "updatedAt",
  "partitionCount",
]).extend({
  state: TransactionState.optional(),
  producerId: ProducerId.optional(),
  longerThanMs: Count.optional().meta({
    description: "Only transactions under way that began longer ago.",
  }),
  pattern: z.string().min(1).max(PATTERN_LENGTH_MAX).optional().meta({
    description: "A regular expression (RE2) that a whole transactional id must match.",
  }),
});
export const TransactionPage = page(TransactionRow);

/** Offsets of a group that become committed with the transaction. */
const PendingGroup = z.object({ groupId: z.string(), offsetCount: Count });

/** One transactional id in full, but for its partitions. */
export const Transaction = TransactionRow.extend({
  etag: Etag.meta({ description: "Another one with each transaction, and when it is decided." }),
  isOverdue: z.boolean().meta({ description: "Open for longer than its timeout." }),
  coordinator: z.object({
    brokerId: z.int().nullable(),
    partition: PartitionIndex.meta({ description: "Of __transaction_state." }),
  }),
  groups: z.array(PendingGroup).meta({
    description: "Groups whose offsets are committed with it; at most 100.",
  }),
}).meta({ id: "Transaction" });
export type Transaction = z.infer<typeof Transaction>;

/** What a producer has open in a partition. */
const Open = {
  producerEpoch: z.int(),
  coordinatorEpoch: z.int().nullable().meta({
    description: "Of the coordinator that wrote its last marker here; null before any.",
  }),
  startOffset: Offset.meta({ description: "Of the first event of the open transaction." }),
  lastWrittenAt: Timestamp.nullable().meta({
    description: "Of the producer's last event here, by its own clock.",
  }),
} as const;

/** One partition of a transaction that is under way. */
export const TransactionPartition = z
  .object({
    topic: z.string(),
    partition: PartitionIndex,
    lastStableOffset: Offset.nullable(),
    highWatermark: Offset.nullable(),
    open: z.object(Open).nullable().meta({
      description: "Null: nothing is written yet, its marker is there already, or it is elsewhere.",
    }),
    isHolding: z.boolean().meta({
      description: "Readers of committed data wait for this transaction before all others.",
    }),
  })
  .meta({ id: "TransactionPartition" });
export type TransactionPartition = z.infer<typeof TransactionPartition>;

export const TransactionPartitionsQuery = pageQuery(["topic"]);
export const TransactionPartitionPage = page(TransactionPartition);

/** Who keeps readers of committed data from going on. */
export const Holder = z
  .object({
    producerId: ProducerId,
    ...Open,
    transactionalId: z.string().nullable().meta({
      description: "Under which it is under way; null for none that the caller may see.",
    }),
    isHanging: z.boolean().nullable().meta({
      description:
        "Nobody coordinates it, so nobody will end it; null while transactions are being loaded.",
    }),
  })
  .meta({ id: "Holder" });
export type Holder = z.infer<typeof Holder>;

/** A partition in which a transaction is open. */
export const HeldPartition = z
  .object({
    topic: z.string(),
    partition: PartitionIndex,
    lastStableOffset: Offset,
    highWatermark: Offset,
    heldCount: Count.meta({
      description: "Offsets between both: what `read_committed` does not see yet.",
    }),
    openCount: Count.meta({ description: "Transactions that are open in it." }),
    hangingCount: Count.nullable().meta({
      description: "Of these, those that nobody coordinates; null while that is not known.",
    }),
    holder: Holder.meta({ description: "The first of them." }),
  })
  .meta({ id: "HeldPartition" });
export type HeldPartition = z.infer<typeof HeldPartition>;

export const HeldPartitionsQuery = pageQuery(["heldCount", "topic", "lastWrittenAt"]).extend({
  topic: TopicName.optional(),
  hanging: z.boolean().optional().meta({
    description: "true: only partitions with a transaction that nobody coordinates.",
  }),
});
export const HeldPartitionPage = page(HeldPartition);

/** What a partition remembers of a producer. */
export const Producer = z
  .object({
    producerId: ProducerId,
    producerEpoch: z.int(),
    lastSequence: z.int().nullable().meta({ description: "Null: none in this epoch yet." }),
    lastWrittenAt: Timestamp.nullable(),
    coordinatorEpoch: z.int().nullable(),
    openFrom: Offset.nullable().meta({
      description: "First offset of its open transaction; null where none is open.",
    }),
    transactionalId: z.string().nullable().meta({
      description: "Under which what is open is under way.",
    }),
    isHanging: z.boolean().nullable().meta({
      description: "As of a holder; false where nothing is open.",
    }),
  })
  .meta({ id: "Producer" });
export type Producer = z.infer<typeof Producer>;

export const ProducersQuery = pageQuery(["lastWrittenAt", "producerId", "openFrom"])
  .omit({ filter: true })
  .extend({
    producerId: ProducerId.optional(),
    open: z.boolean().optional().meta({ description: "true: only with an open transaction." }),
  });
export const ProducerPage = page(Producer);

const Outcome = z.object({
  state: TransactionState,
  producerId: ProducerId,
  producerEpoch: z.int(),
  partitionCount: Count,
});

export const TransactionAborted = z
  .object({
    isDryRun: IsDryRun,
    etag: Etag,
    before: Outcome,
    after: Outcome.meta({
      description: "PrepareAbort: decided; its markers are still being written.",
    }),
  })
  .meta({ id: "TransactionAborted" });
export type TransactionAborted = z.infer<typeof TransactionAborted>;

const Stable = z.object({ lastStableOffset: Offset, highWatermark: Offset });

export const HangingAborted = z
  .object({
    isDryRun: IsDryRun,
    producerId: ProducerId,
    startOffset: Offset.meta({ description: "Of what is aborted." }),
    before: Stable,
    after: Stable.nullable().meta({ description: "Null for a dry run." }),
  })
  .meta({ id: "HangingAborted" });
export type HangingAborted = z.infer<typeof HangingAborted>;
