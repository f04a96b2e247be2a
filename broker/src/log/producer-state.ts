/**
 * What a log remembers of each producer with an id: its last batches, so that one sent twice is stored
 * once, and its open transaction.
 *
 * Rules in order (KIP-98, KIP-360, KIP-890): a batch equal to one of the last five is a duplicate; a
 * lower epoch is fenced; a new epoch begins at sequence 0; else the sequence follows the last one,
 * 2^31−1 wraps to 0. A producer that is not known may begin anywhere, with transactions V2 only at 0.
 * In an open transaction every batch belongs to it.
 */

import { ErrorCode } from "@runnel/protocol/errors.ts";
import {
  type BatchHeader,
  isTransactional,
  NO_PRODUCER_ID,
} from "@runnel/protocol/records/batch.ts";
import { OpenTransactions } from "./open-transactions.ts";
import type { AbortedTransaction } from "./transaction-index.ts";
import type { TransactionMarker } from "./transaction-marker.ts";

/** Batches per producer that are recognised when they come again; clients keep at most 5 in flight. */
export const WINDOW_BATCHES = 5;
/** Producers one log remembers; beyond, the one that was silent longest is forgotten. */
export const PRODUCERS_MAX = 100_000;
/** Transactions that are open in one log at once; their producers are never forgotten. */
export const OPEN_TRANSACTIONS_MAX = 10_000;

const SEQUENCE_SPAN = 2 ** 31;

/** One appended batch of a producer. */
export interface BatchMark {
  readonly baseSequence: number;
  readonly lastSequence: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** Its largest timestamp, ms. */
  readonly timestamp: number;
}

export interface ProducerEntry {
  readonly producerId: bigint;
  readonly epoch: number;
  /** Oldest first, at most `WINDOW_BATCHES`; none behind a marker that raised the epoch. */
  readonly batches: readonly BatchMark[];
  /** Of the coordinator that wrote the last marker; −1 before any. */
  readonly coordinatorEpoch: number;
  /** First offset of the open transaction; null where none is open. */
  readonly transactionStart: number | null;
  /**
   * When its last batch or marker came, wall ms; what that says itself, where the log was read again since
   * the last snapshot.
   */
  readonly lastTimestamp: number;
}

export interface SequenceRules {
  /** With transactions V2 a producer that is not known begins at sequence 0. */
  readonly mustBeginAtZero: boolean;
}

export type SequenceCheck =
  | { readonly kind: "next" }
  | { readonly kind: "duplicate"; readonly batch: BatchMark }
  | { readonly kind: "refused"; readonly errorCode: ErrorCode; readonly message: string };

export type ProducerHeader = Pick<
  BatchHeader,
  | "producerId"
  | "producerEpoch"
  | "baseSequence"
  | "lastOffsetDelta"
  | "maxTimestamp"
  | "attributes"
>;

/** Where a marker stands in the log. */
export interface MarkerPlace {
  readonly offset: number;
  readonly timestamp: number;
}

/** The sequence of the last record of a batch: wraps from 2^31−1 to 0. */
export function lastSequenceOf(baseSequence: number, lastOffsetDelta: number): number {
  return (baseSequence + lastOffsetDelta) % SEQUENCE_SPAN;
}

const NEXT: SequenceCheck = { kind: "next" };
const CLASSIC: SequenceRules = { mustBeginAtZero: false };

export class ProducerState {
  /** Least recently active first. */
  readonly #entries = new Map<bigint, ProducerEntry>();
  readonly #transactions: OpenTransactions;

  /** `entries`: least recently active first. */
  constructor(entries: readonly ProducerEntry[] = []) {
    for (const entry of entries) this.#entries.set(entry.producerId, entry);
    const open = entries.flatMap(({ producerId, transactionStart: start }) =>
      start === null ? [] : [{ producerId, start }],
    );
    this.#transactions = new OpenTransactions(open);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Transactions that are open, and ended ones whose end is not replicated yet. */
  get transactions(): OpenTransactions {
    return this.#transactions;
  }

  /** Every producer, least recently active first. */
  entries(): IterableIterator<ProducerEntry> {
    return this.#entries.values();
  }

  entryOf(producerId: bigint): ProducerEntry | undefined {
    return this.#entries.get(producerId);
  }

  /** Says what a batch from a client is; changes nothing. */
  check(header: ProducerHeader, rules: SequenceRules = CLASSIC): SequenceCheck {
    const entry = this.#entries.get(header.producerId);
    const isInTransaction = isTransactional(header.attributes);
    if (entry === undefined) {
      return this.#checkRoom(isInTransaction) ?? checkFirst(header, rules);
    }
    const { producerEpoch: epoch } = header;
    if (epoch < entry.epoch) {
      return refused(ErrorCode.INVALID_PRODUCER_EPOCH, `epoch ${epoch}, ${entry.epoch} is known`);
    }
    const check = epoch > entry.epoch ? checkNewEpoch(header) : checkSequence(header, entry);
    if (check.kind !== "next") return check;
    if (entry.transactionStart !== null) {
      return isInTransaction
        ? NEXT
        : refused(ErrorCode.INVALID_TXN_STATE, "the producer's transaction is open here");
    }
    return this.#checkRoom(isInTransaction) ?? NEXT;
  }

  /** Says why a marker is not to be appended; null where it may be. */
  checkMarker(marker: TransactionMarker): (SequenceCheck & { kind: "refused" }) | null {
    const entry = this.#entries.get(marker.producerId);
    if (entry === undefined) return null;
    const { producerEpoch: epoch, coordinatorEpoch, transactionVersion } = marker;
    if (coordinatorEpoch < entry.coordinatorEpoch) {
      const message = `coordinator epoch ${coordinatorEpoch}, ${entry.coordinatorEpoch} is known`;
      return refused(ErrorCode.TRANSACTION_COORDINATOR_FENCED, message);
    }
    // V2 raises the epoch with every end. One that is equal and finds nothing open was sent again.
    const isLate = transactionVersion >= 2 && epoch === entry.epoch;
    if (epoch < entry.epoch || (isLate && entry.transactionStart !== null)) {
      return refused(ErrorCode.INVALID_PRODUCER_EPOCH, `epoch ${epoch}, ${entry.epoch} is known`);
    }
    return null;
  }

  /**
   * Books a batch that was appended at `nowMs`, at replay as of its own time; checks nothing. Markers:
   * `endTransaction`.
   */
  update(header: ProducerHeader, baseOffset: number, nowMs = header.maxTimestamp): void {
    const { producerId, producerEpoch: epoch, baseSequence } = header;
    if (producerId === NO_PRODUCER_ID) return;
    const known = this.#entries.get(producerId);
    const isInTransaction = isTransactional(header.attributes);
    if (baseSequence < 0 && !isInTransaction) return;
    const openStart = known?.transactionStart ?? null;
    const begins = openStart === null && isInTransaction;
    if (begins) this.#transactions.begin(producerId, baseOffset);
    const window = known?.epoch === epoch ? known.batches : [];
    this.#put({
      producerId,
      epoch,
      batches: baseSequence < 0 ? window : withMark(window, header, baseOffset),
      coordinatorEpoch: known?.coordinatorEpoch ?? -1,
      transactionStart: begins ? baseOffset : openStart,
      lastTimestamp: nowMs,
    });
  }

  /**
   * Books a marker that was appended, live or at replay; checks nothing. Returns what consumers must
   * leave out from then on: null for a commit, and where no transaction was open.
   */
  endTransaction(
    marker: Omit<TransactionMarker, "transactionVersion">,
    { offset, timestamp }: MarkerPlace,
  ): AbortedTransaction | null {
    const { producerId, producerEpoch: epoch, coordinatorEpoch, isCommit } = marker;
    const known = this.#entries.get(producerId);
    this.#put({
      producerId,
      epoch,
      batches: known?.epoch === epoch ? known.batches : [],
      coordinatorEpoch,
      transactionStart: null,
      lastTimestamp: timestamp,
    });
    const firstOffset = known?.transactionStart ?? null;
    if (firstOffset === null) return null;
    this.#transactions.end(producerId, offset);
    if (isCommit) return null;
    const lastStableOffset = this.#transactions.firstOpen ?? offset + 1;
    return { producerId, firstOffset, lastOffset: offset, lastStableOffset };
  }

  /** Forgets producers that were silent since `beforeMs`, those in a transaction excepted. */
  expire(beforeMs: number): void {
    for (const entry of this.#entries.values()) {
      if (entry.lastTimestamp >= beforeMs || entry.transactionStart !== null) continue;
      this.#entries.delete(entry.producerId);
    }
  }

  /** Sets what is known of one producer and makes it the most recent. */
  #put(entry: ProducerEntry): void {
    this.#entries.delete(entry.producerId);
    this.#entries.set(entry.producerId, entry);
    if (this.#entries.size <= PRODUCERS_MAX) return;
    for (const oldest of this.#entries.values()) {
      if (oldest.transactionStart !== null) continue;
      this.#entries.delete(oldest.producerId);
      return;
    }
  }

  #checkRoom(beginsTransaction: boolean): SequenceCheck | null {
    if (!beginsTransaction || this.#transactions.openCount < OPEN_TRANSACTIONS_MAX) return null;
    const message = `${OPEN_TRANSACTIONS_MAX} transactions are open in this partition`;
    return refused(ErrorCode.INVALID_TXN_STATE, message);
  }
}

function checkFirst({ baseSequence }: ProducerHeader, rules: SequenceRules): SequenceCheck {
  if (!rules.mustBeginAtZero || baseSequence <= 0) return NEXT;
  const message = `nothing is known of the producer, and it begins at sequence ${baseSequence}`;
  return refused(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, message);
}

function checkNewEpoch({ producerEpoch, baseSequence }: ProducerHeader): SequenceCheck {
  // The broker's own batches of committed offsets bear no sequence.
  if (baseSequence <= 0) return NEXT;
  return refused(
    ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
    `new epoch ${producerEpoch} begins at sequence ${baseSequence}, not 0`,
  );
}

function checkSequence(header: ProducerHeader, { batches }: ProducerEntry): SequenceCheck {
  const { baseSequence, lastOffsetDelta } = header;
  if (baseSequence < 0) return NEXT;
  const lastSequence = lastSequenceOf(baseSequence, lastOffsetDelta);
  const batch = batches.find(
    (mark) => mark.baseSequence === baseSequence && mark.lastSequence === lastSequence,
  );
  if (batch !== undefined) return { kind: "duplicate", batch };
  const last = batches.at(-1);
  const expected = last === undefined ? 0 : lastSequenceOf(last.lastSequence, 1);
  if (baseSequence === expected) return NEXT;
  return refused(
    ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
    `sequence ${baseSequence}, ${expected} comes next`,
  );
}

function withMark(
  window: readonly BatchMark[],
  { baseSequence, lastOffsetDelta, maxTimestamp }: ProducerHeader,
  baseOffset: number,
): readonly BatchMark[] {
  const mark: BatchMark = {
    baseSequence,
    lastSequence: lastSequenceOf(baseSequence, lastOffsetDelta),
    baseOffset,
    lastOffset: baseOffset + lastOffsetDelta,
    timestamp: maxTimestamp,
  };
  return [...window.slice(1 - WINDOW_BATCHES), mark];
}

function refused(errorCode: ErrorCode, message: string): SequenceCheck & { kind: "refused" } {
  return { kind: "refused", errorCode, message };
}
