/** Administrative changes in the words of people. */
import type { AuditEntry, AuditOperation } from "@runnel/contracts/audit.ts";

export const OPERATIONS = {
  "topic.create": "Topic created",
  "topic.grow": "Partitions added",
  "topic.delete": "Topic deleted",
  "config.change": "Settings changed",
  "records.delete": "Events deleted",
  "transaction.end": "Transaction ended",
  "group.delete": "Group deleted",
  "group.offsets.change": "Offsets moved",
  "group.offsets.delete": "Offsets forgotten",
  "group.members.remove": "Members removed",
} as const satisfies Readonly<Record<AuditOperation, string>>;

/** A colour's name and a word. */
export const OUTCOMES = {
  done: ["ok", "done"],
  partly: ["warn", "in part"],
  refused: ["warn", "refused"],
  failed: ["bad", "failed"],
} as const satisfies Readonly<Record<AuditEntry["result"]["outcome"], readonly [string, string]>>;
