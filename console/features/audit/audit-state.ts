"use client";
import type { AuditOperation, AuditResourceKind } from "@runnel/contracts/audit.ts";
import { parseAsInteger, parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { OPERATIONS } from "../../lib/audit-words.ts";

export const OPERATION_NAMES = Object.keys(OPERATIONS) as AuditOperation[];

export const RESOURCE_KINDS = {
  topic: "Topics",
  group: "Groups",
  transaction: "Transactions",
  broker: "Brokers",
  other: "Others",
} as const satisfies Readonly<Record<AuditResourceKind, string>>;

export const RESOURCE_KIND_NAMES = Object.keys(RESOURCE_KINDS) as AuditResourceKind[];

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

export interface ResourceChoice {
  /** Null for all kinds. */
  readonly kind: AuditResourceKind | null;
  /** Empty for all of the kind. */
  readonly name: string;
}

/** `topic:orders`, as the API takes it; whatever is no kind is none. */
export function parseResource(text: string | null): ResourceChoice {
  const [, word, name] = /^([a-z]+):(.*)$/s.exec(text ?? "") ?? [];
  const kind = RESOURCE_KIND_NAMES.find((one) => one === word) ?? null;
  return { kind, name: kind === null ? "" : (name ?? "") };
}

export function printResource({ kind, name }: ResourceChoice): string | null {
  return kind === null ? null : `${kind}:${name.trim()}`;
}
