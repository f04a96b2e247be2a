/** Places in a log as people name them: an offset, a moment, the beginning, the end. */
import { UsageError } from "./failure.ts";

export type Position =
  | { readonly kind: "beginning" }
  | { readonly kind: "end" }
  | { readonly kind: "offset"; readonly offset: number }
  /** `count` records before the end of each partition. */
  | { readonly kind: "before-end"; readonly count: number }
  | { readonly kind: "time"; readonly atMs: number };

/** Places with a name. */
export const PLACE_NAMES = ["beginning", "end"] as const;

/** Whole numbers from here on are read as ms since 1970 (it is September 2001), not as offsets. */
const TIMESTAMPS_FROM = 1_000_000_000_000;
const TIME_MAX_MS = 8.64e15;

const ALLOWED =
  "beginning, end, an offset, -N (N before the end), or a time such as 2026-05-01T12:00Z";

/**
 * `beginning`, `end`, `42`, `-10`, `2026-05-01`, `2026-05-01T12:00:00.5+02:00`, `1777636800000`,
 * `@1777636800000`. A time without a zone is UTC.
 */
export function parsePosition(text: string, flag: string): Position {
  const name = PLACE_NAMES.find((each) => each === text);
  if (name !== undefined) return { kind: name };
  const number = /^(@|-)?(\d{1,16})$/.exec(text);
  if (number !== null) {
    const value = Number(number[2]);
    if (number[1] === "-") return { kind: "before-end", count: value };
    const isTime = number[1] === "@" || value >= TIMESTAMPS_FROM;
    if (isTime && value <= TIME_MAX_MS) return { kind: "time", atMs: value };
    if (!isTime) return { kind: "offset", offset: value };
  }
  const atMs = parseIso(text);
  if (atMs !== null) return { kind: "time", atMs };
  throw new UsageError(`${flag}: "${text}" is no place in a log: use ${ALLOWED}`);
}

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?(Z|[+-]\d{2}:?\d{2})?)?$/i;

/** Ms since 1970, or null for what is no ISO 8601 date or time (the 30th of February is none). */
function parseIso(text: string): number | null {
  const match = ISO.exec(text);
  if (match === null) return null;
  const [year, month, day, hour, minute, second] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0)) as [number, number, number, number, number, number];
  const atMs = Date.UTC(year, month - 1, day, hour, minute, second);
  const date = new Date(atMs);
  const isReal =
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second;
  if (!isReal) return null;
  const fractionMs = Math.floor(Number(`0.${match[7] ?? "0"}`) * 1_000);
  const zone = zoneMs(match[8]);
  if (zone === null) return null;
  const utcMs = atMs + fractionMs - zone;
  return utcMs >= 0 ? utcMs : null;
}

function zoneMs(zone: string | undefined): number | null {
  if (zone === undefined || zone.toUpperCase() === "Z") return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  if (hours > 14 || minutes > 59) return null;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}
