/** The transactional ids of one shard: finds the one of an event or a record, makes it, forgets it. */
import type { CoordinatorRecord, LoadedRecord } from "../ports.ts";
import type { Moment, ShardMachine, Step } from "../runtime/machine.ts";
import type { StepContext, TransactionEvent, TransactionReply } from "./events.ts";
import type { TransactionUsage } from "./limits.ts";
import { createTransaction, type Transaction } from "./live.ts";
import { isPrepared, partitionCount, type TransactionValue } from "./model.ts";
import type { TransactionConfig } from "./ports.ts";
import { restartDeadline } from "./progress.ts";
import { decodeRecord, encodeRecord, type TransactionRecord } from "./records.ts";
import { step } from "./transaction.ts";

export type TransactionShardEvent =
  | TransactionEvent
  /** `visit` looks at every id, and changes none. */
  | {
      readonly kind: "visit";
      readonly ticket: number;
      readonly visit: (transaction: Transaction) => void;
    };

export type TransactionShardReply =
  | TransactionReply
  | { readonly kind: "visit"; readonly ticket: number; readonly result: null };

/** What a machine makes happen outside of itself. */
export interface TransactionEffects {
  /**
   * The outcome is committed: its markers are to be written until all are. Said once for every outcome,
   * and again after a load.
   */
  onPrepared(transactionalId: string, value: TransactionValue): void;
  /** The machine is used no more: whatever it wanted done is for its successor to say again. */
  onClosed(): void;
}

export interface TransactionShardOptions {
  /** Shared by all shards of a broker. */
  readonly usage: TransactionUsage;
  readonly config: () => TransactionConfig;
  readonly effects: TransactionEffects;
}

export class TransactionShard
  implements ShardMachine<TransactionShardEvent, TransactionRecord, TransactionShardReply>
{
  readonly #transactions = new Map<string, Transaction>();
  readonly #options: TransactionShardOptions;
  /** False while records of before are replayed: what they led to is known when all are. */
  #isLive = false;

  constructor(options: TransactionShardOptions) {
    this.#options = options;
  }

  /** By transactional id; for looking at them. */
  get transactions(): ReadonlyMap<string, Transaction> {
    return this.#transactions;
  }

  keyOf(event: TransactionShardEvent): string | null {
    return event.kind === "visit" ? null : event.transactionalId;
  }

  isMergeable(): boolean {
    return false;
  }

  tick(transactionalId: string, isLate: boolean): TransactionShardEvent {
    return { kind: "tick", transactionalId, isLate };
  }

  step(
    event: TransactionShardEvent,
    moment: Moment,
  ): Step<TransactionRecord, TransactionShardReply> {
    if (event.kind === "visit") {
      const { kind, ticket, visit } = event;
      for (const transaction of this.#transactions.values()) visit(transaction);
      return { records: [], replies: [{ kind, ticket, result: null }], deadlineMs: null };
    }
    const { transactionalId } = event;
    // An id that is new exists once its first record is committed: `replay` makes it.
    const known = this.#transactions.get(transactionalId) ?? createTransaction(transactionalId);
    return step(known, event, this.#context(moment));
  }

  replay({ transactionalId, value }: TransactionRecord): void {
    const known = this.#transactions.get(transactionalId);
    const before = known?.value ?? null;
    this.#count(before, -1);
    this.#count(value, 1);
    if (value === null) this.#transactions.delete(transactionalId);
    else {
      const transaction = known ?? createTransaction(transactionalId);
      transaction.value = value;
      this.#transactions.set(transactionalId, transaction);
    }
    if (this.#isLive && value !== null) this.#tell(transactionalId, value);
  }

  encode(record: TransactionRecord): CoordinatorRecord {
    return encodeRecord(record);
  }

  decode(record: LoadedRecord): TransactionRecord | null {
    return decodeRecord(record);
  }

  /** What was decided goes on; what is under way gets its deadline. */
  begin(moment: Moment): readonly (readonly [transactionalId: string, deadlineMs: number])[] {
    this.#isLive = true;
    const deadlines: [string, number][] = [];
    for (const transaction of this.#transactions.values()) {
      const { transactionalId, value } = transaction;
      restartDeadline(transaction, moment);
      const { deadlineMs } = transaction;
      if (deadlineMs !== Number.POSITIVE_INFINITY) deadlines.push([transactionalId, deadlineMs]);
      if (value !== null && isPrepared(value)) {
        this.#options.effects.onPrepared(transactionalId, value);
      }
    }
    return deadlines;
  }

  keys(): readonly string[] {
    return [...this.#transactions.keys()];
  }

  close(): void {
    for (const { value, waiting } of this.#transactions.values()) {
      this.#count(value, -1);
      this.#options.usage.waiting -= waiting.length;
    }
    this.#transactions.clear();
    this.#isLive = false;
    this.#options.effects.onClosed();
  }

  #context(moment: Moment): StepContext {
    const { config, usage } = this.#options;
    return { ...moment, config: config(), usage };
  }

  #tell(transactionalId: string, value: TransactionValue): void {
    if (!isPrepared(value)) return;
    const { effects, usage } = this.#options;
    if (value.state === "PrepareCommit") usage.commits += 1;
    else usage.aborts += 1;
    effects.onPrepared(transactionalId, value);
  }

  #count(value: TransactionValue | null, by: 1 | -1): void {
    if (value === null) return;
    const { usage } = this.#options;
    usage.byState[value.state] += by;
    usage.transactionalIds += by;
    usage.partitions += by * partitionCount(value.partitions);
  }
}
