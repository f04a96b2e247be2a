/**
 * Reads the audit log backwards, a bounded piece for each page: the newest entries come first, and who
 * looks for rare ones goes on with the cursor.
 */
import type { AuditOperation, AuditRecord } from "@runnel/contracts/audit.ts";
import type { InternalTopic } from "#replica/internal-topic.ts";
import { AUDIT_PARTITION, resourceText } from "./audit-log.ts";

/** Entries that are read at a time, and for one page in all. */
const WINDOW_ENTRIES = 500;
const SEARCHED_MAX = 20_000;

export interface AuditFilter {
  /** `kind:name`, or `kind:` for all of a kind; null for any. */
  readonly resource: string | null;
  /** Part of a principal, an address or a client's name, in any case; null for any. */
  readonly actor: string | null;
  readonly operation: AuditOperation | null;
  /** Wall ms; null for no bound. `to` is not in it. */
  readonly from: number | null;
  readonly to: number | null;
}

export interface AuditPageRequest extends AuditFilter {
  readonly limit: number;
  /** The page holds entries before this offset; null for the newest. */
  readonly before: number | null;
}

export interface FoundAuditPage {
  /** Newest first. */
  readonly items: readonly (AuditRecord & { readonly offset: number })[];
  /** `before` of the next page; null where there is nothing older. */
  readonly next: number | null;
  readonly searchedCount: number;
  readonly unreadableCount: number;
}

export type AuditTopic = Pick<InternalTopic, "bounds" | "offsetAt" | "read">;

const NOTHING: FoundAuditPage = { items: [], next: null, searchedCount: 0, unreadableCount: 0 };

/** Entries that match. Rejects with `IoError` where the topic cannot be read now. */
export async function readAuditPage(
  topic: AuditTopic,
  request: AuditPageRequest,
): Promise<FoundAuditPage> {
  const range = await rangeOf(topic, request);
  if (range === null) return NOTHING;
  const items: FoundAuditPage["items"][number][] = [];
  let [searchedCount, unreadableCount] = [0, 0];
  let end = range.endOffset;
  while (end > range.startOffset && searchedCount < SEARCHED_MAX) {
    const window = {
      startOffset: Math.max(range.startOffset, end - WINDOW_ENTRIES),
      endOffset: end,
    };
    const found: FoundAuditPage["items"][number][] = [];
    for await (const chunk of topic.read(AUDIT_PARTITION, window)) {
      for (const { offset, value } of chunk) {
        const record = decode(value);
        if (record === null) unreadableCount += 1;
        else if (matches(record, request)) found.push({ ...record, offset });
      }
    }
    const room = request.limit - items.length;
    const taken = found.toReversed().slice(0, room);
    items.push(...taken);
    // A full page ends at its last entry: what lies before it in the window is for the next one.
    const reached = found.length > room ? (taken.at(-1)?.offset ?? end) : window.startOffset;
    searchedCount += end - reached;
    end = reached;
    if (items.length >= request.limit) break;
  }
  return { items, next: end > range.startOffset ? end : null, searchedCount, unreadableCount };
}

/** The offsets that the times and the cursor leave; null for none. */
async function rangeOf(
  topic: AuditTopic,
  { before, from, to }: AuditPageRequest,
): Promise<{ readonly startOffset: number; readonly endOffset: number } | null> {
  const bounds = await topic.bounds(AUDIT_PARTITION);
  if (bounds === null) return null;
  const first = from === null ? bounds.startOffset : await topic.offsetAt(AUDIT_PARTITION, from);
  if (first === null) return null;
  const last = to === null ? null : await topic.offsetAt(AUDIT_PARTITION, to);
  const startOffset = Math.max(bounds.startOffset, first);
  const ends = [bounds.endOffset, before ?? bounds.endOffset, last ?? bounds.endOffset];
  const endOffset = Math.min(...ends);
  return endOffset > startOffset ? { startOffset, endOffset } : null;
}

const utf8 = new TextDecoder();

/** Null for a record of another version, or none of ours. */
function decode(value: Uint8Array | null): AuditRecord | null {
  if (value === null) return null;
  try {
    const record = JSON.parse(utf8.decode(value)) as AuditRecord;
    return record.version === 1 ? record : null;
  } catch {
    return null;
  }
}

function matches(record: AuditRecord, filter: AuditFilter): boolean {
  const { resource, actor, operation, from, to } = filter;
  if (operation !== null && record.operation !== operation) return false;
  // Times of the topic's index are those of batches: entries are judged by their own.
  if (from !== null && record.at < from) return false;
  if (to !== null && record.at >= to) return false;
  if (resource !== null && !isAbout(resourceText(record.resource), resource)) return false;
  return actor === null || isBy(record, actor.toLowerCase());
}

const KIND_ALONE = /^[a-z]+:$/;

function isAbout(text: string, wanted: string): boolean {
  return KIND_ALONE.test(wanted) ? text.startsWith(wanted) : text === wanted;
}

function isBy({ actor }: AuditRecord, part: string): boolean {
  return [actor.principal, actor.host, actor.client].some((one) =>
    one.toLowerCase().includes(part),
  );
}
