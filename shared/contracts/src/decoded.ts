/** Keys, values and headers in readable form, and how they came to it. */
import { z } from "zod";
import { Count, Offset, PartitionIndex, Payload, Timestamp } from "./common.ts";
import { DECODER_CHOICES } from "./decoder-choices.ts";

/** How bytes are to be read. `auto` looks at them and says why it chose what it chose. */
export const DecoderChoice = z.enum(DECODER_CHOICES).meta({ id: "DecoderChoice" });
export type DecoderChoice = z.infer<typeof DecoderChoice>;

/** How bytes were read. */
export const Decoder = z
  .enum([
    ...DecoderChoice.exclude(["auto"]).options,
    /** A key or header that is not there. */
    "null",
    /** A value that is not there: it deletes its key. */
    "tombstone",
    /** No bytes, which is not the same as null. */
    "empty",
    /** A record of one of the broker's own topics. */
    "internal",
    /** The end of a transaction. */
    "marker",
  ])
  .meta({ id: "Decoder" });
export type Decoder = z.infer<typeof Decoder>;

/** One key, value or header. */
export const DecodedPayload = z
  .object({
    decoder: Decoder,
    reason: z.string().meta({ description: "Why this decoder: a sentence for people." }),
    text: z.string().meta({
      description:
        "What the bytes say; JSON, text and numbers digit for digit as they were written. Untrusted: show it as text.",
    }),
    isTruncated: z.boolean().meta({ description: "The text is only the begin." }),
    isExact: z.boolean().meta({ description: "The text, as UTF-8, is all of the bytes." }),
    sizeBytes: Count.nullable().meta({ description: "Null for null." }),
    schemaId: z.int().nullable().meta({
      description: "The id of a schema registry that stands in front of the data.",
    }),
    notes: z.array(z.string()).meta({
      description: "What does not meet the eye: signs without width, bytes that are no UTF-8.",
    }),
    raw: Payload.nullable().meta({
      description: "All the bytes, where they were asked for; null where `text` is them, too.",
    }),
  })
  .meta({ id: "DecodedPayload" });
export type DecodedPayload = z.infer<typeof DecodedPayload>;

/** An event with all that is known of it. */
export const DecodedRecord = z
  .object({
    partition: PartitionIndex,
    offset: Offset,
    timestamp: Timestamp.nullable().meta({ description: "Null where the record has none." }),
    timestampType: z.enum(["createTime", "logAppendTime"]),
    key: DecodedPayload,
    value: DecodedPayload,
    headers: z.array(z.object({ name: z.string(), value: DecodedPayload })),
    headersBytes: Count.meta({ description: "Bytes of all names and values with their lengths." }),
    batch: z.object({
      producerId: z.string().nullable().meta({ description: "As text: it may be 64 bits." }),
      producerEpoch: z.int(),
      baseSequence: z.int(),
      compression: z.enum(["none", "gzip", "snappy", "lz4", "zstd"]),
      isControl: z.boolean().meta({ description: "The end of a transaction, not an event." }),
      isTransactional: z.boolean(),
      leaderEpoch: z.int(),
    }),
  })
  .meta({ id: "DecodedRecord" });
export type DecodedRecord = z.infer<typeof DecodedRecord>;
