/**
 * Reads the audit log backwards, a bounded piece for each page: the newest entries come first, and who
 * looks for rare ones goes on with the cursor.
 */
import type { AuditOperation, AuditRecord } from "@runnel/contracts/audit.ts";
import type { InternalTopic } from "#replica/internal-topic.ts";
import { AUDIT_PARTITION, resourceText } from "./audit-log.ts";

/** Entries that are read at a time, and for one page in all; what they may come to in bytes. */
const WINDOW_ENTRIES = 500;
const SEARCHED_MAX = 20_000;
const SEARCHED_BYTES_MAX = 64 * 1024 * 1024;
/** Bytes of the entries of a page: it ends there, with one entry or more. */
const PAGE_BYTES_MAX = 4 * 1024 * 1024;

export interface AuditFilter {
  /** `kind:name`, or `kind:` for all of a kind; null for any. */
  readonly resource: string | null;
  /** Part of a principal, an address, also a forwarded one, or a client's name, in any case; null for any. */
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

type Item = AuditRecord & { readonly offset: number };

export interface FoundAuditPage {
  /** Newest first. */
  readonly items: readonly Item[];
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
  const items: Item[] = [];
  let [searchedCount, unreadableCount, searchedBytes, pageBytes] = [0, 0, 0, 0];
  let end = range.endOffset;
  let isFull = false;
  while (!isFull && end > range.startOffset && searchedCount < SEARCHED_MAX) {
    if (searchedBytes >= SEARCHED_BYTES_MAX) break;
    const startOffset = Math.max(range.startOffset, end - WINDOW_ENTRIES);
    const newest = new Newest(request.limit - items.length, PAGE_BYTES_MAX - pageBytes);
    for await (const chunk of topic.read(AUDIT_PARTITION, { startOffset, endOffset: end })) {
      for (const { offset, value } of chunk) {
        const bytes = value?.length ?? 0;
        searchedBytes += bytes;
        const record = decode(value);
        if (record === null) unreadableCount += 1;
        else if (matches(record, request)) newest.add({ ...record, offset }, bytes);
      }
    }
    items.push(...newest.items.toReversed());
    pageBytes += newest.bytes;
    isFull = newest.hasLeft || items.length >= request.limit || pageBytes >= PAGE_BYTES_MAX;
    // A page that is full ends at its last entry: what lies before it in the window is for the next one.
    const reached = newest.hasLeft ? (newest.items[0]?.offset ?? end) : startOffset;
    searchedCount += end - reached;
    end = reached;
  }
  return { items, next: end > range.startOffset ? end : null, searchedCount, unreadableCount };
}

/** The newest of the entries that are added, oldest first, as many as there is room for. */
class Newest {
  readonly items: Item[] = [];
  bytes = 0;
  /** Whether there were more. */
  hasLeft = false;
  readonly #sizes: number[] = [];
  readonly #countMax: number;
  readonly #bytesMax: number;

  constructor(countMax: number, bytesMax: number) {
    this.#countMax = countMax;
    this.#bytesMax = bytesMax;
  }

  add(item: Item, bytes: number): void {
    this.items.push(item);
    this.#sizes.push(bytes);
    this.bytes += bytes;
    const isOver = (): boolean => this.items.length > this.#countMax || this.bytes > this.#bytesMax;
    while (this.items.length > 1 && isOver()) {
      this.items.shift();
      this.bytes -= this.#sizes.shift() ?? 0;
      this.hasLeft = true;
    }
  }
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
  const { principal, host, forwardedFor = "", client } = actor;
  return [principal, host, forwardedFor, client].some((one) => one.toLowerCase().includes(part));
}
