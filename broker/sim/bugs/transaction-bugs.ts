/** Bugs in the coordinator of transactions, in their markers, and in what readers are told of them. */
import type { Bug } from "./bug.ts";

export const TRANSACTION_BUGS: readonly (Bug & { readonly workload?: "bank" })[] = [
  {
    name: "end of a transaction without its epoch",
    file: "coordinator/txn/end.ts",
    text: "  if (!isCurrent) return refusedIdentity(strangerError(value, event));",
    instead:
      '  if (!isCurrent && value.state !== "Ongoing") return refusedIdentity(strangerError(value, event));',
  },
  {
    name: "markers acknowledged before they are appended",
    file: "replica/markers.ts",
    text: "    partition.awaitHighWatermark(outcome.endOffset, Number.POSITIVE_INFINITY, (how) => {",
    instead: "    partition.awaitHighWatermark(0, Number.POSITIVE_INFINITY, (how) => {",
  },
  {
    name: "last stable offset ahead of an open transaction",
    file: "replica/partition.ts",
    text: "    const undecided = this.log.producers.transactions.firstUndecided;",
    instead: "    const undecided = null as number | null;",
  },
  {
    name: "aborted transactions not told",
    file: "log/aborted.ts",
    text: "    if (entry.firstOffset < endOffset) found.push(entry);",
    instead: "    if (entry.firstOffset < 0) found.push(entry);",
  },
  {
    name: "open transactions forgotten at a restart",
    file: "log/producer-snapshot.ts",
    text: "const transactionStart = firstOffset === NO_TRANSACTION ? null : firstOffset;",
    instead: "const transactionStart = null as number | null;",
  },
  {
    name: "overdue transactions left open",
    file: "coordinator/txn/partitions.ts",
    text: "transaction.deadlineMs = turn.nowMs + value.timeoutMs;",
    instead: "transaction.deadlineMs = Number.POSITIVE_INFINITY;",
  },
  {
    name: "the calendar decides on transactions after a load",
    file: "coordinator/txn/progress.ts",
    text: "Math.min(Math.max(leftMs, graceOf(value)), value.timeoutMs)",
    instead: "leftMs",
  },
  {
    name: "end of a transaction answered and not recorded",
    file: "coordinator/txn/end.ts",
    text: "    turn.records.push({ transactionalId, value: next });\n",
    instead:
      "    if (turn.wallMs % 5 !== 0) turn.records.push({ transactionalId, value: next });\n",
  },
  {
    name: "a read of aborted transactions that fails ends the broker",
    file: "replica/fetch.ts",
    text: "      if (aborted instanceof Promise) aborted.catch(() => {});\n",
    instead: "",
  },
  {
    name: "zombies join the transaction of their successor",
    file: "coordinator/txn/partitions.ts",
    text: "  if (!isSameIdentity(identity, value)) return ErrorCode.PRODUCER_FENCED;\n",
    instead: "",
  },
  {
    name: "offsets of an aborted transaction count",
    workload: "bank",
    file: "coordinator/group/replay.ts",
    text: "  if (!isCommit) return;\n",
    instead: "",
  },
];
