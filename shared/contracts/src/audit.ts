/** The log of administrative changes: who, from where, what, before, after, result. */
import { z } from "zod";
import { Offset, Timestamp } from "./common.ts";

/** Raised when a record means something else than before; fields may be added without. */
export const AUDIT_VERSION = 1;

export const AuditOperation = z
  .enum([
    "topic.create",
    "topic.grow",
    "topic.delete",
    "config.change",
    "records.delete",
    "transaction.end",
    "group.delete",
    "group.offsets.change",
    "group.offsets.delete",
    "group.members.remove",
  ])
  .meta({ id: "AuditOperation" });
export type AuditOperation = z.infer<typeof AuditOperation>;

export const AuditResourceKind = z
  .enum(["topic", "group", "transaction", "broker", "other"])
  .meta({ id: "AuditResourceKind" });
export type AuditResourceKind = z.infer<typeof AuditResourceKind>;

export const AuditResource = z
  .object({
    kind: AuditResourceKind,
    name: z.string().meta({
      description:
        "Of a broker its id, `default` for all brokers; of a transaction its transactional id.",
    }),
  })
  .meta({ id: "AuditResource" });
export type AuditResource = z.infer<typeof AuditResource>;

export const AuditActor = z
  .object({
    principal: z.string().meta({ description: "`User:ANONYMOUS` without authentication." }),
    host: z.string().meta({ description: "The address that it came from." }),
    forwardedFor: z.string().optional().meta({
      description:
        "The client's address as a proxy, such as the console's server, claims it: `X-Forwarded-For`, which anybody can send.",
    }),
    via: z.enum(["kafka", "admin"]).meta({ description: "The port that it came to." }),
    listener: z.string().meta({ description: "The name of the Kafka listener; `admin`." }),
    port: z.int(),
    client: z.string().meta({ description: "What it calls itself: client id, user agent." }),
  })
  .meta({ id: "AuditActor" });
export type AuditActor = z.infer<typeof AuditActor>;

export const AuditResult = z
  .object({
    outcome: z.enum(["done", "partly", "refused", "failed"]).meta({
      description:
        "refused: the broker would not; failed: it could not; partly: see the entries of `after`.",
    }),
    error: z.string().nullable().meta({ description: "The name of Kafka's error." }),
    message: z.string().nullable(),
  })
  .meta({ id: "AuditResult" });
export type AuditResult = z.infer<typeof AuditResult>;

/** Any JSON; long lists are cut, and end with how many entries are missing. */
export type AuditState =
  | string
  | number
  | boolean
  | null
  | readonly AuditState[]
  | { readonly [name: string]: AuditState };

// Its own schema refers to itself, which not every reader of OpenAPI documents follows.
const State = z.unknown() as z.ZodType as z.ZodType<AuditState>;

/**
 * The value of a record in the topic `__audit`, whose key is `kind:name` of the resource. `chain` is
 * kept for a hash of the record before.
 */
export const AuditRecord = z
  .object({
    version: z.literal(AUDIT_VERSION),
    at: Timestamp,
    brokerId: z.int(),
    operation: AuditOperation,
    resource: AuditResource,
    actor: AuditActor,
    asked: State.meta({ description: "What was to be done." }),
    before: State.meta({ description: "What was there before; null where nothing changed." }),
    after: State.meta({ description: "What is there now; null where nothing is." }),
    result: AuditResult,
    chain: z.string().optional().meta({ description: "Not written yet." }),
  })
  .meta({ id: "AuditRecord" });
export type AuditRecord = z.infer<typeof AuditRecord>;

export const AUDIT_PAGE_MAX = 200;
const TEXT_LENGTH_MAX = 1_100;
const CURSOR_LENGTH_MAX = 64;

export const AuditQuery = z.strictObject({
  resource: z.string().min(1).max(TEXT_LENGTH_MAX).optional().meta({
    description: "`topic:orders` for one resource, `topic:` for all of a kind.",
  }),
  actor: z.string().min(1).max(TEXT_LENGTH_MAX).optional().meta({
    description: "Part of a principal, an address or a client's name, in any case.",
  }),
  operation: AuditOperation.optional(),
  offset: Offset.optional().meta({
    description: "Only the entry at this offset, where it meets the rest; not with `cursor`.",
  }),
  from: Timestamp.min(0).optional().meta({ description: "Not before this time." }),
  to: Timestamp.min(0).optional().meta({ description: "Before this time." }),
  limit: z.int().min(1).max(AUDIT_PAGE_MAX).optional().meta({ description: "50 if left out." }),
  cursor: z.string().min(1).max(CURSOR_LENGTH_MAX).optional().meta({
    description: "`nextCursor` of the page before, with the same filter.",
  }),
});
export type AuditQuery = z.infer<typeof AuditQuery>;

/** One entry, with its place in the topic. */
export const AuditEntry = AuditRecord.extend({ offset: Offset }).meta({ id: "AuditEntry" });
export type AuditEntry = z.infer<typeof AuditEntry>;

/** Entries, newest first. */
export const AuditPage = z
  .object({
    items: z.array(AuditEntry),
    nextCursor: z.string().nullable().meta({
      description: "Goes on with older entries; null where there are none.",
    }),
    searchedCount: z.int().meta({
      description: "Entries that were looked at. A page may have fewer items than asked for.",
    }),
    unreadableCount: z.int().meta({ description: "Entries of another version, left out." }),
  })
  .meta({ id: "AuditPage" });
export type AuditPage = z.infer<typeof AuditPage>;
