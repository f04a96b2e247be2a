/** Compacted partitions: what is there of every key is what a log of all records would end with. */
import { isTombstone, keyOf } from "../clients/records.ts";
import type { History, Send } from "../history.ts";
import {
  type Checker,
  entryOf,
  type Finding,
  isAborted,
  isCommitted,
  transactionsById,
} from "./finding.ts";

/**
 * The newest record of a key is gone, or an older one is the last: its tombstone went before it. An acknowledged
 * tombstone may be gone itself, and so may everything before one of which nobody knows whether it counts.
 */
export const wrongCompaction: Checker = (history) => {
  const sends = sendsByKey(history);
  return history.logs.flatMap(({ partition, copy, committed }): Finding[] => {
    if (!history.compacted.has(partition)) return [];
    const last = new Map(committed.map((record) => [keyOf(record.value), record]));
    return [...(sends.get(partition) ?? [])].flatMap(
      ([key, { newest, mayBeDeleted }]): Finding[] => {
        if (newest === null || newest.offset === null) return [];
        const found = last.get(key);
        if (found !== undefined && found.offset >= newest.offset) return [];
        if (found === undefined && (mayBeDeleted || isTombstone(newest.value))) return [];
        const is = found === undefined ? "nothing" : `${found.value} at ${found.offset}`;
        const text = `${copy}: ${key} in ${partition} is ${is}, not ${newest.value} at ${newest.offset}`;
        return [{ anomaly: "wrong compaction", text }];
      },
    );
  });
};

interface KeySends {
  /** The last one that certainly counts. */
  newest: Send | null;
  /** A tombstone may count, too, of which nobody knows where it is. */
  mayBeDeleted: boolean;
}

function sendsByKey(history: History): Map<string, Map<string, KeySends>> {
  const transactions = transactionsById(history);
  const found = new Map<string, Map<string, KeySends>>();
  for (const send of history.sends) {
    const { partition, value, transaction, outcome, offset } = send;
    if (!history.compacted.has(partition) || outcome === "fail") continue;
    const owner = transaction === null ? undefined : transactions.get(transaction);
    if (owner !== undefined && isAborted(owner)) continue;
    const keys = entryOf(found, partition, () => new Map<string, KeySends>());
    const key = entryOf(keys, keyOf(value), () => ({ newest: null, mayBeDeleted: false }));
    const counts =
      outcome === "ok" && offset !== null && (owner === undefined || isCommitted(owner));
    if (!counts) key.mayBeDeleted ||= isTombstone(value);
    else if (offset > (key.newest?.offset ?? -1)) key.newest = send;
  }
  return found;
}
