/** The order in which records are written and read: without gaps, never backwards. */
import type { History, Read } from "../history.ts";
import { type Checker, entryOf, type Finding, finalRecords } from "./finding.ts";

/** Reads of one session and partition, in order. */
function sessions(history: History): Map<string, Read[]> {
  const found = new Map<string, Read[]>();
  for (const { session, reads } of history.polls) {
    for (const read of reads) {
      entryOf(found, `${session} of ${read.partition}`, () => []).push(read);
    }
  }
  return found;
}

/** A poll, or the step from one poll to the next, passed over records that were to be seen. */
export const skippedPolls: Checker = (history) => {
  const findings: Finding[] = [];
  for (const { process, isolation, reads } of history.polls) {
    for (const { partition, from, to, records } of reads) {
      const all = finalRecords(history, partition, isolation);
      if (all === null) continue;
      const seen = new Set(records.map(({ offset }) => offset));
      const skipped = all.filter(
        ({ offset }) => offset >= from && offset < to && !seen.has(offset),
      );
      if (skipped.length === 0) continue;
      const text = `${process} read ${partition} from ${from} to ${to} without ${textOf(skipped)}`;
      findings.push({ anomaly: "poll skip", text });
    }
  }
  for (const [name, reads] of sessions(history)) {
    for (const [before, after] of pairs(reads)) {
      if (after.from <= before.to) continue;
      const text = `${name}: read to ${before.to}, then from ${after.from}`;
      findings.push({ anomaly: "poll skip", text });
    }
  }
  return findings;
};

/** A session went back, or a poll returned records out of order or out of its range. */
export const nonmonotonicPolls: Checker = (history) => {
  const findings: Finding[] = [];
  for (const [name, reads] of sessions(history)) {
    for (const { records, from, to } of reads) {
      const isOrdered = records.every(({ offset }, at) => {
        const before = records[at - 1]?.offset ?? from - 1;
        return offset > before && offset < to;
      });
      if (isOrdered) continue;
      const text = `${name}: from ${from} to ${to} came ${textOf(records)}`;
      findings.push({ anomaly: "nonmonotonic poll", text });
    }
    for (const [before, after] of pairs(reads)) {
      if (after.from >= before.to) continue;
      const text = `${name}: read to ${before.to}, then from ${after.from}`;
      findings.push({ anomaly: "nonmonotonic poll", text });
    }
  }
  return findings;
};

/** A producer's acknowledged records lie in a partition in another order than they were sent. */
export const nonmonotonicSends: Checker = (history) => {
  const findings: Finding[] = [];
  const last = new Map<string, { readonly value: number; readonly offset: number }>();
  for (const { process, partition, value, offset, outcome } of history.sends) {
    if (outcome !== "ok" || offset === null) continue;
    const name = `${process} in ${partition}`;
    const before = last.get(name);
    if (before !== undefined && before.offset >= offset) {
      const text = `${name}: ${before.value} at ${before.offset}, then ${value} at ${offset}`;
      findings.push({ anomaly: "nonmonotonic send", text });
    }
    last.set(name, { value, offset });
  }
  return findings;
};

function* pairs<T>(items: readonly T[]): Generator<[T, T]> {
  for (let at = 1; at < items.length; at += 1) yield [items[at - 1] as T, items[at] as T];
}

function textOf(records: readonly { readonly offset: number; readonly value: number }[]): string {
  const some = records.slice(0, 5).map(({ offset, value }) => `${value} at ${offset}`);
  return `${some.join(", ")}${records.length > 5 ? ", …" : ""}`;
}
