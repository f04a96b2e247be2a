/**
 * How places in a topic, partitions and keys are written in URLs. Without schemas, because the console
 * writes them as well.
 */

/** One end of a range of events. */
export type EventPlace =
  /** The first event that is kept, or the end of what is there now. */
  | { readonly kind: "earliest" | "latest" }
  /** The same offset in every partition. */
  | { readonly kind: "offset"; readonly offset: number }
  /** Ms since 1970: the first event of that time or later. */
  | { readonly kind: "time"; readonly timestamp: number }
  /** What the group committed, partition by partition. */
  | { readonly kind: "group"; readonly group: string };

export const PLACE_LENGTH_MAX = 1_100;
export const PARTITIONS_LENGTH_MAX = 4_000;
export const KEY_LENGTH_MAX = 8_192;
/** Partitions that a list may come to. */
const LISTED_MAX = 10_000;

/** `earliest`, `latest`, `offset:42`, `time:1700000000000`, `time:2026-11-24T05:00:00Z`, `group:billing`. */
export function parsePlace(text: string): EventPlace | null {
  if (text === "earliest" || text === "latest") return { kind: text };
  const colon = text.indexOf(":");
  const [kind, rest] = [text.slice(0, colon), text.slice(colon + 1)];
  switch (kind) {
    case "offset": {
      const offset = /^\d{1,16}$/.test(rest) ? Number(rest) : Number.NaN;
      return Number.isSafeInteger(offset) ? { kind, offset } : null;
    }
    case "time": {
      const timestamp = parseTime(rest);
      return timestamp === null ? null : { kind, timestamp };
    }
    case "group":
      return rest === "" ? null : { kind, group: rest };
    default:
      return null;
  }
}

/** Ms since 1970, or a date with time and zone; null for anything else. */
function parseTime(text: string): number | null {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/.test(text)) return null;
  const timestamp = Date.parse(text);
  return Number.isNaN(timestamp) ? null : timestamp;
}

/** The text that `parsePlace` reads as `place`. */
export function printPlace(place: EventPlace): string {
  switch (place.kind) {
    case "offset":
      return `offset:${place.offset}`;
    case "time":
      return `time:${place.timestamp}`;
    case "group":
      return `group:${place.group}`;
    default:
      return place.kind;
  }
}

/** Partitions as `0,3,5-9`, in order and once each; null for a text of another form. */
export function parsePartitions(text: string): number[] | null {
  const found = new Set<number>();
  for (const part of text.split(",")) {
    const [, first = "", last = first] = /^(\d{1,10})(?:-(\d{1,10}))?$/.exec(part) ?? [];
    if (first === "" || Number(last) < Number(first)) return null;
    if (Number(last) - Number(first) >= LISTED_MAX) return null;
    for (let index = Number(first); index <= Number(last); index += 1) found.add(index);
    if (found.size > LISTED_MAX) return null;
  }
  return [...found].sort((a, b) => a - b);
}

/** Partitions as `parsePartitions` reads them, neighbours joined. */
export function printPartitions(partitions: readonly number[]): string {
  const sorted = [...new Set(partitions)].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let start = 0; start < sorted.length; ) {
    let end = start;
    while (sorted[end + 1] === (sorted[end] as number) + 1) end += 1;
    parts.push(end > start ? `${sorted[start]}-${sorted[end]}` : `${sorted[start]}`);
    start = end + 1;
  }
  return parts.join(",");
}

const BYTES_PREFIX = "b:";
const TEXT_PREFIX = "t:";

/**
 * A key from a URL: `b:` and base64url are bytes, all else is text; `t:` may stand in front of it, and must
 * where the text begins with `b:` or `t:` itself. Null where the base64url is none.
 */
export function parseKey(text: string): Uint8Array | null {
  if (!text.startsWith(BYTES_PREFIX)) {
    return new TextEncoder().encode(text.startsWith(TEXT_PREFIX) ? text.slice(2) : text);
  }
  const digits = text.slice(BYTES_PREFIX.length);
  if (!/^[A-Za-z0-9_-]*$/.test(digits) || digits.length % 4 === 1) return null;
  const binary = atob(digits.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/** A key as `parseKey` reads it: as text where it is UTF-8. */
export function printKey(key: Uint8Array): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(key);
    const needsPrefix = text.startsWith(BYTES_PREFIX) || text.startsWith(TEXT_PREFIX);
    return needsPrefix ? TEXT_PREFIX + text : text;
  } catch {
    const binary = Array.from(key, (byte) => String.fromCharCode(byte)).join("");
    const digits = btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    return BYTES_PREFIX + digits;
  }
}
