/** What several resources have in common: names, numbers, bytes, lag. */
import { z } from "zod";

/** A record's place in a partition, or the size of a stretch of them. */
export const Offset = z.int().min(0).meta({ description: "An offset: from 0, at most 2^53 − 1." });

/** How many of something there are. */
export const Count = z.int().min(0);

/** Ms since 1970, as a number, everywhere. */
export const Timestamp = z.int().meta({ description: "Milliseconds since 1970." });

export const PartitionIndex = z.int().min(0).max(2_147_483_647);

const TOPIC_NAME_LENGTH_MAX = 249;

/** Kafka's rule for names; "." and ".." are none. */
export const TopicName = z
  .string()
  .min(1, "a topic needs a name")
  .max(TOPIC_NAME_LENGTH_MAX, `a topic's name has at most ${TOPIC_NAME_LENGTH_MAX} characters`)
  .regex(/^[a-zA-Z0-9._-]+$/, "a topic's name has only ASCII letters, digits, '.', '_' and '-'")
  .refine((name) => name !== "." && name !== "..", "a topic cannot be called . or ..");

const GROUP_ID_LENGTH_MAX = 1024;

/** Any text; in a path it is percent-encoded. */
export const GroupId = z
  .string()
  .min(1, "a group needs an id")
  .max(GROUP_ID_LENGTH_MAX, `a group's id has at most ${GROUP_ID_LENGTH_MAX} characters`);

/** The version of a resource, for `If-Match`; the same as its `ETag` header. */
export const Etag = z.string().meta({
  description: "The version of this resource: send it as If-Match with a change of it.",
});

/** Every change takes it: checks everything, changes nothing, and answers what would become of it. */
export const DryRunQuery = z.strictObject({ dryRun: z.boolean().optional() });

/** Whether the answer tells what would be, or what was done. */
export const IsDryRun = z.boolean().meta({ description: "True where nothing was changed." });

/**
 * Bytes as JSON: UTF-8 text where they are that, else base64 (RFC 4648 with padding). Null is the absent
 * key or the tombstone, which differ from the empty text.
 */
export const Payload = z
  .strictObject({ encoding: z.enum(["utf8", "base64"]), data: z.string() })
  .meta({ id: "Payload" });
export type Payload = z.infer<typeof Payload>;

/** How far a group is behind. */
export const Lag = z
  .object({
    events: Count.meta({ description: "Events between the committed offsets and the ends." }),
    seconds: z.number().min(0).nullable().meta({
      description:
        "Age of the oldest event that was not committed, the largest of all partitions; null where it was not measured.",
    }),
  })
  .meta({ id: "Lag" });
export type Lag = z.infer<typeof Lag>;
