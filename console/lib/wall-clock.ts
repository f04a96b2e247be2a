/** Between instants and what the clocks of a zone show. Both in ms; clocks as if they were UTC. */
import { timeParts, type Zone } from "./format.ts";

/** Longer than clocks are ever moved by, and shorter than any two changes are apart. */
const AROUND_MS = 26 * 3_600_000;

/** What the clocks of the zone show; the instant itself where it is no time. */
export function wallClock(at: number, zone: Zone): number {
  const parts = timeParts(at, zone);
  if (parts === null) return at;
  const date = parts.date.padStart("2026-11-24".length, "0");
  return Date.parse(`${date}T${parts.clock}.${parts.ms}Z`);
}

/**
 * When the clocks show `wall`. Where they show it twice, the first time; where they leap over it, as
 * if they had not yet: so half past two is half past three, as in calendars.
 */
export function instantOf(wall: number, zone: Zone): number {
  const before = wall - offsetAt(wall - AROUND_MS, zone);
  if (wallClock(before, zone) === wall) return before;
  const after = wall - offsetAt(wall + AROUND_MS, zone);
  return wallClock(after, zone) === wall ? after : before;
}

/** How far the clocks are ahead of UTC. */
function offsetAt(at: number, zone: Zone): number {
  return wallClock(at, zone) - at;
}
