/**
 * How much of a change an entry keeps. Names, values and lists are what clients sent: without an end to
 * them, anybody could fill the log, and whoever reads it would hold all of that.
 */
import type { AuditRecord, AuditState } from "@runnel/contracts/audit.ts";

/** Entries of a list that are kept, and characters of a text. */
export const LIST_MAX = 200;
export const TEXT_MAX = 1_024;
/** Characters of a record as JSON; of a refusal, which anybody can cause, fewer. */
export const RECORD_LENGTH_MAX = 64 * 1024;
const REFUSED_LENGTH_MAX = 4 * 1024;

export const cut = (text: string): string =>
  text.length <= TEXT_MAX ? text : `${text.slice(0, TEXT_MAX)}…`;

/** A list as far as it is kept. */
export function list(items: readonly AuditState[]): AuditState {
  if (items.length <= LIST_MAX) return [...items];
  return [...items.slice(0, LIST_MAX), { left: items.length - LIST_MAX }];
}

/** A state with each text in it cut, names included. */
export function cutState(state: AuditState): AuditState {
  if (typeof state === "string") return cut(state);
  if (typeof state !== "object" || state === null) return state;
  if (isList(state)) return state.map(cutState);
  return Object.fromEntries(
    Object.entries(state).map(([name, value]) => [cut(name), cutState(value)]),
  );
}

const isList = (state: object): state is readonly AuditState[] => Array.isArray(state);

/** The record without what makes it too long, the longest first: `leftLength` says how long that was. */
export function withinLength(record: AuditRecord): AuditRecord {
  const lengthMax = record.result.outcome === "refused" ? REFUSED_LENGTH_MAX : RECORD_LENGTH_MAX;
  let length = JSON.stringify(record).length;
  if (length <= lengthMax) return record;
  const states = (["asked", "before", "after"] as const)
    .map((name) => ({ name, leftLength: JSON.stringify(record[name]).length }))
    .toSorted((a, b) => b.leftLength - a.leftLength);
  const short = { ...record };
  for (const { name, leftLength } of states) {
    const mark = { leftLength };
    const saved = leftLength - JSON.stringify(mark).length;
    if (length <= lengthMax || saved <= 0) break;
    short[name] = mark;
    length -= saved;
  }
  return short;
}
