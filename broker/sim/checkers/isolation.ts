/** Transactions as readers see them: all of one or nothing, and nothing before its end. */
import type { History, Isolation } from "../history.ts";
import {
  type Checker,
  entryOf,
  type Finding,
  isAborted,
  isCommitted,
  sendsByValue,
  transactionsById,
} from "./finding.ts";

/** Everything that was read, by whom, and until when. */
function* allReads(history: History): Generator<{
  readonly by: string;
  readonly isolation: Isolation;
  readonly ended: number;
  readonly values: readonly number[];
}> {
  for (const { process: by, isolation, ended, reads } of history.polls) {
    const values = reads.flatMap(({ records }) => records.map(({ value }) => value));
    yield { by, isolation, ended, values };
  }
  for (const { copy: by, records, committed } of history.logs) {
    const ended = Number.POSITIVE_INFINITY;
    const all = records.map(({ value }) => value);
    yield { by, isolation: "read_uncommitted", ended, values: all };
    yield { by, isolation: "read_committed", ended, values: committed.map(({ value }) => value) };
  }
}

/** G1a: a value whose send failed, or whose transaction was aborted, was read all the same. */
export const abortedReads: Checker = (history) => {
  const sends = sendsByValue(history);
  const transactions = transactionsById(history);
  const told = new Set<number>();
  const findings: Finding[] = [];
  for (const { by, isolation, values } of allReads(history)) {
    for (const value of values) {
      const send = sends.get(value);
      if (send === undefined || told.has(value)) continue;
      const owner = send.transaction === null ? undefined : transactions.get(send.transaction);
      const isOfAborted = isolation === "read_committed" && owner !== undefined && isAborted(owner);
      if (send.outcome !== "fail" && !isOfAborted) continue;
      told.add(value);
      const why = isOfAborted ? `transaction ${owner.id} was aborted` : "its send failed";
      findings.push({ anomaly: "aborted read", text: `${by} read ${value}, but ${why}` });
    }
  }
  return findings;
};

/** `read_committed` saw a value before anybody asked to commit its transaction. */
export const precommittedReads: Checker = (history) => {
  const sends = sendsByValue(history);
  const transactions = transactionsById(history);
  return [...allReads(history)].flatMap(({ by, isolation, ended, values }): Finding[] => {
    if (isolation !== "read_committed") return [];
    return values.flatMap((value): Finding[] => {
      const { transaction = null } = sends.get(value) ?? {};
      const owner = transaction === null ? undefined : transactions.get(transaction);
      if (owner === undefined || isAborted(owner)) return [];
      if (owner.isCommit === true && owner.endInvoked < ended) return [];
      const text = `${by} read ${value} of ${owner.id}, which nobody had asked to commit`;
      return [{ anomaly: "precommitted read", text }];
    });
  });
};

/** Of a transaction that is over, a part is visible in the end and a part is not. */
export const tornTransactions: Checker = (history) => {
  if (history.logs.length === 0) return [];
  const visible = new Set<number>();
  for (const { committed } of history.logs) for (const { value } of committed) visible.add(value);
  const sent = new Map<string, { readonly seen: number[]; readonly missing: number[] }>();
  for (const { transaction, partition, value, outcome } of history.sends) {
    if (transaction === null || outcome !== "ok" || history.compacted.has(partition)) continue;
    const parts = entryOf(sent, transaction, () => ({ seen: [], missing: [] }));
    (visible.has(value) ? parts.seen : parts.missing).push(value);
  }
  const transactions = transactionsById(history);
  return [...sent].flatMap(([id, { seen, missing }]): Finding[] => {
    const owner = transactions.get(id);
    const mustBeSeen = owner !== undefined && isCommitted(owner);
    if (missing.length === 0 || (seen.length === 0 && !mustBeSeen)) return [];
    const text = `${id}: visible ${seen.slice(0, 5).join(", ")}, not ${missing.slice(0, 5).join(", ")}`;
    return [{ anomaly: "torn transaction", text }];
  });
};

/**
 * G1c over write-read edges: transactions that read from each other in a circle, so that none of them
 * can have been first. Circles through the order of writes alone are Kafka's own and allowed.
 */
export const writeReadCycles: Checker = (history) => {
  const sends = sendsByValue(history);
  const transactions = transactionsById(history);
  const readers = new Map<string, Set<string>>();
  for (const { transaction: reader, reads } of history.polls) {
    const isCounted = reader !== null && transactions.get(reader)?.isCommit === true;
    if (!isCounted) continue;
    for (const { value } of reads.flatMap(({ records }) => records)) {
      const writer = sends.get(value)?.transaction ?? null;
      if (writer !== null && writer !== reader) {
        entryOf(readers, writer, () => new Set()).add(reader);
      }
    }
  }
  const done = new Set<string>();
  const findings: Finding[] = [];
  for (const start of readers.keys()) {
    const circle = circleFrom(start, readers, done);
    if (circle === null) continue;
    findings.push({ anomaly: "write-read cycle", text: circle.join(" → ") });
  }
  return findings;
};

/** A circle that can be reached from `start`; what was looked at goes into `done`. */
function circleFrom(
  start: string,
  edges: ReadonlyMap<string, ReadonlySet<string>>,
  done: Set<string>,
): string[] | null {
  const trail: { readonly id: string; readonly next: Iterator<string> }[] = [];
  const enter = (id: string): void => {
    trail.push({ id, next: (edges.get(id) ?? new Set<string>()).values() });
  };
  if (!done.has(start)) enter(start);
  for (let top = trail.at(-1); top !== undefined; top = trail.at(-1)) {
    const { value, done: isExhausted } = top.next.next();
    if (isExhausted === true) {
      done.add(top.id);
      trail.pop();
      continue;
    }
    const at = trail.findIndex(({ id }) => id === value);
    if (at !== -1) {
      const circle = [...trail.slice(at).map(({ id }) => id), value];
      for (const { id } of trail) done.add(id);
      return circle;
    }
    if (!done.has(value)) enter(value);
  }
  return null;
}
