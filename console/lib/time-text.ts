/** Times as people type them, in the zone that they chose. */
import { instantOf } from "./wall-clock.ts";

const RELATIVE = /^-?\s*(\d{1,9})\s*(ms|s|m|min|h|d|w)(?:\s+ago)?$/;
const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,3}))?)?)?(Z|[+-]\d{2}:?\d{2})?$/;

/**
 * Understands `now`, `15m` and `15 min ago`, `2026-11-24 05:37[:32[.123]][Z]` and ms since 1970 (11
 * digits or more). Null for anything else.
 */
export function parseTime(text: string, zone: string, now: number): number | null {
  const trimmed = text.trim();
  if (trimmed.toLowerCase() === "now") return now;
  const [, count, unit] = RELATIVE.exec(trimmed) ?? [];
  if (count !== undefined && unit !== undefined) return now - Number(count) * (UNITS[unit] ?? 0);
  if (/^\d{11,16}$/.test(trimmed)) return Number(trimmed);
  const match = ISO.exec(trimmed);
  if (match === null) return null;
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "0", offset] =
    match;
  const fields = [year, month, day, hour, minute, second].map(Number) as Fields;
  if (!isReal(fields)) return null;
  const wall = Date.UTC(
    fields[0],
    fields[1] - 1,
    ...(fields.slice(2) as [number, number, number, number]),
  );
  const at = wall + Number(fraction.padEnd(3, "0"));
  return offset === undefined ? instantOf(at, zone) : at - offsetMs(offset);
}

type Fields = [number, number, number, number, number, number];

function isReal([year, month, day, hour, minute, second]: Fields): boolean {
  if (hour > 23 || minute > 59 || second > 59) return false;
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function offsetMs(offset: string): number {
  if (offset === "Z") return 0;
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(offset) ?? [];
  const ms = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return sign === "-" ? -ms : ms;
}
