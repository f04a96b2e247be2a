/** What a checker reports, and what several of them look up. */
import type { History, Isolation, OddityName, SeenRecord, Send, Transaction } from "../history.ts";

/** After the anomalies of Jepsen's Kafka tests, where those have a name for it. */
export type Anomaly =
  | "lost write"
  | "duplicate"
  | "inconsistent offsets"
  | "unseen"
  | "poll skip"
  | "nonmonotonic poll"
  | "nonmonotonic send"
  | "aborted read"
  | "precommitted read"
  | "torn transaction"
  | "write-read cycle"
  | "not exactly once"
  | "offset regression"
  | "double owner"
  | "watermark regression"
  | "diverging replicas"
  | "wrong compaction"
  | OddityName;

export interface Finding {
  readonly anomaly: Anomaly;
  readonly text: string;
}

/** Pure: reads a whole history and says what cannot be. */
export type Checker = (history: History) => readonly Finding[];

/** Everything that anybody saw in a partition, final logs and polls. */
export function* observations(
  history: History,
): Generator<{ readonly partition: string; readonly records: readonly SeenRecord[] }> {
  yield* history.logs;
  for (const { reads } of history.polls) yield* reads;
}

/** What is in a partition in the end, as `isolation` sees it; null where nobody read it. */
export function finalRecords(
  history: History,
  partition: string,
  isolation: Isolation,
): readonly SeenRecord[] | null {
  const log = history.logs.find((one) => one.partition === partition);
  if (log === undefined) return null;
  return isolation === "read_committed" ? log.committed : log.records;
}

export function sendsByValue(history: History): ReadonlyMap<number, Send> {
  return new Map(history.sends.map((send) => [send.value, send]));
}

export function transactionsById(history: History): ReadonlyMap<string, Transaction> {
  return new Map(history.transactions.map((transaction) => [transaction.id, transaction]));
}

/** Whether it is certain that nothing of the transaction may be seen. */
export function isAborted({ isCommit, outcome }: Transaction): boolean {
  return (isCommit === false && outcome === "ok") || (isCommit === true && outcome === "fail");
}

export function isCommitted({ isCommit, outcome }: Transaction): boolean {
  return isCommit === true && outcome === "ok";
}

/** The collection at `key`, made where there is none. */
export function entryOf<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = create();
  map.set(key, made);
  return made;
}
