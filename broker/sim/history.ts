/**
 * What the clients of a simulated world did and saw: the input of the checkers. An operation that has
 * no answer, or an answer that says nothing about its effect, ends as "info": it may have happened.
 *
 * Moments are whole numbers that grow with everything that is noted, so that "before" is exact.
 */
import { crc32c } from "@runnel/kit/crc32c.ts";

export type Outcome = "ok" | "fail" | "info";

export type Isolation = "read_uncommitted" | "read_committed";

interface Operation {
  readonly process: string;
  readonly invoked: number;
  /** Infinity until there is an answer. */
  ended: number;
  outcome: Outcome;
}

/** One record that a producer handed over, once. */
export interface Send extends Operation {
  /** `topic-partition`. */
  readonly partition: string;
  /** Unique in the world. */
  readonly value: number;
  /** The transaction it belongs to; null for none. */
  readonly transaction: string | null;
  /** Where the broker says it is; null where it did not say. */
  offset: number | null;
}

export interface SeenRecord {
  readonly offset: number;
  readonly value: number;
}

/** What one poll saw of a partition: everything visible in `from` … `to` − 1. */
export interface Read {
  readonly partition: string;
  readonly from: number;
  readonly to: number;
  readonly records: readonly SeenRecord[];
}

export interface Poll {
  readonly process: string;
  /** Polls of one session follow each other; a rebalance, a seek or a restart begins another. */
  readonly session: string;
  readonly isolation: Isolation;
  /** The transaction in which the process read; null for none. */
  readonly transaction: string | null;
  readonly invoked: number;
  readonly ended: number;
  readonly reads: readonly Read[];
}

/** A transaction from its first operation to its end. */
export interface Transaction extends Operation {
  readonly id: string;
  /** What was asked for at the end; null while nothing was. */
  isCommit: boolean | null;
  /** When the end was asked for; Infinity before. */
  endInvoked: number;
}

export interface OffsetCommit extends Operation {
  readonly group: string;
  readonly partition: string;
  readonly offset: number;
}

/** What OffsetFetch said; −1 for "nothing is committed". */
export interface OffsetRead {
  readonly process: string;
  readonly group: string;
  readonly partition: string;
  readonly offset: number;
  readonly invoked: number;
  readonly ended: number;
}

/** What a member was given in a generation of its group. */
export interface Assignment {
  readonly group: string;
  readonly generation: number;
  readonly member: string;
  readonly partitions: readonly string[];
}

/** The ends of a partition at one moment, in one term of its leader. */
export interface Watermarks {
  readonly partition: string;
  readonly leaderEpoch: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly at: number;
}

/** A partition as it was read from its start to its high watermark, when all was over. */
export interface FinalLog {
  readonly partition: string;
  /** Which reading this is, or which replica. */
  readonly copy: string;
  readonly startOffset: number;
  readonly endOffset: number;
  /** Every record of a client, aborted ones too. */
  readonly records: readonly SeenRecord[];
  /** What `read_committed` sees of them. */
  readonly committed: readonly SeenRecord[];
  /** The checksum of every batch by its base offset. */
  readonly batches: ReadonlyMap<number, number>;
}

/** One of the two records that a processor makes of one that it read. */
export interface Derivation {
  readonly source: number;
  readonly value: number;
  readonly side: "debit" | "credit";
}

/** What was noticed on the spot, and is wrong whatever else happened. */
export interface Oddity {
  readonly anomaly: OddityName;
  readonly text: string;
}

export type OddityName =
  /** An assertion failed, or an error that no fault explains. */
  | "bug"
  /** A producer that did all right was told that its sequence is wrong. */
  | "false out of order"
  /** What must come to an end without faults did not. */
  | "stuck"
  /** A session or a transaction was ended before its time was over. */
  | "early expiry"
  /** A position that the log had is beyond its end. */
  | "truncated";

export class History {
  readonly sends: Send[] = [];
  readonly polls: Poll[] = [];
  readonly transactions: Transaction[] = [];
  readonly commits: OffsetCommit[] = [];
  readonly offsetReads: OffsetRead[] = [];
  readonly assignments: Assignment[] = [];
  readonly watermarks: Watermarks[] = [];
  readonly logs: FinalLog[] = [];
  readonly derivations: Derivation[] = [];
  /** Partitions all of whose records were processed when the world ended; none without a processor. */
  readonly processed: string[] = [];
  /** Partitions of which records may go that have a successor with the same key. */
  readonly compacted = new Set<string>();
  readonly oddities: Oddity[] = [];
  /** Processes that must have seen every acknowledged record at the end, by what they read. */
  readonly readers = new Map<string, readonly string[]>();
  #moment = 0;

  /** The next moment. */
  now(): number {
    this.#moment += 1;
    return this.#moment;
  }

  invokeSend(send: Pick<Send, "process" | "partition" | "value" | "transaction">): Send {
    const entry: Send = { ...send, ...this.#begun(), offset: null };
    this.sends.push(entry);
    return entry;
  }

  invokeCommit(
    commit: Pick<OffsetCommit, "process" | "group" | "partition" | "offset">,
  ): OffsetCommit {
    const entry: OffsetCommit = { ...commit, ...this.#begun() };
    this.commits.push(entry);
    return entry;
  }

  beginTransaction(transaction: Pick<Transaction, "process" | "id">): Transaction {
    const entry: Transaction = {
      ...transaction,
      ...this.#begun(),
      isCommit: null,
      endInvoked: Number.POSITIVE_INFINITY,
    };
    this.transactions.push(entry);
    return entry;
  }

  end(operation: Operation, outcome: Outcome): void {
    operation.outcome = outcome;
    operation.ended = this.now();
  }

  note(anomaly: OddityName, text: string): void {
    this.oddities.push({ anomaly, text });
  }

  /** Equal for equal histories. */
  digest(): string {
    const text = JSON.stringify([
      this.sends,
      this.polls,
      this.transactions,
      this.commits,
      this.offsetReads,
      this.assignments,
      this.watermarks,
      this.derivations,
      this.logs.map((log) => [log, [...log.batches]]),
      this.oddities,
    ]);
    return crc32c(new TextEncoder().encode(text)).toString(16).padStart(8, "0");
  }

  #begun(): Pick<Operation, "invoked" | "ended" | "outcome"> {
    return { invoked: this.now(), ended: Number.POSITIVE_INFINITY, outcome: "info" };
  }
}
