/** Makers of small histories, for the tests of checkers. */
import { type FinalLog, History, type Isolation, type Outcome, type Read } from "../history.ts";
import { check } from "./check.ts";
import type { Anomaly } from "./finding.ts";

const P = "t-0";

export class Told {
  readonly history = new History();

  /** A send that has its answer; ok means that it is at `offset`. */
  send(
    value: number,
    offset: number | null,
    options: {
      readonly outcome?: Outcome;
      readonly process?: string;
      readonly transaction?: string;
    } = {},
  ): this {
    const { outcome = "ok", process = "producer", transaction = null } = options;
    const send = this.history.invokeSend({ process, partition: P, value, transaction });
    send.offset = offset;
    this.history.end(send, outcome);
    return this;
  }

  /** A poll from `from` on that returned `values`, at the offsets that follow. */
  poll(
    from: number,
    values: readonly number[],
    options: {
      readonly session?: string;
      readonly isolation?: Isolation;
      readonly transaction?: string;
      readonly read?: Partial<Read>;
    } = {},
  ): this {
    const { session = "poller/1", isolation = "read_uncommitted", transaction = null } = options;
    const records = values.map((value, index) => ({ offset: from + index, value }));
    const read = { partition: P, from, to: from + values.length, records, ...options.read };
    const invoked = this.history.now();
    const ended = this.history.now();
    const poll = { process: "poller", session, isolation, transaction, invoked, ended };
    this.history.polls.push({ ...poll, reads: [read] });
    return this;
  }

  /** What is there in the end, from offset 0; `committed` where read_committed sees less. */
  log(values: readonly number[], options: Partial<FinalLog> = {}): this {
    const records = values.map((value, offset) => ({ offset, value }));
    this.history.logs.push({
      partition: P,
      copy: "the end",
      startOffset: 0,
      endOffset: values.length,
      records,
      committed: records,
      batches: new Map(values.map((value, offset) => [offset, value])),
      ...options,
    });
    return this;
  }

  /** A transaction whose end was asked for now; null: never. */
  transaction(id: string, isCommit: boolean | null, outcome: Outcome = "ok"): this {
    const transaction = this.history.beginTransaction({ process: "producer", id });
    if (isCommit === null) return this;
    transaction.isCommit = isCommit;
    transaction.endInvoked = this.history.now();
    this.history.end(transaction, outcome);
    return this;
  }

  commit(offset: number, outcome: Outcome = "ok"): this {
    const commit = { process: "member", group: "g", partition: P, offset };
    this.history.end(this.history.invokeCommit(commit), outcome);
    return this;
  }

  offsetRead(offset: number): this {
    const invoked = this.history.now();
    const ended = this.history.now();
    const read = { process: "monitor", group: "g", partition: P, offset, invoked, ended };
    this.history.offsetReads.push(read);
    return this;
  }

  marks(leaderEpoch: number, highWatermark: number, lastStableOffset = highWatermark): this {
    const at = this.history.now();
    const marks = { partition: P, leaderEpoch, highWatermark, lastStableOffset, at };
    this.history.watermarks.push(marks);
    return this;
  }

  /** What all checkers together find, each kind once. */
  get anomalies(): readonly Anomaly[] {
    return [...new Set(check(this.history).map(({ anomaly }) => anomaly))];
  }
}
