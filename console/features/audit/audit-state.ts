"use client";
import type { AuditOperation } from "@runnel/contracts/audit.ts";
import { parseAsInteger, parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";

/** In the words of people. */
export const OPERATIONS = {
  "topic.create": "Topic created",
  "topic.grow": "Partitions added",
  "topic.delete": "Topic deleted",
  "config.change": "Settings changed",
  "records.delete": "Events deleted",
  "group.delete": "Group deleted",
  "group.offsets.change": "Offsets moved",
  "group.offsets.delete": "Offsets forgotten",
  "group.members.remove": "Members removed",
} as const satisfies Readonly<Record<AuditOperation, string>>;

export const OPERATION_NAMES = Object.keys(OPERATIONS) as AuditOperation[];

export function useAuditState() {
  return useQueryStates(
    {
      resource: parseAsString,
      actor: parseAsString.withDefault(""),
      operation: parseAsStringLiteral(OPERATION_NAMES),
      /** The offset of the entry that is open. */
      r: parseAsInteger,
    },
    { history: "replace" },
  );
}
