/** The log of administrative changes, newest first. */
import type { AnswerOf } from "@runnel/contracts/routes.ts";
import { readAuditPage } from "#audit/reader.ts";
import { AUDIT_TOPIC } from "#metadata/image.ts";
import { Refusal } from "../problem.ts";
import { authorize } from "./caller.ts";
import type { Call } from "./serve.ts";
import type { V1Services } from "./services.ts";

const LIMIT_DEFAULT = 50;

export async function listAudit(
  { query, caller }: Call<"listAudit">,
  services: V1Services,
): Promise<AnswerOf<"listAudit">> {
  authorize(services, caller, "read", "topic", AUDIT_TOPIC);
  const { resource = null, actor = null, operation = null, from = null, to = null } = query;
  const { limit = LIMIT_DEFAULT, cursor, offset } = query;
  const filter = { resource, actor, operation, from, to };
  if (offset !== undefined) {
    refuseCursor(cursor);
    const request = { ...filter, limit: 1, before: offset + 1 };
    const page = await readAuditPage(services.auditTopic, request);
    const { searchedCount, unreadableCount } = page;
    // Where there is none at the offset, the page has the one before it.
    const items = page.items.filter((item) => item.offset === offset);
    return { items, nextCursor: null, searchedCount, unreadableCount };
  }
  const before = cursor === undefined ? null : offsetOf(cursor);
  const request = { ...filter, limit, before };
  const page = await readAuditPage(services.auditTopic, request);
  return {
    items: [...page.items],
    nextCursor: page.next === null ? null : `o${page.next}`,
    searchedCount: page.searchedCount,
    unreadableCount: page.unreadableCount,
  };
}

function refuseCursor(cursor: string | undefined): void {
  if (cursor === undefined) return;
  const message = "there is no next page of a single entry";
  throw new Refusal("invalid-request", {
    detail: `cursor: ${message}`,
    remedy: "Send either `offset` or `cursor`.",
    errors: [{ in: "query", field: "cursor", message }],
  });
}

/** A cursor is the offset before which the next page ends. */
function offsetOf(cursor: string): number {
  const text = /^o(\d{1,15})$/.exec(cursor)?.[1];
  if (text !== undefined) return Number(text);
  const message = "is no cursor of this list";
  throw new Refusal("invalid-request", {
    detail: `cursor: ${message}`,
    remedy: "Send `nextCursor` of the page before, as it was.",
    errors: [{ in: "query", field: "cursor", message }],
  });
}
