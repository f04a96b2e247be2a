/** What became of every record that was sent: each acknowledged one is there, once, where it was said. */
import type { History } from "../history.ts";
import {
  type Checker,
  entryOf,
  type Finding,
  isCommitted,
  observations,
  sendsByValue,
  transactionsById,
} from "./finding.ts";

/**
 * Acknowledged, and not there although reading got that far. Where a partition was read to its end
 * after all, that reading counts alone.
 */
export const lostWrites: Checker = (history) => {
  const seen = new Map<string, { readonly values: Set<number>; highest: number; start: number }>();
  const look = (partition: string, records: History["logs"][number]["records"]): void => {
    const known = entryOf(seen, partition, () => ({ values: new Set(), highest: -1, start: 0 }));
    for (const { offset, value } of records) {
      known.values.add(value);
      known.highest = Math.max(known.highest, offset);
    }
  };
  for (const { partition, records, startOffset } of history.logs) {
    look(partition, records);
    const known = entryOf(seen, partition, () => ({ values: new Set(), highest: -1, start: 0 }));
    known.highest = Number.POSITIVE_INFINITY;
    known.start = Math.max(known.start, startOffset);
  }
  const isFinal = new Set(history.logs.map(({ partition }) => partition));
  for (const { reads } of history.polls) {
    for (const { partition, records } of reads) {
      if (!isFinal.has(partition)) look(partition, records);
    }
  }
  return history.sends.flatMap(({ process, partition, value, offset, outcome }): Finding[] => {
    const known = seen.get(partition);
    if (outcome !== "ok" || known === undefined || known.values.has(value)) return [];
    if (history.compacted.has(partition)) return [];
    if (offset !== null && (offset > known.highest || offset < known.start)) return [];
    const text = `${value} of ${process}, acknowledged at ${partition}:${offset}, is not there`;
    return [{ anomaly: "lost write", text }];
  });
};

/** One value at two offsets. */
export const duplicates: Checker = (history) => {
  const places = new Map<number, Set<string>>();
  for (const { partition, records } of observations(history)) {
    for (const { offset, value } of records) {
      entryOf(places, value, () => new Set()).add(`${partition}:${offset}`);
    }
  }
  return [...places]
    .filter(([, found]) => found.size > 1)
    .map(([value, found]) => ({
      anomaly: "duplicate",
      text: `${value} at ${[...found].join(", ")}`,
    }));
};

/** One offset with two values, or with one that nobody sent there. */
export const inconsistentOffsets: Checker = (history) => {
  const sends = sendsByValue(history);
  const values = new Map<string, Set<number>>();
  const strangers: Finding[] = [];
  for (const { partition, records } of observations(history)) {
    for (const { offset, value } of records) {
      const known = entryOf(values, `${partition}:${offset}`, () => new Set());
      if (known.has(value)) continue;
      known.add(value);
      if (sends.get(value)?.partition === partition) continue;
      const text = `${value} at ${partition}:${offset}, where nobody sent it`;
      strangers.push({ anomaly: "inconsistent offsets", text });
    }
  }
  for (const { partition, offset, value } of history.sends) {
    if (offset !== null) entryOf(values, `${partition}:${offset}`, () => new Set()).add(value);
  }
  const different = [...values].filter(([, found]) => found.size > 1);
  return [
    ...strangers,
    ...different.map(([place, found]): Finding => {
      return { anomaly: "inconsistent offsets", text: `${place} is ${[...found].join(" and ")}` };
    }),
  ];
};

/** Acknowledged, and not seen by a reader that had all the time it needed. */
export const unseen: Checker = (history) => {
  const transactions = transactionsById(history);
  return [...history.readers].flatMap(([reader, partitions]): Finding[] => {
    const seen = new Set<number>();
    for (const { process, reads } of history.polls) {
      if (process !== reader && !process.startsWith(`${reader}/`)) continue;
      for (const { records } of reads) for (const { value } of records) seen.add(value);
    }
    const missing = history.sends.filter(({ partition, value, outcome, transaction }) => {
      if (outcome !== "ok" || !partitions.includes(partition) || seen.has(value)) return false;
      if (history.compacted.has(partition)) return false;
      const owner = transaction === null ? undefined : transactions.get(transaction);
      return owner === undefined || isCommitted(owner);
    });
    if (missing.length === 0) return [];
    const some = missing.slice(0, 5).map(({ value, partition }) => `${value} in ${partition}`);
    const text = `${reader} never saw ${missing.length} records: ${some.join(", ")}`;
    return [{ anomaly: "unseen", text }];
  });
};
