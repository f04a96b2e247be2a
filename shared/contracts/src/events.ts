/** Reading events: searches and live tails, as streams of server-sent events. */
import { z } from "zod";
import { Count, Offset, PartitionIndex, Timestamp } from "./common.ts";
import { DecodedRecord, DecoderChoice } from "./decoded.ts";
import { KEY_LENGTH_MAX, PARTITIONS_LENGTH_MAX, PLACE_LENGTH_MAX } from "./event-places.ts";
import { FILTER_TEXT_LENGTH_MAX } from "./filter-words.ts";

export const EVENTS_MAX = 5_000;
export const EVENTS_DEFAULT = 50;
const MIB = 1024 * 1024;
export const SEARCH_BYTES_MAX: number = 64 * 1024 * MIB;
export const SEARCH_BYTES_DEFAULT: number = 4 * 1024 * MIB;
export const SEARCH_MS_MAX = 600_000;
export const SEARCH_MS_DEFAULT = 30_000;
export const FIELD_LENGTH_MAX: number = 16 * MIB;
export const FIELD_LENGTH_DEFAULT: number = 16 * 1024;
const CURSOR_LENGTH_MAX = 14_000;

const Place = z.string().min(1).max(PLACE_LENGTH_MAX);

/** Which events, and how they are shown; what all searches have in common. */
const Asked = {
  partitions: z.string().min(1).max(PARTITIONS_LENGTH_MAX).optional().meta({
    description:
      "`0,3,5-9` or `all`. Left out: all; but where the filter or `key` asks for one key, the partition that Kafka's clients choose for it (murmur2).",
  }),
  filter: z.string().max(FILTER_TEXT_LENGTH_MAX).optional().meta({
    description: "Conditions, in the language of the filter bar (docs/filters.md).",
  }),
  key: z.string().max(KEY_LENGTH_MAX).optional().meta({
    description:
      "Only events with this key. `b:` and base64url for bytes; `t:` in front of a text that begins with `b:` or `t:`.",
  }),
  keyDecoder: DecoderChoice.optional().meta({ description: "`auto` where left out." }),
  valueDecoder: DecoderChoice.optional().meta({ description: "`auto` where left out." }),
  fieldLength: z
    .int()
    .min(1)
    .max(FIELD_LENGTH_MAX)
    .optional()
    .meta({
      description: `Characters of a key, value or header that are shown; ${FIELD_LENGTH_DEFAULT} where left out.`,
    }),
  raw: z.boolean().optional().meta({
    description: "true: keys, values and headers bring their bytes where their text is not them.",
  }),
};

/** What a search may take, and where it goes on. */
const Limits = {
  limit: z
    .int()
    .min(1)
    .max(EVENTS_MAX)
    .optional()
    .meta({ description: `Events at most; ${EVENTS_DEFAULT} where left out.` }),
  maxBytes: z
    .int()
    .min(1)
    .max(SEARCH_BYTES_MAX)
    .optional()
    .meta({ description: `Bytes to look at; ${SEARCH_BYTES_DEFAULT} where left out.` }),
  maxMs: z
    .int()
    .min(1)
    .max(SEARCH_MS_MAX)
    .optional()
    .meta({ description: `Time to take; ${SEARCH_MS_DEFAULT} where left out.` }),
  cursor: z.string().min(1).max(CURSOR_LENGTH_MAX).optional().meta({
    description: "Where an earlier request with the same query stopped, to go on there.",
  }),
};

/** Which part of the topic, in which order. */
const Range = {
  order: z.enum(["newest", "oldest"]).optional().meta({
    description: "Which come first; `newest` where left out. Partitions are merged by time.",
  }),
  from: Place.optional().meta({
    description:
      "`earliest` (where left out), `latest`, `offset:42`, `time:` and ms or a date with time and zone, `group:` and its id for what that group committed. Included.",
  }),
  to: Place.optional().meta({
    description: "As `from`, not included; `latest` where left out.",
  }),
};

export const EventsQuery = z.strictObject({
  ...Asked,
  ...Range,
  ...Limits,
  control: z.boolean().optional().meta({
    description: "true: ends of transactions are events, too.",
  }),
  live: z.boolean().optional().meta({
    description:
      "true: follow what comes from now on. Takes neither order nor a range nor limits; ends after an hour.",
  }),
});

export const KeyQuery = z.strictObject({
  ...Asked,
  ...Range,
  ...Limits,
  key: Asked.key.unwrap().meta({
    description: "The key, in the form that a search takes it.",
  }),
});

export const LatestQuery = z.strictObject({
  ...Asked,
  ...Limits,
  filter: Asked.filter.meta({
    description:
      "Conditions on the latest events, in the language of the filter bar: a key whose latest event does not meet them is left out.",
  }),
  at: Place.optional().meta({
    description:
      "As it was then: `time:` and ms or a date with time and zone; events that came later do not count. Left out: now.",
  }),
  tombstones: z.boolean().optional().meta({
    description: "true: with keys that were deleted, by their tombstones.",
  }),
});

export const StreamPhase = z
  .object({
    phase: z.enum(["waiting", "locating", "scanning", "following"]),
    waitingBefore: Count.nullable().meta({ description: "Searches that come first." }),
  })
  .meta({ id: "StreamPhase" });

const Counts = {
  records: Count.meta({ description: "Records looked at." }),
  bytes: Count.meta({ description: "Bytes of their batches, as they are stored." }),
  matches: Count.meta({ description: "Events sent." }),
  filterErrors: Count.meta({ description: "Records on which the filter failed." }),
  bytesInRange: Count.nullable().meta({
    description: "About the bytes of the whole range; null for a live stream.",
  }),
  passedBytes: Count.meta({
    description: "Bytes that were passed over: the key index says that no match is there.",
  }),
  dropped: Count.meta({
    description: "Events of a live stream that were left out because its reader was too slow.",
  }),
};

export const StreamProgress = z
  .object({
    ...Counts,
    partitions: z
      .array(
        z.object({
          partition: PartitionIndex,
          offset: Offset.meta({ description: "Up to where it has come." }),
          timestamp: Timestamp.nullable().meta({ description: "Time of what comes next." }),
        }),
      )
      .meta({ description: "Those that moved." }),
    cursor: z.string().nullable().meta({ description: "Goes on behind the events so far." }),
  })
  .meta({ id: "StreamProgress" });

/** What part of a topic was read. */
export const SearchCoverage = z
  .object({
    partitions: z.array(PartitionIndex).meta({ description: "Those that were read." }),
    partitionCount: Count.meta({ description: "Of how many." }),
    chosenBy: z.enum(["all", "query", "key", "filter"]),
    missing: z
      .array(z.object({ partition: PartitionIndex, error: z.string() }))
      .meta({ description: "Those that should have been read and could not." }),
  })
  .meta({ id: "SearchCoverage" });

export const StreamDone = z
  .object({
    reason: z
      .enum(["end", "results", "bytes", "time", "keys", "stalled", "deleted", "failed"])
      .meta({
        description:
          "Which limit it came to, or `end` where everything was looked at; `keys`: there are more keys than a search can tell apart; `stalled`: nothing of it was read for too long.",
      }),
    ...Counts,
    cursor: z.string().nullable().meta({ description: "Goes on from here; null at the end." }),
    isCursorTooLong: z.boolean().meta({
      description:
        "There is more, but a cursor for so many partitions has no room in a URL: choose fewer of them.",
    }),
    coverage: SearchCoverage.nullable().meta({ description: "Null for a live stream." }),
    skips: z.object({
      count: Count.meta({ description: "Stretches that could not be read." }),
      offsets: Count.meta({ description: "Offsets in them." }),
      listed: z.array(
        z.object({
          partition: PartitionIndex,
          fromOffset: Offset,
          toOffset: Offset.meta({ description: "Not included." }),
          reason: z.enum(["deleted", "damaged", "unreadable", "tooLarge"]),
        }),
      ),
    }),
    keyIndex: z
      .object({
        bytes: Count.meta({ description: "Of the segments looked at." }),
        indexedBytes: Count.meta({ description: "Those for which an index answered." }),
      })
      .nullable()
      .meta({ description: "How far the key index covers it; null where it was not asked." }),
    filterError: z
      .object({ partition: PartitionIndex, offset: Offset, message: z.string() })
      .nullable()
      .meta({ description: "Where the filter failed first." }),
    failure: z.string().nullable().meta({ description: "What happened, where it failed." }),
  })
  .meta({ id: "StreamDone" });

/** One message of a stream: its `event` line, and what its `data` line holds. */
export const EventStreamMessage = z
  .discriminatedUnion("event", [
    z.object({ event: z.literal("phase"), data: StreamPhase }),
    z.object({ event: z.literal("event"), data: DecodedRecord }),
    z.object({ event: z.literal("progress"), data: StreamProgress }),
    z.object({ event: z.literal("done"), data: StreamDone }),
  ])
  .meta({ id: "EventStreamMessage" });
export type EventStreamMessage = z.infer<typeof EventStreamMessage>;

export const BUCKETS_MAX = 120;
export const BUCKETS_DEFAULT = 60;

export const HistogramQuery = z.strictObject({
  partitions: z.string().min(1).max(PARTITIONS_LENGTH_MAX).optional().meta({
    description: "`0,3,5-9` or `all`; all where left out.",
  }),
  from: Place.optional().meta({
    description: "`earliest` (where left out), or `time:` and ms or a date with time and zone.",
  }),
  to: Place.optional().meta({ description: "As `from`, not included; `latest` where left out." }),
  buckets: z
    .int()
    .min(1)
    .max(BUCKETS_MAX)
    .optional()
    .meta({ description: `Buckets at most; ${BUCKETS_DEFAULT} where left out.` }),
  byPartition: z.boolean().optional().meta({ description: "true: with the counts of each." }),
});

/**
 * How many events there are by time, from the indexes of the log. An event counts where it lies: one that
 * was appended late counts at the time at which it was appended.
 */
export const Histogram = z
  .object({
    fromMs: Timestamp.meta({ description: "Where the first bucket begins." }),
    widthMs: Count.meta({ description: "Of every bucket." }),
    total: Count,
    isExact: z
      .boolean()
      .meta({ description: "Whether the total is; each bucket says for itself." }),
    buckets: z.array(
      z.object({
        count: Count,
        isExact: z
          .boolean()
          .meta({ description: "False: within a batch of events at each end, or two (≈)." }),
      }),
    ),
    partitions: z
      .array(z.object({ partition: PartitionIndex, counts: z.array(Count) }))
      .nullable()
      .meta({ description: "Null where they were not asked for." }),
    coverage: SearchCoverage,
  })
  .meta({ id: "Histogram" });
export type Histogram = z.infer<typeof Histogram>;
